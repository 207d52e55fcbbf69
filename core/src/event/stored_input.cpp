// SPDX-License-Identifier: Apache-2.0
// The stored form of inputs: `{"type":T}` where the step's events hold all of it, else `{"type":T,"full":{...}}`;
// with `"now":{...}` where the first event was not made at the moment of the input, and `"redacted":[...]` where no
// event counts what was taken out of it.
#include <utility>

#include "event/exact_json.hpp"
#include "event/field_decoder.hpp"
#include "event/field_encoder.hpp"
#include "event/step.hpp"

namespace orchestrator::harness::event {
namespace {

using Events = std::vector<StreamEvent>;

template <class Payload>
const Payload* first(const Events& events) {
  for (const StreamEvent& event : events) {
    if (const auto* payload = event.get_if<Payload>()) return payload;
  }
  return nullptr;
}

std::optional<ProviderPart> part_of(const StreamEvent& event) {
  if (const auto* delta = event.get_if<events::OutputDelta>()) return TextPiece{delta->item_id, delta->text};
  if (const auto* delta = event.get_if<events::ReasoningDelta>()) return ReasoningPiece{delta->item_id, delta->text};
  if (const auto* delta = event.get_if<events::ToolArgumentsDelta>()) {
    return ToolArgumentsPiece{delta->item_id, delta->text};
  }
  if (const auto* item = event.get_if<events::OutputItemCompleted>()) return ItemDone{item->item_id, item->item};
  if (const auto* usage = event.get_if<events::UsageReported>()) return UsageSeen{usage->usage};
  if (const auto* end = event.get_if<events::AttemptFinished>()) {
    return AnswerFinished{end->finish_reason, end->native_finish_reason, end->provider_model,
                          end->provider_response_id};
  }
  if (const auto* end = event.get_if<events::AttemptFailed>()) return AnswerFailed{end->error};
  return std::nullopt;
}

std::optional<std::uint32_t> attempt_of(const Events& events) {
  std::optional<std::uint32_t> attempt;
  for (const StreamEvent& event : events) {
    std::visit(
        [&](const auto& payload) {
          if constexpr (requires { std::uint32_t{payload.attempt}; }) {
            if (!attempt) attempt = payload.attempt;
          }
        },
        event.payload);
  }
  return attempt;
}

std::vector<GateVerdict> gates_of(const Events& events) {
  std::vector<GateVerdict> gates;
  for (const StreamEvent& event : events) {
    if (const auto* gate = event.get_if<events::GateEvaluated>()) gates.push_back(*gate);
  }
  return gates;
}

std::vector<events::RedactionCount> redacted_of(const Events& events) {
  const auto* applied = first<events::RedactionApplied>(events);
  return applied == nullptr ? std::vector<events::RedactionCount>() : applied->counts;
}

// What an input of each type would be if the events held all of it. Wrong guesses are harmless: the encoder
// compares, and stores the input in full where they differ.
struct Derive {
  const Events& events;
  const std::vector<ContextEntry>* history;

