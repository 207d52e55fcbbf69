// SPDX-License-Identifier: Apache-2.0
#include "providers/scripted/script.hpp"

#include <boost/json.hpp>

#include <array>
#include <utility>

namespace orchestrator::harness::providers {
namespace {

namespace json = boost::json;

constexpr std::size_t kScriptBytesMax = 1UL << 20;
constexpr std::size_t kTurnsMax = 1'000;
constexpr std::uint64_t kDelayMaxMs = 600'000;

constexpr std::array<std::string_view, 10> kFaultNames{"none",     "http",  "unreachable", "cut",       "error_event",
                                                       "bad_json", "stall", "html",        "duplicate", "empty"};

// Reads the members of one object of the script; keeps the first error, and names members that nobody asked for.
class Members {
 public:
  Members(const json::object& object, std::string at, std::optional<Error>& error)
      : object_(object), at_(std::move(at)), error_(error) {}

  void text(std::string_view name, std::string& out) {
    const json::value* value = take(name);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(name, "a string");
    out.assign(value->get_string().data(), value->get_string().size());
  }
  template <class Integer>
  void integer(std::string_view name, Integer& out, std::uint64_t max) {
    const json::value* value = take(name);
    if (value == nullptr) return;
    std::uint64_t number = 0;
    if (!as_uint(*value, number) || number > max) return wrong(name, "an integer from 0 to " + std::to_string(max));
    out = static_cast<Integer>(number);
  }
  void tokens(std::string_view name, std::optional<std::uint64_t>& out) {
    std::uint64_t number = 0;
    if (!object_.contains(name)) return;
    integer(name, number, 1'000'000'000);
    out = number;
  }
  const json::value* take(std::string_view name) {
    known_.emplace_back(name);
    return object_.if_contains(name);
  }
  void wrong(std::string_view name, const std::string& expected) {
    note(at_ + "/" + std::string(name), "expected " + expected);
  }
  // To be called last.
  void refuse_others() {
    for (const auto& member : object_) {
      bool found = false;
      std::string allowed;
      for (const std::string& name : known_) {
        found = found || name == std::string_view(member.key());
        allowed += (allowed.empty() ? "" : ", ") + name;
      }
      if (!found) note(at_ + "/" + std::string(member.key()), "is not known here; allowed: " + allowed);
    }
  }
  void note(const std::string& at, const std::string& message) {
    if (!error_) error_ = RuntimeError{RuntimeErrorCode::script_invalid, message, at, {}};
  }
  [[nodiscard]] const std::string& at() const { return at_; }

 private:
  static bool as_uint(const json::value& value, std::uint64_t& out) {
    json::error_code failed;
    if (!value.is_number() || value.is_double()) return false;
    out = value.to_number<std::uint64_t>(failed);
    return !failed;
  }

  const json::object& object_;
  std::string at_;
  std::optional<Error>& error_;
  std::vector<std::string> known_;
};

Fault read_fault(const json::object& object, const std::string& at, std::optional<Error>& error) {
  Members members(object, at, error);
  Fault fault;
  std::string kind = "none";
  members.text("kind", kind);
  bool found = false;
  for (std::size_t i = 0; i < kFaultNames.size(); ++i) {
    if (kFaultNames[i] != kind) continue;
    fault.kind = static_cast<FaultKind>(i);
    found = true;
  }
  if (!found)
    members.wrong("kind", "none, http, unreachable, cut, error_event, bad_json, stall, html, duplicate or empty");
  members.integer("after_bytes", fault.after_bytes, 1ULL << 30);
  members.integer("status", fault.status, 599);
  if (fault.status < 100) members.wrong("status", "an HTTP status from 100 to 599");
  members.text("body", fault.body);
  members.text("retry_after", fault.retry_after);
  members.text("code", fault.code);
  members.text("message", fault.message);
  members.refuse_others();
  return fault;
}

ScriptedCall read_call(const json::object& object, const std::string& at, std::optional<Error>& error) {
  Members members(object, at, error);
  ScriptedCall call;
  members.text("id", call.call_id);
  members.text("name", call.name);
  if (call.name.empty()) members.wrong("name", "a tool name");
  if (const json::value* arguments = members.take("arguments")) {
    call.arguments = arguments->is_string()
                         ? std::string(arguments->get_string().data(), arguments->get_string().size())
                         : json::serialize(*arguments);
  }
  members.refuse_others();
  return call;
}

// Reads a list of objects, each by `read`.
template <class Read>
void read_list(Members& members, std::string_view name, Read read) {
  const json::value* list = members.take(name);
  if (list == nullptr) return;
  if (!list->is_array()) return members.wrong(name, "a list");
  std::size_t index = 0;
  for (const json::value& element : list->get_array()) {
    const std::string at = members.at() + "/" + std::string(name) + "/" + std::to_string(index++);
    if (!element.is_object()) return members.note(at, "expected an object");
    read(element.get_object(), at);
  }
}

ScriptedTurn read_turn(const json::object& object, const std::string& at, std::optional<Error>& error) {
  Members members(object, at, error);
  ScriptedTurn turn;
  members.text("reasoning", turn.reasoning);
  members.text("text", turn.text);
  members.text("refusal", turn.refusal);
  members.text("finish", turn.finish);
  if (turn.finish != "stop" && turn.finish != "length" && turn.finish != "content_filter") {
    members.wrong("finish", "stop, length or content_filter");
  }
  members.integer("delta_chars", turn.delta_chars, 1'000'000);
  members.integer("first_delay_ms", turn.first_delay_ms, kDelayMaxMs);
  members.integer("delay_ms", turn.delay_ms, kDelayMaxMs);
  if (const json::value* usage = members.take("usage")) {
    if (usage->is_object()) {
      Members tokens(usage->get_object(), at + "/usage", error);
      tokens.tokens("input", turn.input_tokens);
      tokens.tokens("cached_input", turn.cached_tokens);
      tokens.tokens("output", turn.output_tokens);
      tokens.tokens("reasoning", turn.reasoning_tokens);
      tokens.refuse_others();
    } else {
      members.wrong("usage", "an object");
    }
  }
  read_list(members, "tool_calls", [&](const json::object& call, const std::string& place) {
    turn.tool_calls.push_back(read_call(call, place, error));
  });
  read_list(members, "faults", [&](const json::object& fault, const std::string& place) {
    turn.faults.push_back(read_fault(fault, place, error));
  });
  members.refuse_others();
  return turn;
}

}  // namespace

Result<Script> parse_script(std::string_view text, std::string_view name) {
  const auto invalid = [&](const std::string& message) {
    return fail(RuntimeErrorCode::script_invalid, "the script " + std::string(name) + " " + message, std::string(name));
  };
  if (text.size() > kScriptBytesMax) return invalid("has more than 1 MiB");
  json::error_code failed;
  const json::value root = json::parse({text.data(), text.size()}, failed);
  if (failed) return invalid("is not JSON: " + failed.message());
  if (!root.is_object()) return invalid("is not a JSON object");

  Script script;
  std::optional<Error> error;
  Members members(root.get_object(), "", error);
  members.integer("seed", script.seed, UINT64_MAX);
  read_list(members, "turns", [&](const json::object& turn, const std::string& at) {
    script.turns.push_back(read_turn(turn, at, error));
  });
  members.refuse_others();
  if (script.turns.empty()) members.note("/turns", "expected a list with at least one turn");
  if (script.turns.size() > kTurnsMax) members.note("/turns", "expected at most 1000 turns");
  if (error) return invalid("is not valid: " + error->at + " " + error->message);
  return script;
}

}  // namespace orchestrator::harness::providers
