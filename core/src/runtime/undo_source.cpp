// SPDX-License-Identifier: Apache-2.0
#include "runtime/undo_source.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "event/field_encoder.hpp"
#include "event/step.hpp"
#include "runtime/run_lineage.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kPageBytes = 1ULL << 20;
constexpr std::size_t kShortBytesMax = 64 << 10;  // of arguments, and of a result's texts, that are held of each call

std::size_t size_of(const std::vector<ContentPart>& parts) {
  std::size_t bytes = 0;
  for (const ContentPart& part : parts) {
    if (const auto* text = std::get_if<TextPart>(&part)) bytes += text->text.size();
    if (const auto* json = std::get_if<JsonPart>(&part)) bytes += json->json.text.size();
  }
  return bytes;
}

// Gathers the calls of one journal, event by event.
class Gathering {
 public:
  explicit Gathering(UndoSource& source) : source_(source) {}

  void take(const std::vector<StreamEvent>& events) {
    for (const StreamEvent& event : events) {
      if (event.get_if<events::RedactionApplied>() != nullptr) redacted_seq_ = event.meta.seq;
    }
    for (const StreamEvent& event : events) {
      seq_ = event.meta.seq;
      std::visit([this](const auto& payload) { see(payload); }, event.payload);
      if (event.is_terminal()) source_.has_ended = true;
    }
  }

  // Of the runs that a fork goes on from: a call that was asked for there may have begun in the fork.
  void take_prefix(const StreamEvent& event) {
    if (const auto* requested = event.get_if<events::ToolCallRequested>()) {
      see(*requested);
      SourceCall& call = requested_[requested->call_id];
      call.requested_seq = 0;
      call.is_short = true;
      call.call.arguments.text = requested->arguments;
    } else if (const auto* finished = event.get_if<events::ToolCallFinished>()) {
      requested_.erase(finished->call_id);
    }
  }

 private:
  void see(const events::RunStarted& event) { source_.spec = event; }
  void see(const events::CheckpointCreated& event) { source_.labels[event.label] = seq_; }
  void see(const events::ToolCallRequested& event) {
    SourceCall call;
    call.call.call_id = event.call_id;
    call.call.tool = event.tool;
    call.requested_seq = seq_;
    call.effect_class = event.effect_class;
    call.is_short = event.arguments.size() <= kShortBytesMax;
    if (call.is_short) call.call.arguments.text = event.arguments;
    requested_[event.call_id] = std::move(call);
  }
  void see(const events::ToolCallStarted& event) {
    const auto requested = requested_.find(event.call_id);
    if (requested == requested_.end()) return;
    SourceCall call = requested->second;
    if (call.effect_class == EffectClass::pure) return;
    begin(std::move(call), event.idempotency_key, event.undo);
  }
  void see(const events::ToolCallFinished& event) {
    const auto open = open_.find(event.call_id);
    if (open != open_.end()) {
      SourceCall& call = source_.calls[open->second];
      call.finished_seq = seq_;
      call.call.outcome = event.outcome;
      const bool is_of_prefix = call.requested_seq == 0;  // and cannot be read again from this journal
      call.is_short = is_of_prefix || (call.is_short && size_of(event.result) <= kShortBytesMax);
      if (call.is_short) call.call.result = event.result;
      open_.erase(open);
    }
    requested_.erase(event.call_id);
  }
  void see(const events::UndoPlanned& event) { plan_ = event.steps; }
  // The steps of an undo: each can be taken back as the call was that it took back.
  void see(const events::CompensationStarted& event) {
    SourceCall call;
    call.call.call_id = event.call_id;
    call.call.tool = event.tool;
    call.effect_class = EffectClass::reversible;
    if (event.index < plan_.size()) call.takes_back = plan_[event.index].seq;
    begin(std::move(call), event.idempotency_key, event.undo);
  }
  void see(const events::CompensationFinished& event) {
    const auto open = open_.find(event.call_id);
    if (open == open_.end()) return;
    SourceCall& call = source_.calls[open->second];
    call.call.outcome = event.outcome == CompensationOutcome::restored ? ToolOutcome::ok : ToolOutcome::error;
    open_.erase(open);
  }
  void see(const auto&) {}

  // A later attempt of the same call belongs to the first: one call is taken back once.
  void begin(SourceCall call, const std::string& key, const std::optional<UndoRecord>& undo) {
    const auto [open, is_first] = open_.try_emplace(call.call.call_id, source_.calls.size());
    if (is_first) {
      call.call.seq = seq_;
      call.call.idempotency_key = key;
      source_.calls.push_back(std::move(call));
    }
    SourceCall& begun = source_.calls[open->second];
    if (!undo) return;
    begun.call.undo = undo;
    begun.is_redacted = redacted_seq_ > begun.requested_seq;
  }

  UndoSource& source_;
  std::uint64_t seq_ = 0;
  std::vector<UndoStep> plan_;                   // of an undo
  std::uint64_t redacted_seq_ = 0;               // where something was last taken out of an input
  std::map<std::string, SourceCall> requested_;  // and not finished
  std::map<std::string, std::size_t> open_;      // begun and not finished, by id: ids may come again later
};

