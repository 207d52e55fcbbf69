// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/harness.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include "runtime/blocking.hpp"
#include "runtime/entropy.hpp"
#include "runtime/event_cursor.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/session_history.hpp"
#include "runtime/session_state.hpp"

namespace orchestrator::harness {
namespace {

namespace asio = boost::asio;
using EnginePtr = std::shared_ptr<runtime::Engine>;

asio::awaitable<Result<Session>> open_session_of(EnginePtr engine, SessionId id, SessionConfig config) {
  auto history = co_await runtime::load_session_history(engine->options().store, id);
  if (!history) co_return std::unexpected(history.error());
  co_return Session(std::make_shared<runtime::SessionState>(engine, id, config, *std::move(history)));
}

asio::awaitable<Result<RunHandle>> open_run_of(EnginePtr engine, RunId id) {
  auto driver = engine->find_run(id);
  if (!driver) {
    auto first = co_await engine->store().read(id, 0, 1);
    if (!first) co_return std::unexpected(first.error());
  }
  std::shared_ptr<runtime::EventTail> tail = driver ? driver->tail() : nullptr;
  auto cursor = std::make_unique<runtime::EventCursor>(engine, id, std::move(tail), 0);
  co_return RunHandle(std::move(driver), std::move(cursor));
}

// Wall time since the run's last event, by which its clock goes on: never backwards.
std::uint64_t resumed_elapsed_us(const runtime::FoldedRun& run, WallTime last_at) {
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::int64_t gap_us = now.count() - last_at.unix_us;
  return run.state.facts.last_elapsed_us + static_cast<std::uint64_t>(gap_us > 0 ? gap_us : 0);
}

asio::awaitable<Result<void>> abort_orphan_of(EnginePtr engine, RunId id, std::string by) {
  auto opened = co_await engine->store().open(id);
  if (!opened) co_return std::unexpected(opened.error());
  auto run = co_await runtime::fold_run(engine->options().store, id);
  if (!run) co_return std::unexpected(run.error());
  if (std::holds_alternative<kernel::Ended>(run->state.phase)) {
    co_return fail(RuntimeErrorCode::run_not_active, "the run has ended", id.str());
  }
  if (std::holds_alternative<kernel::NotStarted>(run->state.phase)) {
    co_return fail(RuntimeErrorCode::journal_damaged, "the run's journal is empty", id.str());
  }
  auto driver = std::make_shared<runtime::RunDriver>(engine, run->state.facts.identity, std::move(opened->writer));
  const std::uint64_t elapsed_us = resumed_elapsed_us(*run, run->last_at);
  driver->take_over(std::move(run->state), run->head, elapsed_us);
  event::inputs::Abort abort;
  abort.by = std::move(by);
  event::Input::Value value = std::move(abort);
  Result<void> aborted = co_await driver->command(std::move(value));
  if (!aborted) co_return aborted;
  // The end is shown to a reader once it is durable.
  runtime::EventCursor cursor(engine, id, driver->tail(), run->head.seq);
  for (;;) {
    Result<std::optional<StreamEvent>> event = co_await cursor.next();
    if (!event) co_return std::unexpected(event.error());
    if (!*event) co_return Result<void>();
  }
}

template <class T>
Awaitable<Result<T>> on_engine(EnginePtr engine, asio::awaitable<Result<T>> operation) {
  co_return co_await asio::co_spawn(engine->executor(), std::move(operation), asio::use_awaitable);
}

}  // namespace

Harness::Harness(EnginePtr engine) : engine_(std::move(engine)) {}
Harness::Harness(Harness&&) noexcept = default;
Harness& Harness::operator=(Harness&& other) noexcept {
  if (this != &other) {
    if (engine_) close();
    engine_ = std::move(other.engine_);
  }
  return *this;
}
Harness::~Harness() {
  if (engine_) close();
}

Session Harness::session(SessionConfig config) {
  return Session(
      std::make_shared<runtime::SessionState>(engine_, runtime::new_session_id(), config, runtime::SessionHistory{}));
}

Awaitable<Result<Session>> Harness::async_open_session(SessionId id, SessionConfig config) {
  return on_engine(engine_, open_session_of(engine_, id, config));
}
Result<Session> Harness::open_session(SessionId id, SessionConfig config) {
  return runtime::block_on(*engine_, open_session_of(engine_, id, config));
}

Awaitable<Result<RunHandle>> Harness::async_open_run(RunId id) { return on_engine(engine_, open_run_of(engine_, id)); }
Result<RunHandle> Harness::open_run(RunId id) { return runtime::block_on(*engine_, open_run_of(engine_, id)); }

Awaitable<Result<void>> Harness::async_abort_orphan(RunId id, std::string by) {
  return on_engine(engine_, abort_orphan_of(engine_, id, std::move(by)));
}
Result<void> Harness::abort_orphan(RunId id, std::string by) {
  return runtime::block_on(*engine_, abort_orphan_of(engine_, id, std::move(by)));
}

const std::shared_ptr<JournalStore>& Harness::store() const { return engine_->options().store; }
std::vector<std::shared_ptr<ProviderAdapter>> Harness::providers() const { return engine_->options().providers; }
asio::any_io_executor Harness::executor() const { return engine_->executor(); }
void Harness::close(std::uint64_t deadline_ms) { engine_->close(deadline_ms); }

Session::Session(std::shared_ptr<runtime::SessionState> state) : state_(std::move(state)) {}
SessionId Session::id() const { return state_->id(); }
RunBuilder Session::run(std::string text) const {
  std::vector<ContentPart> parts;
  parts.emplace_back(TextPart{std::move(text)});
  return RunBuilder(state_, std::move(parts));
}
RunBuilder Session::run(std::vector<ContentPart> parts) const { return RunBuilder(state_, std::move(parts)); }
std::vector<ConversationItem> Session::history() const { return state_->history(); }
bool Session::is_idle() const { return state_->is_idle(); }

}  // namespace orchestrator::harness
