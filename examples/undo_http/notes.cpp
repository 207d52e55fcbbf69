// SPDX-License-Identifier: Apache-2.0
#include "notes.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <utility>

#include "http_exchange.hpp"

namespace oh = orchestrator::harness;
namespace json = boost::json;

namespace {

// What the undo record holds: where the note is, and its text before and after. No text: no note.
struct NoteChange {
  std::string path;
  std::optional<std::string> before;
  std::optional<std::string> after;
};

json::value as_json(const std::optional<std::string>& text) { return text ? json::value(*text) : json::value(nullptr); }
oh::UndoRecord record_of(const NoteChange& change) {
  const json::object record{
      {"path", change.path}, {"before", as_json(change.before)}, {"after", as_json(change.after)}};
  return {{json::serialize(record)}, {}};
}
std::optional<NoteChange> read_record(const std::optional<oh::UndoRecord>& undo) {
  if (!undo) return std::nullopt;
  json::error_code failed;
  const json::value value = json::parse(undo->data.text, failed);
  if (failed || !value.is_object() || !value.get_object().contains("path")) return std::nullopt;
  const auto text = [&](const char* name) -> std::optional<std::string> {
    const json::value* found = value.get_object().if_contains(name);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    return std::string(found->get_string());
  };
  return NoteChange{text("path").value_or(""), text("before"), text("after")};
}

oh::ToolError not_asked(int status) {
  return {oh::ToolErrorCode::tool_failed, "the server answered with status " + std::to_string(status), "notes", {}};
}

class CreateNote : public oh::Tool {
 public:
  explicit CreateNote(std::uint16_t port) : port_(port) {
    spec_.name = "create_note";
    spec_.description = "Makes a note.";
    spec_.input_schema = {
        R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false})"};
    spec_.effect_class = oh::EffectClass::reversible;
  }
  const oh::ToolSpec& spec() const override { return spec_; }

  oh::Awaitable<std::expected<oh::ToolPreparation, oh::ToolError>> prepare(oh::ToolCall call,
                                                                           oh::ToolContext context) override {
    oh::ToolPreparation preparation;
    preparation.undo = record_of({"/notes/" + context.idempotency_key, {}, text_of(call)});
    co_return preparation;
  }

  oh::Awaitable<oh::ToolResult> execute(oh::ToolCall call, oh::ToolPreparation, oh::ToolContext context) override {
    const std::string path = "/notes/" + context.idempotency_key;
    const HttpAnswer answer = co_await http_exchange(port_, "PUT", path, text_of(call));
    if (answer.status / 100 != 2) {
      const oh::ToolError error = not_asked(answer.status);
      co_return oh::ToolResult::failure(error.code, error.message, error.at);
    }
    co_return oh::ToolResult::text("made " + path);
  }

 private:
  static std::string text_of(const oh::ToolCall& call) {
    return std::string(json::parse(call.arguments.text).at("text").as_string());
  }
  std::uint16_t port_;
  oh::ToolSpec spec_;
};

class NoteCompensator : public oh::Compensator {
 public:
  explicit NoteCompensator(std::uint16_t port) : port_(port) {}

  oh::Awaitable<std::expected<oh::CompensationLook, oh::ToolError>> look(oh::CompensationCall call,
                                                                         oh::CompensationContext) override {
    oh::CompensationLook look;
    const auto change = read_record(call.undo);
    if (!change) {
      look.reason = "it left no record";
      co_return look;
    }
    const HttpAnswer answer = co_await http_exchange(port_, "GET", change->path, "");
    if (answer.status != 200 && answer.status != 404) co_return std::unexpected(not_asked(answer.status));
    std::optional<std::string> found;
    if (answer.status == 200) found = answer.body;
    look.reason = (change->before ? "puts back " : "deletes ") + change->path;
    if (found == change->before) {
      look.verdict = oh::UndoVerdict::nothing_to_do;
    } else if (found == change->after) {
      look.verdict = oh::UndoVerdict::restorable;
    } else {
      look.verdict = oh::UndoVerdict::conflict;
      look.conflicts.push_back({change->path, hash_of(change->after), hash_of(found), "somebody has changed the note"});
    }
    look.undo = record_of({change->path, found, change->before});
    co_return look;
  }

  oh::Awaitable<oh::CompensationResult> restore(oh::CompensationCall call, oh::UndoStep step,
                                                oh::CompensationContext context) override {
    oh::CompensationResult result;
    const auto change = read_record(call.undo);
    // The world may have changed since the look, and an attempt before this one may have acted.
    auto seen = co_await look(std::move(call), std::move(context));
    if (!change || !seen) {
      result.outcome = oh::CompensationOutcome::failed;
      if (!seen) result.error = seen.error();
      co_return result;
    }
    if (seen->verdict == oh::UndoVerdict::nothing_to_do) co_return result;
    const bool is_agreed = step.overwrites && seen->conflicts == step.conflicts;
    if (seen->verdict == oh::UndoVerdict::conflict && !is_agreed) {
      result.outcome = oh::CompensationOutcome::conflict;
      result.conflicts = seen->conflicts;
      co_return result;
    }
    const std::string method = change->before ? "PUT" : "DELETE";
    const HttpAnswer answer = co_await http_exchange(port_, method, change->path, change->before.value_or(""));
    if (answer.status / 100 == 2 || answer.status == 404) co_return result;
    result.outcome = oh::CompensationOutcome::failed;
    result.error = not_asked(answer.status);
    co_return result;
  }

 private:
  static std::optional<oh::Hash> hash_of(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    return oh::sha256(*text);
  }
  std::uint16_t port_;
};

}  // namespace

std::shared_ptr<oh::Tool> create_note_tool(std::uint16_t port) { return std::make_shared<CreateNote>(port); }
std::shared_ptr<oh::Compensator> note_compensator(std::uint16_t port) {
  return std::make_shared<NoteCompensator>(port);
}
