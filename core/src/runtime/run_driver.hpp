// SPDX-License-Identifier: Apache-2.0
#pragma once

// The shell of one run: takes inputs one after another through decide, append, evolve, publish, and carries out the
// effects. Everything but the const members and `tail()` is used on the harness's thread only. A driver keeps itself
// alive while its run is under way.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "event/step.hpp"
#include "kernel/decide.hpp"
#include "kernel/state.hpp"
#include "orchestrator/harness/journal.hpp"
#include "runtime/engine.hpp"
#include "runtime/event_tail.hpp"
#include "runtime/provider_feed.hpp"
#include "runtime/slot_queue.hpp"
#include "runtime/tool_runner.hpp"
#include "runtime/undo_runner.hpp"
#include "runtime/wakeup.hpp"

namespace orchestrator::harness::runtime {

/// Told once, when the run has ended in the journal or the journal broke (`is_whole` false).
using RunEnded = std::move_only_function<void(const kernel::State& state, bool is_whole)>;

class RunDriver : public std::enable_shared_from_this<RunDriver> {
 public:
  RunDriver(std::shared_ptr<Engine> engine, event::RunIdentity identity, std::unique_ptr<RunWriter> writer);
  ~RunDriver();
  RunDriver(const RunDriver&) = delete;
  RunDriver& operator=(const RunDriver&) = delete;

  /// Feeds `Start`, then the hints, and runs until the end. Returns once `RunStarted` is appended; the run may then
  /// have ended already. Hints that are refused are left out.
  /// `redacted`: what was taken out of `start` already.
  boost::asio::awaitable<Result<void>> start(event::inputs::Start start, std::vector<event::inputs::Hint> hints,
                                             std::vector<events::RedactionCount> redacted = {});
  /// What a fork begins with. To be set before `start`.
  void begin_with(kernel::State base) { state_ = std::move(base); }
  /// Who is told of the end of a run that was accepted. To be set before `start`.
  void on_ended(RunEnded on_ended) { on_ended_ = std::move(on_ended); }
  /// Takes over a run whose process is gone: its state and head as folded from the store, its clock going on from the
  /// last event. Issues no effects: it is for ending the run.
  void take_over(kernel::State state, event::JournalHead head, std::uint64_t elapsed_us);
  /// The tools of the run and the folder that they work in. To be called before `start` or `take_over`.
  void use_tools(ToolRegistry tools, std::shared_ptr<const Workspace> workspace);
  /// Lets go of a run that only waits for a person or is paused: its journal stays as it is, for any process to go on
  /// with. Error: `precondition_failed` while anything of it is under way.
  boost::asio::awaitable<Result<void>> detach();
  /// From here on decisions are journaled and their effects left to whoever goes on with the run.
  void only_record() { only_records_ = true; }
  /// Ends the driving of a run, not the run. What is appended is durable when it returns.
  boost::asio::awaitable<Result<void>> let_go();
  /// Feeds a command; returns once it is appended or refused.
  boost::asio::awaitable<Result<void>> command(event::Input::Value value);
  /// Feeds an input of the provider call and waits until there is room for the next one.
  /// `redacted`: what was taken out of it already.
  boost::asio::awaitable<void> deliver(event::Input::Value value, std::vector<events::RedactionCount> redacted = {});

