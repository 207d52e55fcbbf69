// SPDX-License-Identifier: Apache-2.0
#include "runtime/session_state.hpp"

#include <algorithm>
#include <utility>

#include "kernel/decide.hpp"
#include "runtime/event_cursor.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/run_request.hpp"

namespace orchestrator::harness::runtime {

namespace asio = boost::asio;

SessionState::SessionState(std::shared_ptr<Engine> engine, SessionId id, SessionConfig config, SessionHistory history)
    : engine_(std::move(engine)), id_(id), config_(config), history_(std::move(history)) {}

std::vector<ConversationItem> SessionState::history() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ConversationItem> items;
  for (const event::ContextEntry& entry : history_.entries) items.push_back(*entry.item);
  return items;
}

bool SessionState::is_idle() const {
  const std::scoped_lock lock(mutex_);
  return !busy_;
}

// First come, first served: each run sees what the one before left, so they cannot overlap.
asio::awaitable<Result<void>> SessionState::enter(bool only_if_idle) {
  bool must_wait = false;
  {
    const std::scoped_lock lock(mutex_);
    must_wait = std::exchange(busy_, true);
  }
  if (!must_wait) co_return Result<void>();
  if (only_if_idle) {
    co_return fail(RuntimeErrorCode::session_busy, "the session has a run under way", id_.str());
  }
  if (waiting_.size() >= config_.runs_waiting) {
    co_return fail(RuntimeErrorCode::queue_full,
                   std::to_string(waiting_.size()) + " runs wait for the session, which is its limit", id_.str());
  }
  auto turn = std::make_shared<Wakeup>();
  waiting_.push_back(turn);
  try {
    co_await turn->wait();
  } catch (const boost::system::system_error&) {
    const auto found = std::ranges::find(waiting_, turn);
    if (found == waiting_.end()) {
      leave();  // the turn came together with the cancellation
    } else {
      waiting_.erase(found);
    }
    throw;
  }
  co_return Result<void>();
}

void SessionState::leave() {
  if (!waiting_.empty()) {
    const auto next = waiting_.front();
    waiting_.pop_front();
    next->notify();
    return;
  }
  const std::scoped_lock lock(mutex_);
  busy_ = false;
}

asio::awaitable<Result<RunHandle>> SessionState::start(RunBuilder builder) {
  auto self = shared_from_this();
  if (engine_->is_closed()) co_return fail(RuntimeErrorCode::harness_closed, "the harness is closed");
  Result<void> entered = co_await enter(RunRequest::only_if_idle(builder));
  if (!entered) co_return std::unexpected(entered.error());
  Result<RunHandle> started = co_await start_now(std::move(builder));
  if (!started) leave();
  co_return started;
}

asio::awaitable<Result<RunHandle>> SessionState::start_now(RunBuilder builder) {
  SessionHistory history;
  {
    const std::scoped_lock lock(mutex_);
    history = history_;
  }
  std::optional<events::ParentRef> parent;
  if (const auto source = RunRequest::parent_of(builder)) {
    auto origin = co_await load_run_origin(engine_->options().store, *source);
    if (!origin) co_return std::unexpected(origin.error());
    parent = origin->ref;
    history = std::move(origin->history);
  }
  auto tools = RunRequest::tools_of(builder, *engine_);
  if (!tools) co_return std::unexpected(tools.error());
  auto workspace = RunRequest::workspace_of(builder);
  if (!workspace) co_return std::unexpected(workspace.error());
  auto start = RunRequest::make_start(builder, *engine_, id_, config_, std::move(history), *tools, workspace->get());
  if (!start) co_return std::unexpected(start.error());
  start->spec.parent = parent;
  std::vector<events::RedactionCount> redacted;
  if (const auto& redactor = engine_->options().redactor) {
    event::Input::Value value = *std::move(start);
    redacted = redactor->redact(value);
    *start = std::get<event::inputs::Start>(std::move(value));
  }

  // A refusal must leave nothing behind, so it is asked for before the run exists in the store.
  event::Input probe{event::Now{}, *start};
  if (auto refusal = kernel::decide(kernel::State{}, probe).refusal) co_return std::unexpected(*std::move(refusal));

  const RunId run_id = start->identity.run_id;
  auto writer = co_await engine_->store().create(run_id, id_);
  if (!writer) co_return std::unexpected(writer.error());
  for (const SharedBytes& bytes : RunRequest::inline_media(start->spec.input)) {
    Result<void> stored = co_await (*writer)->put_blob(bytes);
    if (!stored) co_return std::unexpected(stored.error());
  }

  auto driver = std::make_shared<RunDriver>(engine_, start->identity, *std::move(writer));
  if (!tools->empty()) driver->use_tools(*std::move(tools), *std::move(workspace));
  auto cursor = std::make_unique<EventCursor>(engine_, run_id, driver->tail(), 0);
  driver->on_ended([self = shared_from_this(), run_id](const kernel::State& state, bool is_whole) {
    if (is_whole && state.facts.spec.remember) {
      const std::scoped_lock lock(self->mutex_);
      self->history_ = {run_id, kernel::context_after(state), state.facts.spec.context.pinned,
                        !state.facts.untrusted_from.empty()};
    }
    self->leave();
  });
  Result<void> accepted =
      co_await driver->start(*std::move(start), RunRequest::first_hints(builder), std::move(redacted));
  if (!accepted) co_return std::unexpected(accepted.error());
  engine_->log(LogLevel::info, "run", "started", run_id.str(), driver->trace_id().str(), {{"session_id", id_.str()}});
  co_return RunHandle(std::move(driver), std::move(cursor));
}

}  // namespace orchestrator::harness::runtime
