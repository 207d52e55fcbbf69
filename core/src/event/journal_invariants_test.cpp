// SPDX-License-Identifier: Apache-2.0
// Goal: the checker passes sound journals and names the breach of each invariant. Method: one sound journal with
// every kind of event, and small edits of it; each event left out or doubled is found too.
#include "event/journal_invariants.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace orchestrator::harness::event {
namespace {

using Journal = std::vector<StreamEvent>;

Error runtime_error() { return RuntimeError{RuntimeErrorCode::run_timeout, "too late", "timeouts.run_ms"}; }
HintId hint_id(std::uint64_t number) { return HintId::make(1, 2, number); }
SpanId span(const char* hex) { return *SpanId::parse(hex); }

// Appends payloads with their envelopes, a millisecond apart.
class Writer {
 public:
  Writer& of_run(StreamEvent::Payload payload) { return add(std::move(payload), run_, {}); }
  Writer& of_attempt(std::uint32_t attempt, StreamEvent::Payload payload) {
    return add(std::move(payload), attempt == 1 ? span("00000000000000b1") : span("00000000000000b2"), run_);
  }
  Journal take() { return std::move(journal_); }

 private:
  Writer& add(StreamEvent::Payload payload, SpanId own, std::optional<SpanId> parent) {
    EventMeta meta;
    meta.run_id = RunId::make(1, 2, 3);
    meta.session_id = SessionId::make(1, 2, 4);
    meta.trace_id = *TraceId::parse("0123456789abcdef0123456789abcdef");
    meta.span_id = own;
    meta.parent_span_id = parent;
    meta.seq = journal_.size() + 1;
    meta.elapsed_us = journal_.size() * 1'000;
    journal_.push_back({meta, std::move(payload)});
    return *this;
  }
  SpanId run_ = span("00000000000000a1");
  Journal journal_;
};

events::RunStarted run_started() {
  events::RunStarted event;
  event.input.emplace_back(TextPart{"Hi"});
  event.model_plan.primary = {ProviderId("scripted"), "demo"};
  return event;
}
events::ContextAssembled assembled(std::uint32_t turn) {
  events::ContextAssembled event;
  event.turn = turn;
  event.items = 1;
  event.context_hash = sha256("context");
  return event;
}
events::ProviderRequested requested(std::uint32_t attempt, std::uint32_t turn, std::uint64_t queue_us) {
  return {attempt, turn, {ProviderId("scripted"), "demo"}, sha256("request"), queue_us};
}
ConversationItem message(std::string text) {
  MessageItem item;
  item.role = Role::assistant;
  item.parts.emplace_back(TextPart{std::move(text)});
  return {std::move(item), ""};
}
events::UsageReported usage_reported(std::uint32_t attempt) { return {attempt, {.input = 10, .output = 5}, {}, {}}; }

// A turn with text, thoughts and a call; a hint, a pause, a checkpoint; a second turn that ends the run.
Writer& write_first_turn(Writer& to) {
  const ToolCallItem call{.call_id = "c1", .name = "f", .arguments = "{}"};
  to.of_run(run_started()).of_run(events::ModelSelected{{ProviderId("scripted"), "demo"}, "", {}});
  to.of_run(events::HintQueued{hint_id(1), HintPriority::asap, "shorter", "me", false, {}});
  to.of_run(events::HintDelivered{hint_id(1), 1, sha256("hint")});
  to.of_run(events::ContextTrimmed{"max_input_tokens", {sha256("old")}, 9, 5, {}});
  to.of_attempt(1, assembled(1)).of_attempt(1, requested(1, 1, 500));
  to.of_attempt(1, events::ProviderResponded{1, "req", 200, 1'000});
  to.of_attempt(1, events::ReasoningDelta{1, 1, "r", 0, "Hm"})
      .of_attempt(1, events::OutputDelta{1, 1, "a", 0, "H\u00e9"});
  to.of_attempt(1, events::OutputDelta{1, 1, "a", 3, "llo"});
  to.of_attempt(1, events::OutputItemCompleted{1, 1, "r", ItemKind::reasoning, {ReasoningItem{"Hm", {}}, ""}});
  to.of_attempt(1, events::OutputItemCompleted{1, 1, "a", ItemKind::text, message("H\u00e9llo")});
  to.of_attempt(1, events::ToolArgumentsDelta{1, 1, "t", 0, "{}"});
  to.of_attempt(1, events::OutputItemCompleted{1, 1, "t", ItemKind::tool_call, {call, ""}});
  to.of_attempt(1, usage_reported(1)).of_attempt(1, events::AttemptFinished{1, FinishReason::tool_calls, "", "", ""});
  events::ToolCallRequested call_requested{.call_id = "c1", .turn = 1, .tool = "f", .arguments = "{}"};
  events::ToolCallFinished call_finished{.call_id = "c1", .latency_us = 7};
  call_finished.error = ToolError{ToolErrorCode::unknown_tool, "no such tool", "f"};
  return to.of_run(call_requested).of_run(call_finished);
}

Journal sound() {
  Writer to;
  write_first_turn(to).of_run(events::RunPaused{"me"}).of_run(events::CheckpointCreated{"here", "me"});
  to.of_run(events::RunResumed{"me", 2'000, {}, {}, {}});
  to.of_attempt(2, assembled(2)).of_attempt(2, requested(2, 2, 900));
  to.of_run(events::HintQueued{hint_id(2), HintPriority::after_turn, "later", "me", false, {}});
  to.of_attempt(2, events::OutputItemCompleted{2, 2, "b", ItemKind::text, message("whole")});
  to.of_attempt(2, usage_reported(2)).of_attempt(2, events::AttemptFinished{2, FinishReason::stop, "", "", ""});
  to.of_run(events::HintDropped{hint_id(2), "run_ended"});
  Latencies latencies;
  latencies.queue_us = 500;
  latencies.model_us = 10'000 + 4'000;
  latencies.tool_us = 7;
  latencies.total_us = 29'000;
  return to.of_run(events::Completed{FinishReason::stop, "whole", {.input = 20, .output = 10}, {}, latencies}).take();
}

// An answer that an abort cut off after two deltas.
Journal sound_abort() {
  Writer to;
  to.of_run(run_started()).of_run(events::ModelSelected{{ProviderId("scripted"), "demo"}, "", {}});
  to.of_attempt(1, assembled(1)).of_attempt(1, requested(1, 1, 500));
  to.of_attempt(1, events::OutputDelta{1, 1, "a", 0, "Hel"});
  to.of_run(events::AbortRequested{AbortMode::after_turn, "me"}).of_run(events::AbortRequested{AbortMode::now, "you"});
  to.of_attempt(1, events::UsageReported{1, {}, {}, {}});
  to.of_attempt(1, events::AttemptFailed{1, runtime_error(), {"a"}});
  Latencies latencies;
  latencies.queue_us = 500;
  latencies.model_us = 5'000;
  latencies.total_us = 9'000;
  return to.of_run(events::Aborted{AbortMode::now, "you", "Hel", {}, {}, latencies}).take();
}

Journal sound_error() {
  Writer to;
  to.of_run(run_started());
  to.of_run(events::NegotiationFailed{{{{ProviderId("scripted"), "demo"}, {"unsupported:seed"}}}});
  Latencies latencies;
  latencies.total_us = 2'000;
  return to.of_run(events::Error{runtime_error(), "", {}, {}, latencies}).take();
}

std::string violations_of(const Journal& journal) {
  std::string all;
  for (const Violation& violation : check_journal(journal)) all += violation.str() + "\n";
  return all;
}

bool finds(const Journal& journal, std::string_view invariant) {
  for (const Violation& violation : check_journal(journal)) {
    if (violation.invariant == invariant) return true;
  }
  return false;
}

template <class T>
T& first(Journal& journal, std::size_t skip = 0) {
  for (StreamEvent& event : journal) {
    if (auto* payload = std::get_if<T>(&event.payload); payload != nullptr && skip-- == 0) return *payload;
  }
  throw std::logic_error("the journal has no such event");
}

TEST(JournalInvariants, SoundJournalsPass) {
  EXPECT_EQ(violations_of(sound()), "");
  EXPECT_EQ(violations_of(sound_abort()), "");
  EXPECT_EQ(violations_of(sound_error()), "");
}

TEST(JournalInvariants, AnEventThatIsMissingIsFound) {
  for (const Journal& journal : {sound(), sound_abort(), sound_error()}) {
    for (std::size_t i = 0; i < journal.size(); ++i) {
      Journal edited = journal;
      edited.erase(edited.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_TRUE(finds(edited, i + 1 == journal.size() ? "terminal_last" : "seq_dense")) << journal[i].json();
    }
  }
}

// With the envelopes made to fit, only the meaning of the event itself tells that it is missing, or there twice.
void renumber(Journal& journal) {
  for (std::size_t i = 0; i < journal.size(); ++i) journal[i].meta.seq = i + 1;
}

TEST(JournalInvariants, AnEventThatSaysWhatOthersRelyOnCannotBeLeftOut) {
  for (const Journal& journal : {sound(), sound_abort(), sound_error()}) {
    for (std::size_t i = 0; i < journal.size(); ++i) {
      const std::string_view type = journal[i].type();
      const bool stands_alone = type == "ContextTrimmed" || type == "ProviderResponded" ||
                                type == "CheckpointCreated" || type == "NegotiationFailed" ||
                                type == "AbortRequested" || type == "OutputItemCompleted" ||
                                type == "ToolArgumentsDelta" || type == "ReasoningDelta";
      if (stands_alone) continue;
      Journal edited = journal;
      edited.erase(edited.begin() + static_cast<std::ptrdiff_t>(i));
      renumber(edited);
      EXPECT_NE(violations_of(edited), "") << journal[i].json();
    }
  }
}

TEST(JournalInvariants, AnEventThatIsThereTwiceIsFound) {
  for (const Journal& journal : {sound(), sound_abort(), sound_error()}) {
    for (std::size_t i = 0; i < journal.size(); ++i) {
      const std::string_view type = journal[i].type();
      if (type == "ContextTrimmed" || type == "CheckpointCreated" || type == "ContextAssembled") continue;
      if (type == "NegotiationFailed") continue;
      Journal edited = journal;
      edited.insert(edited.begin() + static_cast<std::ptrdiff_t>(i), journal[i]);
      renumber(edited);
      EXPECT_NE(violations_of(edited), "") << journal[i].json();
    }
  }
}

struct Edit {
  const char* invariant;
  std::function<void(Journal&)> apply;
};

void expect_found(const Journal& journal, const std::vector<Edit>& edits) {
  for (const Edit& edit : edits) {
    Journal edited = journal;
    edit.apply(edited);
    EXPECT_TRUE(finds(edited, edit.invariant)) << edit.invariant << ", found:\n" << violations_of(edited);
  }
}

TEST(JournalInvariants, Envelopes) {
  expect_found(sound(), {{"run_started_first", [](Journal& j) { std::swap(j[0].payload, j[1].payload); }},
                         {"seq_dense", [](Journal& j) { j[5].meta.seq = 7; }},
                         {"seq_dense", [](Journal& j) { j[0].meta.seq = 0; }},
                         {"elapsed_monotonic", [](Journal& j) { j[5].meta.elapsed_us = 3'999; }},
                         {"elapsed_monotonic", [](Journal& j) { j[0].meta.elapsed_us = 1; }},
                         {"same_ids", [](Journal& j) { j[9].meta.run_id = RunId::make(9, 9, 9); }},
                         {"same_ids", [](Journal& j) { j[9].meta.session_id = SessionId::make(9, 9, 9); }},
                         {"same_ids", [](Journal& j) { j[9].meta.trace_id = {}; }},
                         {"required_fields", [](Journal& j) { j[0].meta.run_id = {}; }},
                         {"spans", [](Journal& j) { j[9].meta.span_id = {}; }},
                         {"spans", [](Journal& j) { j[9].meta.span_id = span("00000000000000ff"); }},
                         {"spans", [](Journal& j) { j[9].meta.parent_span_id.reset(); }},
                         {"spans", [](Journal& j) { j[2].meta.parent_span_id = span("00000000000000ff"); }},
                         {"terminal_last", [](Journal& j) { j.pop_back(); }},
                         {"terminal_last", [](Journal& j) { j.push_back(j.back()); }}});
}

TEST(JournalInvariants, Attempts) {
  using namespace events;
  expect_found(sound(), {{"attempts_dense", [](Journal& j) { first<ProviderRequested>(j).attempt = 2; }},
                         {"turns_dense", [](Journal& j) { first<ProviderRequested>(j, 1).turn = 3; }},
                         {"turns_dense", [](Journal& j) { first<OutputDelta>(j).turn = 2; }},
                         {"context_before_request", [](Journal& j) { first<ContextAssembled>(j).turn = 2; }},
                         {"attempt_open", [](Journal& j) { first<OutputDelta>(j).attempt = 2; }},
                         {"attempt_open", [](Journal& j) { first<ProviderResponded>(j).attempt = 2; }},
                         {"attempt_open", [](Journal& j) { first<UsageReported>(j, 1).attempt = 1; }},
                         {"model_once", [](Journal& j) { j[1].payload = CheckpointCreated{"x", "me"}; }},
                         {"items_complete", [](Journal& j) { first<OutputItemCompleted>(j, 1).item_id = "z"; }},
                         {"required_fields", [](Journal& j) { first<ProviderRequested>(j).request_hash = {}; }},
                         {"latencies", [](Journal& j) { first<ProviderResponded>(j).headers_us = 999; }},
                         {"trim_shrinks", [](Journal& j) { first<ContextTrimmed>(j).tokens_after = 10; }}});
  expect_found(sound_abort(), {{"items_known", [](Journal& j) { first<AttemptFailed>(j).voided_items = {"z"}; }}});
}

TEST(JournalInvariants, Items) {
  using namespace events;
  expect_found(sound(),
               {{"offsets_dense", [](Journal& j) { first<OutputDelta>(j, 1).offset = 2; }},  // characters, not bytes
                {"required_fields", [](Journal& j) { first<ReasoningDelta>(j).text.clear(); }},
                {"required_fields", [](Journal& j) { first<ReasoningDelta>(j).item_id.clear(); }},
                {"deltas_add_up", [](Journal& j) { first<OutputItemCompleted>(j, 1).item = message("H\u00e9ll"); }},
                {"item_kind", [](Journal& j) { first<OutputItemCompleted>(j, 1).kind = ItemKind::refusal; }},
                {"item_kind", [](Journal& j) { j[9].payload = ReasoningDelta{1, 1, "a", 0, "H\u00e9"}; }},
                {"item_done_once", [](Journal& j) { first<OutputItemCompleted>(j, 1).item_id = "r"; }}});
}

TEST(JournalInvariants, Calls) {
  using namespace events;
  expect_found(sound(), {{"call_requested_once", [](Journal& j) { first<ToolCallRequested>(j).call_id = "c2"; }},
                         {"call_finished_once", [](Journal& j) { first<ToolCallFinished>(j).call_id = "c2"; }},
                         {"turns_dense", [](Journal& j) { first<ToolCallRequested>(j).turn = 2; }},
                         {"required_fields", [](Journal& j) { first<ToolCallFinished>(j).error.reset(); }},
                         {"required_fields", [](Journal& j) { first<ToolCallFinished>(j).outcome = ToolOutcome::ok; }},
                         {"error_mapping", [](Journal& j) { first<ToolCallFinished>(j).error->retryable = true; }}});
}

TEST(JournalInvariants, Control) {
  using namespace events;
  expect_found(sound(), {{"hint_ended_once", [](Journal& j) { first<HintDelivered>(j).hint_id = hint_id(3); }},
                         {"hint_ended_once", [](Journal& j) { first<HintDropped>(j).hint_id = hint_id(1); }},
                         {"hint_queued_once", [](Journal& j) { first<HintQueued>(j, 1).hint_id = hint_id(1); }},
                         {"hint_delivered_turn", [](Journal& j) { first<HintDelivered>(j).turn = 2; }},
                         {"pause_alternates", [](Journal& j) { j[19].payload = CheckpointCreated{"x", ""}; }},
                         {"no_call_while_paused", [](Journal& j) { j[21].payload = CheckpointCreated{"x", ""}; }},
                         {"latencies", [](Journal& j) { first<RunResumed>(j).parked_us = 1; }},
                         {"abort_ends_run", [](Journal& j) { j[20].payload = AbortRequested{}; }},
                         {"no_call_after_abort", [](Journal& j) { j[20].payload = AbortRequested{}; }},
                         {"required_fields", [](Journal& j) { first<CheckpointCreated>(j).label.clear(); }}});
  expect_found(
      sound_abort(),
      {{"abort_escalates", [](Journal& j) { first<AbortRequested>(j).mode = AbortMode::now; }},
       {"abort_requested_first", [](Journal& j) { first<Aborted>(j).by = "me"; }},
       {"abort_requested_first", [](Journal& j) { first<Aborted>(j).mode = AbortMode::after_turn; }},
       {"abort_ends_run", [](Journal& j) { j.back().payload = events::Error{runtime_error(), "Hel", {}, {}, {}}; }},
       {"output", [](Journal& j) { first<Aborted>(j).partial_output = "Hello"; }}});
}

TEST(JournalInvariants, Ends) {
  using namespace events;
  expect_found(sound(),
               {{"output", [](Journal& j) { first<Completed>(j).output = "H\u00e9llo"; }},
                {"usage_sums", [](Journal& j) { first<Completed>(j).usage.input = 10; }},
                {"usage_sums", [](Journal& j) { first<Completed>(j).usage.cached_input = 0; }},
                {"usage_sums", [](Journal& j) { first<UsageReported>(j).usage.output.reset(); }},
                {"usage_sums", [](Journal& j) { first<Completed>(j).usage.invalid = true; }},
                {"usage_sums", [](Journal& j) { first<Completed>(j).cost_micro_usd = 0; }},
                {"latencies", [](Journal& j) { first<Completed>(j).latencies.queue_us = 900; }},
                {"latencies", [](Journal& j) { first<Completed>(j).latencies.model_us += 1; }},
                {"latencies", [](Journal& j) { first<Completed>(j).latencies.tool_us = 0; }},
                {"latencies", [](Journal& j) { first<Completed>(j).latencies.total_us -= 1; }},
                {"required_fields", [](Journal& j) { first<Completed>(j).finish_reason = FinishReason::tool_calls; }}});
  expect_found(sound_error(), {{"error_mapping", [](Journal& j) { first<events::Error>(j).error.code = "new_code"; }},
                               {"error_mapping", [](Journal& j) { first<events::Error>(j).error.retryable = true; }},
                               {"required_fields", [](Journal& j) { first<events::Error>(j).error.message.clear(); }},
                               {"output", [](Journal& j) { first<events::Error>(j).partial_output = "x"; }}});
}

// A run of 5 ms, paused for one of its 6, in whose call the deadline passes.
Journal sound_timeout() {
  events::RunStarted started = run_started();
  started.timeouts.run_ms = 5;
  started.timeouts.turn_ms = 2;
  Writer to;
  to.of_run(started).of_run(events::ModelSelected{{ProviderId("scripted"), "demo"}, "", {}});
  to.of_attempt(1, assembled(1)).of_attempt(1, requested(1, 1, 500));
  to.of_run(events::RunPaused{"me"}).of_run(events::RunResumed{"me", 1'000, {}, {}, {}});
  return to.of_run(events::TimeoutFired{TimerKind::run, 5, 1}).take();
}

TEST(JournalInvariants, Deadlines) {
  using namespace events;
  const auto breach = [](const std::function<void(Journal&)>& edit) {
    Journal journal = sound_timeout();
    edit(journal);
    JournalInvariants invariants;
    for (const StreamEvent& event : journal) invariants.add(event);
    return invariants.violations().empty() ? "none" : invariants.violations().front().invariant;
  };
  EXPECT_EQ(breach([](Journal&) {}), "none");
  EXPECT_EQ(breach([](Journal& j) {
              j[4].meta.elapsed_us = 3'000;
              first<RunResumed>(j).parked_us = 2'000;
            }),
            "deadlines");
  EXPECT_EQ(breach([](Journal& j) { first<TimeoutFired>(j).after_ms = 6; }), "deadlines");
  EXPECT_EQ(breach([](Journal& j) { j[5].payload = CheckpointCreated{"x", "me"}; }), "deadlines");  // still parked
  EXPECT_EQ(breach([](Journal& j) { first<TimeoutFired>(j) = {TimerKind::turn, 2, 1}; }), "none");
  EXPECT_EQ(breach([](Journal& j) {
              first<RunStarted>(j).timeouts.turn_ms = 4;
              first<TimeoutFired>(j) = {TimerKind::turn, 4, 1};
            }),
            "deadlines");
}

TEST(JournalInvariants, EventsOfLaterVersionsPass) {
  Journal journal = sound();
  StreamEvent later = journal[19];
  later.payload = events::Unknown{"FromTheFuture", {"{}"}};
  journal.insert(journal.begin() + 19, later);
  renumber(journal);
  EXPECT_EQ(violations_of(journal), "");
}

TEST(JournalInvariants, KeepsABoundedNumberOfBreaches) {
  JournalInvariants invariants;
  const Journal journal = sound();
  for (int i = 0; i < 1'000; ++i) invariants.add(journal[3]);
  EXPECT_EQ(invariants.violations().size(), JournalInvariants::kViolationsMax);
}

}  // namespace
}  // namespace orchestrator::harness::event
