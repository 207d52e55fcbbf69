// SPDX-License-Identifier: Apache-2.0
#include "runtime/run_driver.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

#include "kernel/evolve.hpp"
#include "runtime/run_request.hpp"
#include "runtime/wall_clock.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

void collect(const std::vector<ContentPart>& parts, std::vector<SharedBytes>& contents) {
  for (const SharedBytes& bytes : RunRequest::inline_media(parts)) {
    if (bytes.is_loaded()) contents.push_back(bytes);
  }
}

// What a tool call brings into the store besides its events.
void collect_contents(const StreamEvent& event, std::vector<SharedBytes>& contents) {
  if (const auto* started = event.get_if<StreamEvent::ToolCallStarted>(); started != nullptr && started->undo) {
    for (const SharedBytes& bytes : started->undo->blobs) {
      if (bytes.is_loaded()) contents.push_back(bytes);
    }
  }
  if (const auto* started = event.get_if<StreamEvent::CompensationStarted>(); started != nullptr && started->undo) {
    for (const SharedBytes& bytes : started->undo->blobs) {
      if (bytes.is_loaded()) contents.push_back(bytes);
    }
  }
  if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>()) {
    collect(finished->result, contents);
    if (finished->full_output && finished->full_output->is_loaded()) contents.push_back(*finished->full_output);
  }
}

// Both in the order of the kinds.
void add_counts(std::vector<events::RedactionCount>& counts, const std::vector<events::RedactionCount>& more) {
  for (const events::RedactionCount& one : more) {
    const auto place = std::ranges::lower_bound(counts, one.kind, {}, &events::RedactionCount::kind);
    if (place != counts.end() && place->kind == one.kind) {
      place->count += one.count;
    } else {
      counts.insert(place, one);
    }
  }
}

constexpr std::chrono::milliseconds kSyncDistanceMax{2};

bool has_strict(const event::Step& step) {
  for (const StreamEvent& event : step.events) {
    if (event.is_strict()) return true;
  }
  return false;
}

}  // namespace

RunDriver::RunDriver(std::shared_ptr<Engine> engine, event::RunIdentity identity, std::unique_ptr<RunWriter> writer)
    : engine_(std::move(engine)),
      identity_(identity),
      tail_(std::make_shared<EventTail>(engine_->options().limits.event_tail_bytes)),
      writer_(std::move(writer)),
      started_(std::chrono::steady_clock::now()),
      run_timer_(engine_->executor()),
      turn_timer_(engine_->executor()),
      approval_timer_(engine_->executor()),
      sync_timer_(engine_->executor()),
      retry_timer_(engine_->executor()),
      first_token_timer_(engine_->executor()) {}

RunDriver::~RunDriver() = default;

std::uint64_t RunDriver::elapsed_us() const {
  const auto elapsed = std::chrono::steady_clock::now() - started_;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count());
}

asio::awaitable<Result<void>> RunDriver::start(event::inputs::Start start, std::vector<event::inputs::Hint> hints,
                                               std::vector<events::RedactionCount> redacted) {
  auto self = shared_from_this();
  engine_->add_run(self);
  // The loop begins when its first input is there; hints stand behind it, and before anything that follows from it.
  for (event::inputs::Hint& hint : hints) inbox_.push_back(Pending{std::move(hint), {}});
  event::Input::Value value = std::move(start);
  Result<void> accepted = co_await first_command(std::move(value), std::move(redacted));
  if (!accepted) abandon();
  co_return accepted;
}

asio::awaitable<Result<void>> RunDriver::first_command(event::Input::Value value,
                                                       std::vector<events::RedactionCount> redacted) {
  std::optional<Result<void>> result;
  Wakeup answered;
  Answer answer = [&](Result<void> outcome) {
    result = std::move(outcome);
    answered.notify();
  };
  inbox_.push_front(Pending{std::move(value), std::move(answer), std::move(redacted)});
  spawn_loop();
  if (!result) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await answered.wait();
  }
  co_return *std::move(result);
}

// The run was not accepted: there is nothing in its journal and nobody to tell.
void RunDriver::abandon() {
  if (ended_) return;
  ended_ = true;
  closed_ = true;
  writer_.reset();
  engine_->remove_run(run_id());
  input_.notify();
}

