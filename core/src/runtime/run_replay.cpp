// SPDX-License-Identifier: Apache-2.0
// The effect of a run that replays another one. The work is done on a thread of its own, so that it holds up no other
// run; between two pages it looks whether anybody still waits for it.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

#include "runtime/journal_point.hpp"
#include "runtime/replay_start.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/source_replay.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

struct ReplayOrder {
  events::ParentRef source;
  ReplayMode mode = ReplayMode::strict;
};

// What lets a replay pass, or not, besides its events. It is looked at again here: another process may have taken the
// replay over.
Result<std::vector<std::string>> differences_of(const Engine& engine, ReplayMode mode,
                                                const events::RunStarted& source) {
  auto differences = version_differences(source, present_adapters(engine, source));
  if (mode == ReplayMode::compat || differences.empty()) return differences;
  return fail(RuntimeErrorCode::precondition_failed, "the run was not made by what is here: " + differences.front(),
              "mode");
}

asio::awaitable<Result<ReplayReport>> replay_off_thread(std::shared_ptr<RunDriver> driver, ReplayOrder order) {
  const Engine& engine = *driver->engine();
  auto point = co_await find_point(engine.options().store, order.source.run_id, order.source.seq);
  if (!point) co_return std::unexpected(point.error());
  auto differences = differences_of(engine, order.mode, point->started);
  if (!differences) co_return std::unexpected(differences.error());

  SourceReplay replay(engine.options().store, order.source);
  asio::thread_pool thread(1);
  while (!driver->has_ended()) {
    auto is_over = co_await asio::co_spawn(thread, replay.advance(), asio::use_awaitable);
    if (!is_over) co_return std::unexpected(is_over.error());
    if (!*is_over) continue;
    ReplayReport report = replay.report();
    if (report.matched) report.matched->differences = *std::move(differences);
    co_return report;
  }
  co_return fail(RuntimeErrorCode::run_not_active, "the run has ended", "run");
}

asio::awaitable<void> replay_source(std::shared_ptr<RunDriver> driver, ReplayOrder order) {
  event::inputs::ReplayReported reported;
  try {
    auto report = co_await replay_off_thread(driver, order);
    if (report) {
      reported.matched = std::move(report->matched);
      reported.diverged = std::move(report->diverged);
    } else {
      reported.error = report.error();
    }
  } catch (const std::exception& error) {
    reported.error = RuntimeError{RuntimeErrorCode::internal, error.what(), "replay", {}};
  }
  driver->push_tool_input(std::move(reported));
}

}  // namespace

void RunDriver::on(const event::effects::ReplaySource& effect) {
  const ReplayOrder order{effect.source, effect.order.mode};
  // The coroutine catches what its steps throw; what is left would be a bug of the coroutine itself.
  asio::co_spawn(engine_->executor(), replay_source(shared_from_this(), order), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

}  // namespace orchestrator::harness::runtime
