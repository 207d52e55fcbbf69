// SPDX-License-Identifier: Apache-2.0
#include "providers/scripted/script_stream.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace orchestrator::harness::providers {
namespace {

namespace json = boost::json;

// SplitMix64, see kernel/state.cpp; a stream of its own for each answer.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (z ^ (z >> 31)) % bound;
  }

 private:
  std::uint64_t state_;
};

struct ScriptedEvent {
  std::string bytes;
  bool is_delta = false;
};

class StreamWriter {
 public:
  StreamWriter(const ScriptedTurn& turn, std::uint64_t seed, std::uint64_t salt)
      : turn_(turn), random_(seed + salt * 7'919) {
    id_ = "resp_" + std::to_string(seed) + "_" + std::to_string(salt);
  }

  std::vector<ScriptedEvent> events(bool is_empty) {
    add("response.created", {{"response", response("in_progress")}});
    if (!is_empty) {
      if (!turn_.reasoning.empty()) add_reasoning();
      if (!turn_.text.empty()) add_message("output_text", "text", turn_.text);
      if (!turn_.refusal.empty()) add_message("refusal", "refusal", turn_.refusal);
      for (const ScriptedCall& call : turn_.tool_calls) add_call(call);
    }
    const bool is_complete = turn_.finish == "stop";
    json::object last = response(is_complete ? "completed" : "incomplete");
    if (!is_complete) {
      last["incomplete_details"] = {{"reason", turn_.finish == "length" ? "max_output_tokens" : turn_.finish}};
    }
    if (turn_.input_tokens || turn_.output_tokens) last["usage"] = usage();
    add(is_complete ? "response.completed" : "response.incomplete", {{"response", std::move(last)}});
    return std::move(events_);
  }

 private:
  json::object response(const char* status) const {
    return {{"id", id_}, {"object", "response"}, {"model", "scripted"}, {"status", status}, {"output", json::array()}};
  }
  json::object usage() const {
    json::object usage;
    const std::uint64_t input = turn_.input_tokens.value_or(0);
    const std::uint64_t output = turn_.output_tokens.value_or(0);
    usage["input_tokens"] = input;
    if (turn_.cached_tokens) usage["input_tokens_details"] = {{"cached_tokens", *turn_.cached_tokens}};
    usage["output_tokens"] = output;
    if (turn_.reasoning_tokens) usage["output_tokens_details"] = {{"reasoning_tokens", *turn_.reasoning_tokens}};
    usage["total_tokens"] = input + output;
    return usage;
  }

  void add(const std::string& type, json::object fields, bool is_delta = false) {
    json::object event{{"type", type}, {"sequence_number", sequence_++}};
    for (auto& field : fields) event[field.key()] = std::move(field.value());
    events_.push_back({"event: " + type + "\ndata: " + json::serialize(event) + "\n\n", is_delta});
  }

  // The end of the next delta: whole characters always, as providers send them.
  std::size_t next_cut(const std::string& text, std::size_t from) {
    const std::size_t characters =
        turn_.delta_chars > 0 ? turn_.delta_chars : 1 + static_cast<std::size_t>(random_.below(12));
    std::size_t at = from;
    for (std::size_t i = 0; i < characters && at < text.size(); ++i) {
      ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
    return at;
  }

  void add_deltas(const std::string& type, const std::string& text, const json::object& address) {
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t to = next_cut(text, from);
      json::object fields = address;
      fields["delta"] = text.substr(from, to - from);
      add(type, std::move(fields), true);
      from = to;
    }
  }

  void add_message(const char* part_type, const char* field, const std::string& text) {
    const std::string item_id = "msg_" + std::to_string(index_);
    const json::object address{{"output_index", index_}, {"item_id", item_id}, {"content_index", 0}};
    add("response.output_item.added", {{"output_index", index_},
                                       {"item",
                                        {{"id", item_id},
                                         {"type", "message"},
                                         {"role", "assistant"},
                                         {"status", "in_progress"},
                                         {"content", json::array()}}}});
    const std::string prefix = std::string("response.") + part_type;
    add_deltas(prefix + ".delta", text, address);
    json::object done = address;
    done[field] = text;
    add(prefix + ".done", std::move(done));
    json::object part{{"type", part_type}, {field, text}};
    if (std::string_view(field) == "text") part["annotations"] = json::array();
    json::array content;
    content.push_back(std::move(part));
    add("response.output_item.done", {{"output_index", index_},
                                      {"item",
                                       {{"id", item_id},
                                        {"type", "message"},
                                        {"role", "assistant"},
                                        {"status", "completed"},
                                        {"content", std::move(content)}}}});
    ++index_;
  }