// The event `seq` of a run, if it is a `Payload`.
template <class Payload>
asio::awaitable<Result<Payload>> load_event(std::shared_ptr<Engine> engine, RunId run_id, std::uint64_t seq) {
  auto lines = co_await engine->store().read(run_id, seq - 1, 1);
  if (!lines) co_return std::unexpected(lines.error());
  for (const JournalLine& line : *lines) {
    auto step = event::read_step(line.bytes);
    if (!step) co_return std::unexpected(step.error());
    for (const StreamEvent& event : step->events) {
      if (event.meta.seq != seq) continue;
      if (const auto* payload = event.get_if<Payload>()) co_return *payload;
    }
  }
  co_return fail(RuntimeErrorCode::journal_damaged, "event " + std::to_string(seq) + " is not what it was",
                 run_id.str());
}

}  // namespace

const SourceCall* UndoSource::find(std::uint64_t seq) const {
  const auto found = std::ranges::lower_bound(calls, seq, {}, [](const SourceCall& call) { return call.call.seq; });
  return found != calls.end() && found->call.seq == seq ? &*found : nullptr;
}

asio::awaitable<Result<UndoSource>> load_undo_source(std::shared_ptr<Engine> engine, RunId run_id) {
  UndoSource source;
  Gathering gathering(source);
  Result<void> whole = co_await check_not_erased(engine->options().store, run_id, "its calls cannot be taken back");
  if (!whole) co_return std::unexpected(whole.error());
  auto lineage = co_await load_lineage(engine->options().store, run_id);
  if (!lineage) co_return std::unexpected(lineage.error());
  lineage->pop_back();
  for (const LineageRun& ancestor : *lineage) {
    const std::function<void(const StreamEvent&)> see = [&](const StreamEvent& event) { gathering.take_prefix(event); };
    auto read = co_await read_events(engine->options().store, ancestor, see);
    if (!read) co_return std::unexpected(read.error());
  }
  event::JournalHead head;
  for (;;) {
    auto lines = co_await engine->store().read(run_id, head.seq, kPageBytes);
    if (!lines) co_return std::unexpected(lines.error());
    if (lines->empty()) break;
    for (const JournalLine& line : *lines) {
      auto step = event::decode_step(line.bytes, head);
      if (!step) co_return std::unexpected(step.error());
      gathering.take(step->events);
      if (!step->events.empty()) source.session_id = step->events.front().meta.session_id;
      head = step->head;
      if (source.calls.size() <= kUndoCallsMax) continue;
      co_return fail(RuntimeErrorCode::limit_exceeded,
                     "the run made more than " + std::to_string(kUndoCallsMax) +
                         " calls that change something: more than one undo takes back",
                     run_id.str());
    }
  }
  if (head.seq == 0) co_return fail(RuntimeErrorCode::journal_damaged, "the run's journal is empty", run_id.str());
  source.head.run_id = run_id;
  source.head.seq = head.seq;
  source.head.hash = head.hash;
  co_return source;
}

asio::awaitable<Result<CompensationCall>> load_call(std::shared_ptr<Engine> engine, RunId run_id, SourceCall call) {
  if (!call.is_short) {
    auto requested = co_await load_event<events::ToolCallRequested>(engine, run_id, call.requested_seq);
    if (!requested) co_return std::unexpected(requested.error());
    call.call.arguments.text = std::move(requested->arguments);
    if (call.finished_seq > 0) {
      auto finished = co_await load_event<events::ToolCallFinished>(engine, run_id, call.finished_seq);
      if (!finished) co_return std::unexpected(finished.error());
      call.call.result = std::move(finished->result);
    }
  }
  if (!call.call.undo) co_return std::move(call.call);
  if (call.is_redacted) {
    const auto& redactor = engine->options().redactor;
    if (redactor) call.call.undo->data.text = redactor->restored_arguments(call.call.undo->data.text);
  }
  for (SharedBytes& bytes : call.call.undo->blobs) {
    if (bytes.is_loaded()) continue;
    auto content = co_await engine->store().blob(bytes.hash());
    if (!content) co_return std::unexpected(content.error());
    bytes = *std::move(content);
  }
  co_return std::move(call.call);
}

std::shared_ptr<Compensator> compensator_of(const Engine& engine, const std::string& tool) {
  const auto found = engine.options().compensators.find(tool);
  return found == engine.options().compensators.end() ? nullptr : found->second;
}

std::string reason_against(const Engine& engine, const SourceCall& call) {
  const std::string& tool = call.call.tool;
  if (!compensator_of(engine, tool)) {
    if (call.effect_class == EffectClass::reversible) return "there is no compensator for " + tool + " here";
    return "calls of " + tool + " cannot be taken back: it is " + std::string(event::enum_name(call.effect_class));
  }
  const auto& redactor = engine.options().redactor;
  if (call.is_redacted && (!redactor || redactor->vault() == nullptr)) {
    return "something was taken out of its undo record by redaction";
  }
  return {};
}

}  // namespace orchestrator::harness::runtime