  /// Takes how the provider call under way has ended, for the model's circuit: null is an answer.
  void note_outcome(const Error* error);
  /// Feeds what a tool call came to; nothing once the run has ended.
  /// `redacted`: what was taken out of it already.
  void push_tool_input(event::Input::Value value, std::vector<events::RedactionCount> redacted = {});
  /// Waits until everything appended so far survives a power loss. False when the journal broke or the run ended.
  boost::asio::awaitable<bool> wait_durable();
  /// What the run's rules say of a call before it starts. Cancelling the coroutine ends what is asked of others.
  /// `key` is the call's idempotency key: ids of calls may come again in later answers.
  [[nodiscard]] boost::asio::awaitable<std::vector<GateVerdict>> judge_call(std::string key, std::string call_id,
                                                                            std::string tool, std::string arguments,
                                                                            std::vector<ToolTarget> targets);
  /// What those rules say of a whole answer that others are asked about.
  [[nodiscard]] boost::asio::awaitable<std::vector<GateVerdict>> judge_answer(std::uint32_t attempt, std::string text);
  /// How long the rules about calls of a tool may take, at most; empty where none is about them.
  [[nodiscard]] std::optional<std::chrono::milliseconds> call_rules_time(const std::string& tool) const;
  /// What redacts the inputs of this run; null where it is under no redaction.
  [[nodiscard]] const codec::RunRedactor* redactor() const;
  /// What a tool is given as its arguments: with what the vault has put back.
  [[nodiscard]] std::string restored_arguments(std::string arguments) const;
  /// The same in what a look at the call has found.
  void restore_preparation(ToolPreparation& preparation) const;
  /// The span of a call under way, and how often it was begun.
  [[nodiscard]] SpanId call_span(std::string_view call_id) const;
  [[nodiscard]] std::uint32_t call_attempt(std::string_view call_id) const;

  [[nodiscard]] const RunId& run_id() const { return identity_.run_id; }
  [[nodiscard]] const SessionId& session_id() const { return identity_.session_id; }
  [[nodiscard]] const TraceId& trace_id() const { return identity_.trace_id; }
  [[nodiscard]] const std::shared_ptr<Engine>& engine() const { return engine_; }
  [[nodiscard]] const std::shared_ptr<EventTail>& tail() const { return tail_; }
  [[nodiscard]] std::uint64_t elapsed_us() const;
  /// True once nothing more will be appended.
  [[nodiscard]] bool has_ended() const { return ended_; }

 private:
  using Answer = std::move_only_function<void(Result<void>)>;
  struct Pending {
    event::Input::Value value;
    Answer answer;                                      // may be empty
    std::vector<events::RedactionCount> redacted = {};  // before it was handed in
  };

  // The provider call under way; a new one may begin while the coroutine of the last is still winding down.
  struct Call {
    boost::asio::cancellation_signal cancel;
    ProviderFeed* feed = nullptr;
    std::optional<SlotQueue::Ticket> slot;  // its place among the calls of the harness
    bool was_late = false;                  // no output in time
  };

  void push(event::Input::Value value, Answer answer = {}, std::vector<events::RedactionCount> redacted = {});
  boost::asio::awaitable<Result<void>> first_command(event::Input::Value value,
                                                     std::vector<events::RedactionCount> redacted);
  void spawn_loop();
  void abandon();
  boost::asio::awaitable<void> loop();
  boost::asio::awaitable<Result<void>> process(event::Input input);
  boost::asio::awaitable<Result<void>> append(event::Step step);
  boost::asio::awaitable<Result<void>> store_contents(std::vector<SharedBytes> contents);
  void wake_durable_waiters();
  void publish_visible();
  void trace_until(std::uint64_t seq);
  void request_sync();
  boost::asio::awaitable<void> sync_loop();
  boost::asio::awaitable<void> keep_distance(std::chrono::steady_clock::duration sync_time);
  [[nodiscard]] bool is_sync_awaited() const;
  [[nodiscard]] bool is_behind() const;
  void finish();
  void break_off(Error error);

