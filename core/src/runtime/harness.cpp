// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/harness.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include "runtime/blocking.hpp"
#include "runtime/entropy.hpp"
#include "runtime/event_cursor.hpp"
#include "runtime/replay_start.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/run_fork.hpp"
#include "runtime/run_takeover.hpp"
#include "runtime/session_history.hpp"
#include "runtime/session_state.hpp"
#include "runtime/undo_plan.hpp"

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
  return on_engine(engine_, runtime::abort_orphan(engine_, id, std::move(by)));
}
Result<void> Harness::abort_orphan(RunId id, std::string by) {
  return runtime::block_on(*engine_, runtime::abort_orphan(engine_, id, std::move(by)));
}

Awaitable<Result<void>> Harness::async_answer_orphan(RunId id, InterruptAnswer answer) {
  return on_engine(engine_, runtime::answer_orphan(engine_, id, std::move(answer)));
}
Result<void> Harness::answer_orphan(RunId id, InterruptAnswer answer) {
  return runtime::block_on(*engine_, runtime::answer_orphan(engine_, id, std::move(answer)));
}

Awaitable<Result<RunHandle>> Harness::async_resume_run(RunId id, ResumeOptions options) {
  return on_engine(engine_, runtime::resume_run(engine_, id, std::move(options)));
}
Result<RunHandle> Harness::resume_run(RunId id, ResumeOptions options) {
  return runtime::block_on(*engine_, runtime::resume_run(engine_, id, std::move(options)));
}

Awaitable<Result<RunHandle>> Harness::async_replay(RunId id, ReplayOptions options) {
  return on_engine(engine_, runtime::start_replay(engine_, id, std::move(options)));
}
Result<RunHandle> Harness::replay(RunId id, ReplayOptions options) {
  return runtime::block_on(*engine_, runtime::start_replay(engine_, id, std::move(options)));
}
Awaitable<Result<RunHandle>> Harness::async_replay(ReplayToken token, ReplayOptions options) {
  return on_engine(engine_, runtime::start_replay_of_token(engine_, std::move(token), std::move(options)));
}
Result<RunHandle> Harness::replay(ReplayToken token, ReplayOptions options) {
  return runtime::block_on(*engine_, runtime::start_replay_of_token(engine_, std::move(token), std::move(options)));
}
Awaitable<Result<ReplayToken>> Harness::async_issue_replay_token(RunId id, std::string by) {
  return on_engine(engine_, runtime::issue_token(engine_, id, std::move(by)));
}
Result<ReplayToken> Harness::issue_replay_token(RunId id, std::string by) {
  return runtime::block_on(*engine_, runtime::issue_token(engine_, id, std::move(by)));
}

Awaitable<Result<events::UndoPlanned>> Harness::async_plan_undo(RunId id, UndoOptions options) {
  return on_engine(engine_, runtime::plan_undo(engine_, id, std::move(options)));
}
Result<events::UndoPlanned> Harness::plan_undo(RunId id, UndoOptions options) {
  return runtime::block_on(*engine_, runtime::plan_undo(engine_, id, std::move(options)));
}

Awaitable<Result<RunHandle>> Harness::async_undo(RunId id, events::UndoPlanned plan, UndoOptions options) {
  return on_engine(engine_, runtime::start_undo(engine_, id, std::move(plan), std::move(options)));
}
Result<RunHandle> Harness::undo(RunId id, events::UndoPlanned plan, UndoOptions options) {
  return runtime::block_on(*engine_, runtime::start_undo(engine_, id, std::move(plan), std::move(options)));
}

Awaitable<Result<RunHandle>> Harness::async_fork(RunId id, ForkOptions options) {
  return on_engine(engine_, runtime::fork_run(engine_, id, std::move(options)));
}
Result<RunHandle> Harness::fork(RunId id, ForkOptions options) {
  return runtime::block_on(*engine_, runtime::fork_run(engine_, id, std::move(options)));
}
Awaitable<Result<std::vector<RunId>>> Harness::async_forks_of(RunId id) {
  return on_engine(engine_, runtime::forks_of(engine_->options().store, id));
}
Result<std::vector<RunId>> Harness::forks_of(RunId id) {
  return runtime::block_on(*engine_, runtime::forks_of(engine_->options().store, id));
}

std::vector<ToolSpec> Harness::tools() const { return engine_->options().tools.specs(); }
const std::shared_ptr<JournalStore>& Harness::store() const { return engine_->options().store; }
const ModelCatalogue& Harness::catalogue() const { return engine_->options().catalogue; }
std::optional<Hash> Harness::policies_hash() const {
  const auto& rules = engine_->options().rules;
  const auto& redactor = engine_->options().redactor;
  if (!rules && !redactor) return std::nullopt;
  return sha256((rules ? rules->hash().str() : "") + "/" + (redactor ? redactor->hash().str() : ""));
}
const std::string& Harness::default_model() const { return engine_->options().default_model; }
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