void RunDriver::spawn_loop() {
  // The loop catches what its steps throw; what is left would be a bug of the loop itself.
  asio::co_spawn(engine_->executor(), loop(), [self = shared_from_this()](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

void RunDriver::take_over(kernel::State state, event::JournalHead head, std::uint64_t elapsed_us) {
  engine_->add_run(shared_from_this());
  state_ = std::move(state);
  head_ = head;
  started_ = std::chrono::steady_clock::now() - std::chrono::microseconds(elapsed_us);
  tail_->publish(head.seq);
  spawn_loop();
}

void RunDriver::push(event::Input::Value value, Answer answer, std::vector<events::RedactionCount> redacted) {
  inbox_.push_back(Pending{std::move(value), std::move(answer), std::move(redacted)});
  input_.notify();
}

asio::awaitable<Result<void>> RunDriver::command(event::Input::Value value) {
  auto self = shared_from_this();
  std::optional<Result<void>> result;
  Wakeup answered;
  push(std::move(value), [&](Result<void> outcome) {
    result = std::move(outcome);
    answered.notify();
  });
  // The loop always answers, so this wait has an end of its own.
  if (!result) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await answered.wait();
  }
  co_return *std::move(result);
}

asio::awaitable<void> RunDriver::deliver(event::Input::Value value, std::vector<events::RedactionCount> redacted) {
  push(std::move(value), {}, std::move(redacted));
  while (is_behind() && !ended_) co_await room_.wait();
}

bool RunDriver::is_behind() const {
  return !inbox_.empty() || backlog_bytes_ > engine_->options().limits.journal_backlog_bytes;
}

asio::awaitable<void> RunDriver::loop() {
  auto self = shared_from_this();
  while (!ended_) {
    if (inbox_.empty()) {
      room_.notify();
      if (inbox_.empty() && !ended_) co_await input_.wait();
      continue;
    }
    Pending pending = std::move(inbox_.front());
    inbox_.pop_front();
    Result<void> outcome;
    try {
      event::Input input{{}, std::move(pending.value), std::move(pending.redacted)};
      outcome = co_await process(std::move(input));
    } catch (const std::exception& error) {
      // A broken invariant freezes this run alone: its journal stays as it was before the input.
      outcome = fail(RuntimeErrorCode::internal, error.what(), "run");
      break_off(outcome.error());
    }
    if (pending.answer) pending.answer(std::move(outcome));
  }
  // Whatever is still waiting gets the answer that every later input gets.
  while (!inbox_.empty()) {
    Pending pending = std::move(inbox_.front());
    inbox_.pop_front();
    if (!pending.answer) continue;
    pending.answer(broken_ ? Result<void>(std::unexpected(*broken_))
                           : fail(RuntimeErrorCode::run_not_active, "the run has ended", "run"));
  }
  room_.notify();
}

asio::awaitable<Result<void>> RunDriver::process(event::Input input) {
  if (broken_) co_return std::unexpected(*broken_);
  event::Step step;
  step.input = std::move(input);
  // The run's clock begins with its first event.
  const bool is_start = std::holds_alternative<event::inputs::Start>(step.input.value);
  if (is_start) started_ = std::chrono::steady_clock::now();
  step.input.now = {wall_now(), is_start ? 0 : elapsed_us()};
  // The one place that every input passes. A start was redacted before its contents were stored.
  if (const auto* redaction = redactor(); redaction != nullptr && !is_start) {
    add_counts(step.input.redacted, redaction->redact(step.input.value));
  }
  kernel::Decision decision = kernel::decide(state_, step.input);
  if (decision.refusal) co_return std::unexpected(*std::move(decision.refusal));
  if (!decision.events.empty()) {
    step.events = std::move(decision.events);
    Result<void> appended = co_await append(std::move(step));
    if (!appended) co_return appended;
  }
  if (!only_records_) {
    for (event::Effect& effect : decision.effects) carry_out(std::move(effect));
  }
  if (std::holds_alternative<kernel::Ended>(state_.phase)) finish();
  co_return Result<void>();
}

// Contents that events refer to by hash are there before the events are.
asio::awaitable<Result<void>> RunDriver::store_contents(std::vector<SharedBytes> contents) {
  for (const SharedBytes& bytes : contents) {
    Result<void> stored = co_await writer_->put_blob(bytes);
    if (!stored) co_return stored;
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> RunDriver::append(event::Step step) {
  std::vector<SharedBytes> contents;
  for (const StreamEvent& event : step.events) collect_contents(event, contents);
  if (!contents.empty()) {
    Result<void> stored = co_await store_contents(std::move(contents));
    if (!stored) {
      break_off(stored.error());
      co_return stored;
    }
  }
  event::EncodedStep encoded = event::encode_step(step, head_);
  auto line = std::make_shared<JournalLine>();
  line->step = encoded.head.steps;
  line->first_seq = step.events.front().meta.seq;
  line->last_seq = step.events.back().meta.seq;
  line->strict = has_strict(step);
  line->bytes = std::move(encoded.line);
  const std::size_t bytes = line->bytes.size();
  const bool strict = line->strict;

  Result<void> appended = co_await writer_->append(std::move(line));
  if (!appended) {
    break_off(appended.error());
    co_return appended;
  }
  head_ = encoded.head;
  const auto* start = std::get_if<event::inputs::Start>(&step.input.value);
  if (start != nullptr && start->spec.kind != RunKind::fork) {
    state_ = kernel::initial_state(start->history);
  }
  for (const StreamEvent& event : step.events) kernel::evolve(state_, event);
  if (strict) unsynced_.push_back({step.events.front().meta.seq, step.events.back().meta.seq});
  if (!unsynced_.empty()) backlog_bytes_ += bytes;
  auto published = std::make_shared<const PublishedStep>(PublishedStep{std::move(step.events), bytes});
  if (engine_->options().trace) untraced_.push_back(published);
  tail_->append(std::move(published));
  publish_visible();
  if (strict) request_sync();
  if (is_sync_awaited()) sync_timer_.cancel();
  co_return Result<void>();
}

void RunDriver::publish_visible() {
  const std::uint64_t seq = unsynced_.empty() ? head_.seq : unsynced_.front().first_seq - 1;
  trace_until(seq);
  tail_->publish(seq);
}

// A trace shows what anyone may see, in order.
void RunDriver::trace_until(std::uint64_t seq) {
  while (!untraced_.empty() && untraced_.front()->events.back().meta.seq <= seq) {
    const auto step = std::move(untraced_.front());
    untraced_.pop_front();
    for (const StreamEvent& event : step->events) {
      try {
        engine_->options().trace->take(event);
      } catch (const std::exception& error) {
        engine_->log(LogLevel::error, "trace", "a sink threw", run_id().str(), identity_.trace_id.str(),
                     {{"error", error.what()}});
      }
    }
  }
}

const codec::RunRedactor* RunDriver::redactor() const {
  const bool is_under = state_.facts.spec.redaction != RedactionMode::none;
  return is_under ? engine_->options().redactor.get() : nullptr;
}

void RunDriver::restore_preparation(ToolPreparation& preparation) const {
  const auto* redaction = redactor();
  if (redaction == nullptr || redaction->vault() == nullptr) return;
  for (ToolTarget& target : preparation.targets) target.name = restore(target.name, *redaction->vault());
  preparation.preview = restore(preparation.preview, *redaction->vault());
}

std::string RunDriver::restored_arguments(std::string arguments) const {
  const auto* redaction = redactor();
  return redaction == nullptr ? arguments : redaction->restored_arguments(arguments);
}

void RunDriver::request_sync() {
  if (syncing_) return;
  syncing_ = true;
  asio::co_spawn(engine_->executor(), sync_loop(), [self = shared_from_this()](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

asio::awaitable<void> RunDriver::sync_loop() {
  auto self = shared_from_this();
  while (!unsynced_.empty() && !broken_) {
    const std::uint64_t covered_seq = head_.seq;
    const std::uint64_t covered_bytes = backlog_bytes_;
    const auto began = std::chrono::steady_clock::now();
    const Result<void> synced = co_await writer_->sync();
    const auto sync_time = std::chrono::steady_clock::now() - began;
    if (!synced) {
      break_off(synced.error());
      break;
    }
    while (!unsynced_.empty() && unsynced_.front().last_seq <= covered_seq) unsynced_.pop_front();
    backlog_bytes_ = unsynced_.empty() ? 0 : backlog_bytes_ - covered_bytes;
    // The last event is shown by `finish`, after the session knows what the run left.
    const bool is_over = std::holds_alternative<kernel::Ended>(state_.phase);
    if (!is_over || !unsynced_.empty()) publish_visible();
    room_.notify();
    wake_durable_waiters();
    if (!unsynced_.empty()) co_await keep_distance(sync_time);
  }
  syncing_ = false;
  wake_durable_waiters();
  if (ended_) finish();
}

// Of syncs that nothing waits for: the steps of a fast run share one, so that a disk is busy with them for a fifth of
// the time, and what is seen comes later by 2 ms at most.
asio::awaitable<void> RunDriver::keep_distance(std::chrono::steady_clock::duration sync_time) {
  const std::chrono::steady_clock::duration distance =
      std::min<std::chrono::steady_clock::duration>(4 * sync_time, kSyncDistanceMax);
  const auto due = std::chrono::steady_clock::now() + distance;
  while (!is_sync_awaited() && std::chrono::steady_clock::now() < due) {
    sync_timer_.expires_at(due);
    co_await sync_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

bool RunDriver::is_sync_awaited() const {
  return ended_ || broken_ || !durable_waiters_.empty() ||
         backlog_bytes_ > engine_->options().limits.journal_backlog_bytes / 2;
}

// The terminal event is appended; the run is over for everyone once it is durable, too.
void RunDriver::finish() {
  if (!ended_) {
    ended_ = true;
    // An answer that came to its end may let its connection go in peace.
    if (call_ && call_->feed != nullptr && !call_->feed->saw_end()) cancel_call();
    release_slot();
    judging_.emit(boost::asio::cancellation_type::terminal);
    if (tool_runner_) tool_runner_->stop();
    if (undo_runner_) undo_runner_->stop();
    wake_durable_waiters();
    run_timer_.cancel();
    turn_timer_.cancel();
    approval_timer_.cancel();
    sync_timer_.cancel();
    input_.notify();
  }
  if (syncing_ || closed_) return;
  closed_ = true;
  writer_.reset();
  engine_->remove_run(run_id());
  // A run that was never accepted ended for nobody.
  if (on_ended_ && head_.seq > 0) std::exchange(on_ended_, nullptr)(state_, !broken_ && !detached_);
  if (!broken_) publish_visible();
  tail_->close(broken_);
}

void RunDriver::wake_durable_waiters() {
  for (const auto& waiter : std::exchange(durable_waiters_, {})) waiter->notify();
}

asio::awaitable<bool> RunDriver::wait_durable() {
  auto self = shared_from_this();
  const std::uint64_t seq = head_.seq;
  while (!broken_ && !ended_ && !unsynced_.empty() && unsynced_.front().first_seq <= seq) {
    auto waiter = std::make_shared<Wakeup>();
    durable_waiters_.push_back(waiter);
    sync_timer_.cancel();
    co_await waiter->wait();
  }
  co_return !broken_ && !ended_;
}

void RunDriver::use_tools(ToolRegistry tools, std::shared_ptr<const Workspace> workspace) {
  tool_runner_ = std::make_unique<ToolRunner>(this, std::move(tools), std::move(workspace));
}

void RunDriver::push_tool_input(event::Input::Value value, std::vector<events::RedactionCount> redacted) {
  if (!ended_) push(std::move(value), {}, std::move(redacted));
}

SpanId RunDriver::call_span(std::string_view call_id) const {
  const auto* acting = std::get_if<kernel::Acting>(&state_.phase);
  if (acting == nullptr) return kernel::run_span(state_.facts.spec);
  for (std::size_t i = 0; i < acting->calls.size(); ++i) {
    if (acting->calls[i].call_id == call_id) return kernel::call_span(state_.facts.spec, acting->turn, i);
  }
  return kernel::run_span(state_.facts.spec);
}

std::uint32_t RunDriver::call_attempt(std::string_view call_id) const {
  const auto* acting = std::get_if<kernel::Acting>(&state_.phase);
  const auto* call = acting == nullptr ? nullptr : kernel::open_call(acting->calls, call_id);
  return call == nullptr ? 0 : call->attempt;
}

asio::awaitable<Result<void>> RunDriver::detach() {
  auto self = shared_from_this();
  if (ended_) co_return fail(RuntimeErrorCode::run_not_active, "the run has ended", "run");
  const bool is_calling =
      std::holds_alternative<kernel::Calling>(state_.phase) || std::holds_alternative<kernel::Stopping>(state_.phase);
  const bool is_busy = !inbox_.empty() || is_calling || (tool_runner_ && tool_runner_->is_busy());
  if (is_busy || !kernel::is_parked(state_)) {
    co_return fail(RuntimeErrorCode::precondition_failed,
                   "something of the run is under way: it can be let go while it waits for a person or is paused",
                   "run");
  }
  co_return co_await let_go();
}

asio::awaitable<Result<void>> RunDriver::let_go() {
  auto self = shared_from_this();
  co_await wait_durable();
  if (broken_) co_return std::unexpected(*broken_);
  if (ended_) co_return Result<void>();
  detached_ = true;
  finish();
  co_return Result<void>();
}

// The journal cannot be written any more: the run stops where its journal stops.
void RunDriver::break_off(Error error) {
  if (broken_) return;
  engine_->log(LogLevel::error, "journal", "the journal cannot be written: the run stops here", run_id().str(),
               identity_.trace_id.str(), {{"code", error.code}, {"error", error.message}});
  broken_ = std::move(error);
  unsynced_.clear();
  finish();
}

}  // namespace orchestrator::harness::runtime