  std::optional<Input::Value> operator()(const inputs::Start&) const {
    const auto* started = first<events::RunStarted>(events);
    if (started == nullptr || history == nullptr) return std::nullopt;
    const EventMeta& meta = events.front().meta;
    inputs::Start start{{meta.run_id, meta.session_id, meta.trace_id, meta.parent_span_id}, *started, *history, {}};
    if (const auto* forked = first<events::RunForked>(events)) start.derivation = *forked;
    if (const auto* replay = first<events::ReplayStarted>(events)) start.derivation = *replay;
    if (const auto* undo = first<events::UndoPlanned>(events)) start.derivation = *undo;
    return start;
  }
  std::optional<Input::Value> operator()(const inputs::SlotGranted&) const {
    const auto* requested = first<events::ProviderRequested>(events);
    if (requested == nullptr) return std::nullopt;
    return inputs::SlotGranted{requested->attempt, requested->is_probe};
  }
  std::optional<Input::Value> operator()(const inputs::SlotRefused&) const { return std::nullopt; }
  std::optional<Input::Value> operator()(const inputs::ProviderHeaders&) const {
    const auto* responded = first<events::ProviderResponded>(events);
    if (responded == nullptr) return std::nullopt;
    return inputs::ProviderHeaders{responded->attempt, responded->status, responded->provider_request_id};
  }
  std::optional<Input::Value> operator()(const inputs::ProviderChunk&) const {
    inputs::ProviderChunk chunk;
    chunk.attempt = attempt_of(events).value_or(0);
    for (const StreamEvent& event : events) {
      if (auto part = part_of(event)) chunk.parts.push_back(*std::move(part));
    }
    chunk.gates = gates_of(events);
    return chunk;
  }
  std::optional<Input::Value> operator()(const inputs::ProviderEnded&) const {
    const auto* failed = first<events::AttemptFailed>(events);
    if (failed == nullptr) return std::nullopt;
    inputs::ProviderEnded ended;
    ended.attempt = failed->attempt;
    ended.error = failed->error;
    if (const auto* timeout = first<events::TimeoutFired>(events)) {
      ended.timer = timeout->timer;
      ended.timer_ms = timeout->after_ms;
    }
    if (const auto* usage = first<events::UsageReported>(events)) ended.usage = usage->usage;
    ended.gates = gates_of(events);
    return ended;
  }
  // Rarely is all of these in the events, so they are stored in full but for the commonest form of each.
  std::optional<Input::Value> operator()(const inputs::ToolPrepared&) const {
    inputs::ToolPrepared prepared;
    prepared.gates = gates_of(events);
    if (const auto* started = first<events::ToolCallStarted>(events)) {
      prepared.call_id = started->call_id;
      prepared.preparation.undo = started->undo;
      prepared.preparation.targets = started->targets;
      return prepared;
    }
    if (const auto* finished = first<events::ToolCallFinished>(events)) {
      prepared.call_id = finished->call_id;
      prepared.error = finished->error;
      return prepared;
    }
    return std::nullopt;
  }
  std::optional<Input::Value> operator()(const inputs::ToolReturned&) const {
    const auto* finished = first<events::ToolCallFinished>(events);
    if (finished == nullptr) return std::nullopt;
    inputs::ToolReturned returned;
    returned.call_id = finished->call_id;
    returned.outcome = finished->outcome;
    returned.result = finished->result;
    returned.error = finished->error;
    returned.full_output = finished->full_output;
    return returned;
  }
  std::optional<Input::Value> operator()(const inputs::ToolVerified&) const { return std::nullopt; }
  std::optional<Input::Value> operator()(const inputs::GateReturned&) const {
    return inputs::GateReturned{gates_of(events)};
  }
  std::optional<Input::Value> operator()(const inputs::MemoryReturned&) const {
    const auto* retrieved = first<events::MemoryRetrieved>(events);
    if (retrieved == nullptr) return std::nullopt;
    return inputs::MemoryReturned{retrieved->hits, retrieved->latency_us, retrieved->cost_micro_usd, retrieved->error};
  }
  std::optional<Input::Value> operator()(const inputs::MemoryKept&) const {
    const auto* stored = first<events::MemoryStored>(events);
    if (stored == nullptr) return std::nullopt;
    return inputs::MemoryKept{stored->id, stored->tokens, stored->latency_us, stored->cost_micro_usd, stored->error};
  }
  std::optional<Input::Value> operator()(const inputs::TimerFired&) const {
    const auto* timeout = first<events::TimeoutFired>(events);
    if (timeout == nullptr) return std::nullopt;
    return inputs::TimerFired{timeout->timer};
  }
  std::optional<Input::Value> operator()(const inputs::EffectLost&) const {
    const auto* failed = first<events::AttemptFailed>(events);
    if (failed == nullptr) return std::nullopt;
    return inputs::EffectLost{failed->attempt, {}};
  }
  std::optional<Input::Value> operator()(const inputs::Abort&) const {
    const auto* abort = first<events::AbortRequested>(events);
    if (abort == nullptr) return std::nullopt;
    return inputs::Abort{abort->mode, abort->by, std::nullopt};
  }
  std::optional<Input::Value> operator()(const inputs::Hint&) const {
    const auto* hint = first<events::HintQueued>(events);
    if (hint == nullptr) return std::nullopt;
    return inputs::Hint{hint->hint_id, hint->priority, hint->text, hint->by, hint->expires_us, std::nullopt};
  }
  std::optional<Input::Value> operator()(const inputs::Pause&) const {
    const auto* paused = first<events::RunPaused>(events);
    if (paused == nullptr) return std::nullopt;
    return inputs::Pause{paused->by};
  }
  std::optional<Input::Value> operator()(const inputs::Resume&) const {
    const auto* resumed = first<events::RunResumed>(events);
    if (resumed == nullptr) return std::nullopt;
    return inputs::Resume{resumed->by};
  }
  std::optional<Input::Value> operator()(const inputs::Recover&) const {
    const auto* resumed = first<events::RunResumed>(events);
    if (resumed == nullptr) return std::nullopt;
    return inputs::Recover{resumed->by, resumed->epoch.value_or(0), resumed->discarded_after};
  }
  std::optional<Input::Value> operator()(const inputs::Resolve&) const {
    const auto* resolved = first<events::InterruptResolved>(events);
    if (resolved == nullptr) return std::nullopt;
    return inputs::Resolve{resolved->interrupt_id, resolved->decision, resolved->by, resolved->reason};
  }
  std::optional<Input::Value> operator()(const inputs::Checkpoint&) const {
    const auto* checkpoint = first<events::CheckpointCreated>(events);
    if (checkpoint == nullptr) return std::nullopt;
    return inputs::Checkpoint{checkpoint->label, checkpoint->by};
  }
  std::optional<Input::Value> operator()(const inputs::IssueToken&) const {
    const auto* issued = first<events::ReplayTokenIssued>(events);
    if (issued == nullptr) return std::nullopt;
    return inputs::IssueToken{issued->to_seq, issued->token, issued->by};
  }
  std::optional<Input::Value> operator()(const inputs::ReplayReported&) const {
    inputs::ReplayReported reported;
    if (const auto* matched = first<events::ReplayMatched>(events)) reported.matched = *matched;
    if (const auto* diverged = first<events::ReplayDiverged>(events)) reported.diverged = *diverged;
    const auto* error = first<events::Error>(events);
    if (error != nullptr && !reported.matched && !reported.diverged) reported.error = error->error;
    return reported;
  }
  std::optional<Input::Value> operator()(const inputs::CompensationPrepared&) const {
    const auto* started = first<events::CompensationStarted>(events);
    if (started == nullptr) return std::nullopt;
    return inputs::CompensationPrepared{started->index, started->undo, started->targets, {}, {}, {}};
  }
  std::optional<Input::Value> operator()(const inputs::Compensated&) const {
    const auto* finished = first<events::CompensationFinished>(events);
    if (finished == nullptr) return std::nullopt;
    return inputs::Compensated{finished->index, 1, finished->outcome, finished->conflicts, finished->error};
  }
};

// Inputs as the versions before 0.2.1 stored them: without the members that came later.
void add_later_members(std::string_view type, boost::json::object& full) {
  const auto price_in_full = [](boost::json::value* usage) {
    if (usage != nullptr && usage->is_object()) usage->get_object().emplace("unpriced", boost::json::array());
  };
  if (type == "ProviderEnded") {
    full.emplace("advice", nullptr);
    price_in_full(full.if_contains("usage"));
  }
  if (boost::json::value* parts = full.if_contains("parts"); type == "ProviderChunk" && parts && parts->is_array()) {
    for (boost::json::value& part : parts->get_array()) {
      if (part.is_object()) price_in_full(part.get_object().if_contains("usage"));
    }
  }
  if (type == "ProviderChunk" || type == "ProviderEnded" || type == "ToolPrepared") {
    full.emplace("gates", boost::json::array());
  }
  if (type == "SlotGranted") full.emplace("is_probe", false);
  if (boost::json::value* preparation = full.if_contains("preparation"); preparation && preparation->is_object()) {
    preparation->get_object().emplace("reach", nullptr);
  }
}

// The stored input itself nests under 12 levels; raw JSON in it is kept as a string.
constexpr std::size_t kInputDepthMax = 32;

Now now_of(const Events& events) {
  const EventMeta& meta = events.front().meta;
  return Now{meta.at, meta.elapsed_us};
}

std::unexpected<Error> damaged(const FieldError& error) {
  return fail(RuntimeErrorCode::journal_damaged, "a stored input does not read: " + error.message,
              "/input" + error.path);
}

Result<Input::Value> value_named(std::string_view name) {
  Result<Input::Value> result = fail(RuntimeErrorCode::journal_damaged,
                                     "a stored input has the unknown type " + std::string(name), "/input/type");
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::variant_size_v<VariantOf<Input::Value>>>>([&](auto index) {
    if (name != name_of_index<Input::Value>(index)) return;
    Input::Value value;
    value.emplace<index>();
    result = std::move(value);
  });
  return result;
}

}  // namespace

std::string encode_input(const Input& input, const std::vector<StreamEvent>& events) {
  std::string out = "{\"type\":\"";
  out += name_of_index<Input::Value>(input.value.index());
  out.push_back('"');
  const auto* start = std::get_if<inputs::Start>(&input.value);
  const Derive derive{events, start != nullptr ? &start->history : nullptr};
  const auto derived = std::visit(derive, input.value);
  if (!derived || *derived != input.value) {
    std::visit(
        [&](const auto& value) {
          if constexpr (DescribedStruct<std::decay_t<decltype(value)>>) {
            out += ",\"full\":";
            append_value(out, value);
          }
        },
        input.value);
  }
  if (input.now != now_of(events)) {
    out += ",\"now\":";
    append_value(out, input.now);
  }
  if (input.redacted != redacted_of(events)) {
    out += ",\"redacted\":";
    append_value(out, input.redacted);
  }
  out.push_back('}');
  return out;
}

Result<Input> input_of(const StoredStep& step, const std::vector<ContextEntry>& history) {
  auto json = parse_exact(step.input_bytes, kInputDepthMax);
  if (!json) return damaged({"", json.error().message});
  if (!json->is_object() || step.events.empty()) return damaged({"", "expected an object and events"});
  boost::json::object& object = json->get_object();
  std::string type;
  if (auto read = read_member(object, "type", type); !read) return damaged(read.error());
  auto value = value_named(type);
  if (!value) return std::unexpected(value.error());

  Input input{now_of(step.events), *std::move(value)};
  input.redacted = redacted_of(step.events);
  if (object.contains("redacted")) {
    if (auto read = read_member(object, "redacted", input.redacted); !read) return damaged(read.error());
  }
  if (object.contains("now")) {
    if (auto read = read_member(object, "now", input.now); !read) return damaged(read.error());
  }
  if (boost::json::value* full = object.if_contains("full")) {
    if (full->is_object()) add_later_members(type, full->get_object());
    FieldResult read;
    std::visit(
        [&](auto& target) {
          if constexpr (DescribedStruct<std::decay_t<decltype(target)>>) read = read_value(*full, target);
        },
        input.value);
    if (!read) return damaged({"/full" + read.error().path, read.error().message});
    return input;
  }
  auto derived = std::visit(Derive{step.events, &history}, input.value);
  if (!derived) return damaged({"", "the events do not hold what the input left out"});
  input.value = *std::move(derived);
  return input;
}

}  // namespace orchestrator::harness::event