  void carry_out(event::Effect effect);
  void on(const event::effects::AcquireSlot& effect);
  void on(const event::effects::ReleaseSlot& effect);
  void on(event::effects::CallProvider& effect);
  void on(const event::effects::CancelProvider& effect);
  void on(event::effects::PrepareTool& effect);
  void on(event::effects::RunTool& effect);
  void on(const event::effects::CancelTool& effect);
  void on(event::effects::VerifyTool& effect);
  void on(const event::effects::EvaluateGates& effect);
  void on(const event::effects::ReplaySource& effect);
  void on(const event::effects::PrepareCompensation& effect);
  void on(const event::effects::Compensate& effect);
  void on(event::effects::RetrieveMemory& effect);
  void on(event::effects::StoreMemory& effect);
  void on(const event::effects::StartTimer& effect);
  void on(const event::effects::StopTimer& effect);
  boost::asio::awaitable<void> judge_input();
  boost::asio::awaitable<std::vector<GateVerdict>> ask_gates(std::vector<GateRule> rules, GatePhase phase,
                                                             std::string text, std::string tool);
  [[nodiscard]] std::optional<AnswerGate> answer_gate(const event::effects::CallProvider& effect) const;
  void substitute(std::vector<GateVerdict>& verdicts) const;
  [[nodiscard]] std::vector<GateVerdict> substituted_answer_verdicts() const;
  [[nodiscard]] std::optional<codec::RuleSet> answer_rules() const;
  ToolRunner& tool_runner();
  UndoRunner& undo_runner();
  void cancel_call();
  void release_slot();
  void release(std::optional<SlotQueue::Ticket>& ticket);
  void ask_for_slot(std::uint32_t attempt);
  void on_slot(std::uint32_t attempt);
  void start_first_token_timer();
  void give_probe_back();
  boost::asio::awaitable<void> run_call(event::effects::CallProvider effect, std::shared_ptr<Call> call);
  boost::asio::awaitable<std::expected<void, ProviderCallFailure>> call_adapter(event::effects::CallProvider effect,
                                                                                ProviderFeed* feed);
  struct MemoryCall;
  template <class Late>
  std::shared_ptr<MemoryCall> begin_memory_call(std::uint64_t timeout_ms, Late late);
  boost::asio::awaitable<void> retrieve_memory(event::effects::RetrieveMemory effect, std::shared_ptr<MemoryCall> call);
  boost::asio::awaitable<void> store_memory(event::effects::StoreMemory effect, std::shared_ptr<MemoryCall> call);
  boost::asio::awaitable<std::optional<Embedding>> embed(std::string text,
                                                         std::chrono::steady_clock::time_point deadline,
                                                         std::shared_ptr<MemoryCall> call);
  boost::asio::steady_timer& timer(TimerKind kind);

  const std::shared_ptr<Engine> engine_;  // shared by all runs of the harness
  const event::RunIdentity identity_;
  const std::shared_ptr<EventTail> tail_;  // shared with readers
  std::unique_ptr<RunWriter> writer_;
  RunEnded on_ended_;

  kernel::State state_;
  event::JournalHead head_;
  std::chrono::steady_clock::time_point started_;
  std::deque<Pending> inbox_;  // commands (bounded by their callers) and at most one input of each effect
  Wakeup input_;
  Wakeup room_;
  bool ended_ = false;  // nothing more is appended
  bool only_records_ = false;
  bool detached_ = false;  // let go without an end
  bool closed_ = false;    // and all of it is durable, or the journal broke
  std::optional<Error> broken_;

  // Strict steps that are appended but not durable yet, by their first seq; nothing from there on may be seen.
  struct Unsynced {
    std::uint64_t first_seq;
    std::uint64_t last_seq;
  };
  std::deque<Unsynced> unsynced_;                              // bounded by Limits::journal_backlog_bytes
  std::deque<std::shared_ptr<const PublishedStep>> untraced_;  // and these, where there is a trace
  std::uint64_t backlog_bytes_ = 0;
  bool syncing_ = false;

  std::vector<std::shared_ptr<Wakeup>> durable_waiters_;  // shared with the waiting coroutines
  std::unique_ptr<ToolRunner> tool_runner_;               // of a run that has tools
  std::unique_ptr<UndoRunner> undo_runner_;               // of a run that takes calls back

  std::vector<std::pair<std::string, codec::EarlierCall>> judged_calls_;  // by this process, with their keys
  boost::asio::cancellation_signal judging_;                              // of the input

  std::optional<event::effects::AcquireSlot> wanted_;  // until the slot is granted or refused
  std::optional<SlotQueue::Ticket> slot_;              // asked for, or granted to a call that has not begun
  std::optional<ModelRef> probed_;                     // the model whose circuit the call under way tries
  std::optional<ModelRef> called_;                     // the model of the call under way
  std::shared_ptr<Call> call_;                         // shared with the call's coroutine
  boost::asio::steady_timer run_timer_;
  boost::asio::steady_timer turn_timer_;
  boost::asio::steady_timer approval_timer_;
  boost::asio::steady_timer sync_timer_;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer first_token_timer_;
};

}  // namespace orchestrator::harness::runtime