  void add_reasoning() {
    const std::string item_id = "rs_" + std::to_string(index_);
    add("response.output_item.added",
        {{"output_index", index_}, {"item", {{"id", item_id}, {"type", "reasoning"}, {"summary", json::array()}}}});
    const json::object address{{"output_index", index_}, {"item_id", item_id}, {"summary_index", 0}};
    add_deltas("response.reasoning_summary_text.delta", turn_.reasoning, address);
    json::object done = address;
    done["text"] = turn_.reasoning;
    add("response.reasoning_summary_text.done", std::move(done));
    json::array summary;
    summary.push_back({{"type", "summary_text"}, {"text", turn_.reasoning}});
    add("response.output_item.done",
        {{"output_index", index_},
         {"item", {{"id", item_id}, {"type", "reasoning"}, {"summary", std::move(summary)}}}});
    ++index_;
  }

  void add_call(const ScriptedCall& call) {
    const std::string item_id = "fc_" + std::to_string(index_);
    const std::string call_id = call.call_id.empty() ? "call_" + id_ + "_" + std::to_string(index_) : call.call_id;
    json::object item{
        {"id", item_id}, {"type", "function_call"}, {"call_id", call_id}, {"name", call.name}, {"arguments", ""}};
    add("response.output_item.added", {{"output_index", index_}, {"item", item}});
    const json::object address{{"output_index", index_}, {"item_id", item_id}};
    add_deltas("response.function_call_arguments.delta", call.arguments, address);
    json::object done = address;
    done["arguments"] = call.arguments;
    add("response.function_call_arguments.done", std::move(done));
    item["arguments"] = call.arguments;
    add("response.output_item.done", {{"output_index", index_}, {"item", std::move(item)}});
    ++index_;
  }

  const ScriptedTurn& turn_;
  Random random_;
  std::string id_;
  std::vector<ScriptedEvent> events_;
  std::uint64_t sequence_ = 0;
  std::uint64_t index_ = 0;
};

ScriptedEvent error_event(const Fault& fault) {
  json::object data{{"type", "error"}, {"code", fault.code}, {"message", fault.message}, {"param", nullptr}};
  return {"event: error\ndata: " + json::serialize(data) + "\n\n", false};
}

// Where the fault strikes: before the first event that ends beyond its bytes.
std::vector<ScriptedEvent>::iterator struck(std::vector<ScriptedEvent>& events, std::uint64_t after_bytes) {
  std::uint64_t bytes = 0;
  return std::ranges::find_if(events,
                              [&](const ScriptedEvent& event) { return (bytes += event.bytes.size()) > after_bytes; });
}

void apply(const Fault& fault, std::vector<ScriptedEvent>& events) {
  switch (fault.kind) {
    case FaultKind::cut:
    case FaultKind::stall: {
      std::uint64_t left = fault.after_bytes;
      for (ScriptedEvent& event : events) {
        event.bytes.resize(std::min<std::uint64_t>(event.bytes.size(), left));
        left -= event.bytes.size();
      }
      return;
    }
    case FaultKind::error_event: {
      const auto at = struck(events, fault.after_bytes);
      events.erase(at, events.end());
      events.push_back(error_event(fault));
      return;
    }
    case FaultKind::bad_json: {
      const auto at = struck(events, fault.after_bytes);
      events.insert(
          at,
          {"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\n\n", false});
      return;
    }
    case FaultKind::duplicate: {
      const auto at = struck(events, fault.after_bytes);
      if (at != events.end()) events.insert(at, ScriptedEvent(*at));
      return;
    }
    case FaultKind::none:
    case FaultKind::http:
    case FaultKind::unreachable:
    case FaultKind::html:
    case FaultKind::empty:
      return;
  }
}

}  // namespace

std::vector<ScriptedWrite> scripted_writes(const ScriptedTurn& turn, const Fault& fault, std::uint64_t seed,
                                           std::uint64_t salt) {
  std::vector<ScriptedEvent> events = StreamWriter(turn, seed, salt).events(fault.kind == FaultKind::empty);
  apply(fault, events);
  Random cuts(seed ^ (salt + 0xC07));
  std::vector<ScriptedWrite> writes;
  bool is_first = true;
  for (const ScriptedEvent& event : events) {
    if (event.bytes.empty()) continue;
    const std::uint64_t delay_ms = is_first ? turn.first_delay_ms : (event.is_delta ? turn.delay_ms : 0);
    is_first = false;
    // One event in four arrives in two reads.
    const std::size_t cut = cuts.below(4) == 0 ? static_cast<std::size_t>(cuts.below(event.bytes.size())) : 0;
    if (cut > 0) writes.push_back({event.bytes.substr(0, cut), delay_ms});
    writes.push_back({event.bytes.substr(cut), cut > 0 ? 0 : delay_ms});
  }
  return writes;
}

}  // namespace orchestrator::harness::providers
