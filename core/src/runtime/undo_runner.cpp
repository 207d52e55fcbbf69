// SPDX-License-Identifier: Apache-2.0
#include "runtime/undo_runner.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <stop_token>
#include <utility>

#include "kernel/undo_run.hpp"
#include "orchestrator/harness/tools.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/undo_source.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

Error failure_of(const std::exception_ptr& failure, const std::string& tool) {
  std::string what = "an exception of no known type";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {  // NOLINT(bugprone-empty-catch): the words above say it
  }
  return ToolError{ToolErrorCode::tool_failed, std::move(what), tool, {}}.to_error();
}

Error late(const char* what) { return ToolError{ToolErrorCode::tool_timeout, what, "undo", {}}.to_error(); }

// A compensator's answer, held to what the journal says of it.
void take_look(event::inputs::CompensationPrepared& input, CompensationLook look) {
  if (look.verdict == UndoVerdict::conflict && look.conflicts.empty()) {
    input.error = ToolError{
        ToolErrorCode::tool_failed,
        "its compensator found a conflict and named nothing",
        "undo",
        {}}.to_error();
    return;
  }
  input.verdict = look.verdict;
  input.conflicts = std::move(look.conflicts);
  input.undo = std::move(look.undo);
  input.targets = std::move(look.targets);
}

void take_result(event::inputs::Compensated& input, CompensationResult result) {
  input.outcome = result.outcome;
  input.conflicts = std::move(result.conflicts);
  if (result.error) input.error = result.error->to_error();
  const bool is_nameless = input.outcome == CompensationOutcome::conflict && input.conflicts.empty();
  if (is_nameless) input.outcome = CompensationOutcome::failed;
  if (input.outcome == CompensationOutcome::failed && !input.error) {
    input.error =
        ToolError{ToolErrorCode::tool_failed, "its compensator did not say what went wrong", "undo", {}}.to_error();
  }
}

}  // namespace

struct UndoRunner::Work {
  explicit Work(const asio::any_io_executor& executor) : timer(executor) {}
  bool is_answered = false;
  std::optional<event::Input::Value> when_late;  // what is answered at the deadline
  asio::cancellation_signal cancel;
  std::stop_source stop;
  asio::steady_timer timer;
};

struct UndoRunner::Loaded {
  CompensationCall call;
  std::shared_ptr<Compensator> compensator;
};

UndoRunner::UndoRunner(RunDriver* driver) : driver_(driver) {}
UndoRunner::~UndoRunner() = default;

UndoRunner::WorkPtr UndoRunner::begin(std::chrono::milliseconds deadline) {
  stop();
  auto work = std::make_shared<Work>(driver_->engine()->executor());
  work_ = work;
  work->timer.expires_after(deadline);
  work->timer.async_wait([this, keep = driver_->shared_from_this(), work](const boost::system::error_code& error) {
    if (error || work->is_answered || !work->when_late) return;
    event::Input::Value value = *std::move(work->when_late);
    work->stop.request_stop();
    work->cancel.emit(asio::cancellation_type::all);
    answer(work, std::move(value));
  });
  return work;
}

void UndoRunner::answer(const WorkPtr& work, event::Input::Value value) {
  if (work->is_answered) return;
  work->is_answered = true;
  work->timer.cancel();
  if (work_ == work) work_.reset();
  driver_->push_tool_input(std::move(value));
}

void UndoRunner::stop() {
  const auto work = std::exchange(work_, nullptr);
  if (!work) return;
  work->is_answered = true;
  work->timer.cancel();
  work->stop.request_stop();
  work->cancel.emit(asio::cancellation_type::all);
}

CompensationContext UndoRunner::context_of(const WorkPtr& work, std::string key, std::uint32_t attempt) const {
  CompensationContext context;
  context.run_id = driver_->run_id();
  context.idempotency_key = std::move(key);
  context.attempt = attempt;
  context.workspace = workspace_;
  context.deadline = work->timer.expiry();
  context.cancellation = work->stop.get_token();
  return context;
}

// The other run is read once; it has ended, so it stays as it is.
asio::awaitable<Result<UndoRunner::Loaded>> UndoRunner::load(events::ParentRef source, UndoStep step) {
  auto keep = driver_->shared_from_this();
  if (!source_) {
    auto read = co_await load_undo_source(driver_->engine(), source.run_id);
    if (!read) co_return std::unexpected(read.error());
    if (read->head != source) {
      co_return fail(RuntimeErrorCode::journal_damaged,
                     "the run that is taken back is not the one that was planned for", source.run_id.str());
    }
    if (!read->spec.workspace.empty()) {
      auto workspace = Workspace::open(read->spec.workspace);
      if (!workspace) co_return std::unexpected(workspace.error());
      workspace_ = *std::move(workspace);
    }
    source_ = std::make_shared<const UndoSource>(*std::move(read));
  }
  const SourceCall* found = source_->find(step.seq);
  if (found == nullptr) {
    co_return fail(RuntimeErrorCode::journal_damaged, "the run has no such call", "event " + std::to_string(step.seq));
  }
  const std::string reason = reason_against(*driver_->engine(), *found);
  if (!reason.empty()) co_return fail(RuntimeErrorCode::precondition_failed, reason, step.tool);
  SourceCall wanted = *found;
  auto call = co_await load_call(driver_->engine(), source.run_id, std::move(wanted));
  if (!call) co_return std::unexpected(call.error());
  Loaded loaded{*std::move(call), compensator_of(*driver_->engine(), step.tool)};
  co_return loaded;
}

asio::awaitable<event::inputs::CompensationPrepared> UndoRunner::look(WorkPtr work,
                                                                      event::effects::PrepareCompensation effect) {
  event::inputs::CompensationPrepared input;
  input.index = effect.index;
  if (effect.step.verdict == UndoVerdict::nothing_to_do) {  // as was shown: such a step never acts
    input.verdict = UndoVerdict::nothing_to_do;
    co_return input;
  }
  auto loaded = co_await load(effect.source, effect.step);
  if (!loaded) {
    input.error = loaded.error();
    co_return input;
  }
  auto context = context_of(work, kernel::compensation_key(driver_->run_id(), effect.index), 1);
  auto looking = loaded->compensator->look(std::move(loaded->call), std::move(context));
  auto seen = co_await std::move(looking);
  if (seen) {
    take_look(input, *std::move(seen));
  } else {
    input.error = seen.error().to_error();
  }
  co_return input;
}

void UndoRunner::prepare(event::effects::PrepareCompensation effect) {
  auto work = begin(kLookDeadline);
  event::inputs::CompensationPrepared failed;
  failed.index = effect.index;
  failed.error = late("the look at what the step would do took too long");
  work->when_late = failed;
  const std::string tool = effect.step.tool;
  auto done = [this, keep = driver_->shared_from_this(), work, failed, tool](
                  const std::exception_ptr& failure, event::inputs::CompensationPrepared input) mutable {
    if (failure) {
      input = std::move(failed);
      input.error = failure_of(failure, tool);
    }
    answer(work, std::move(input));
  };
  asio::co_spawn(driver_->engine()->executor(), look(work, std::move(effect)),
                 asio::bind_cancellation_slot(work->cancel.slot(), std::move(done)));
}

asio::awaitable<event::inputs::Compensated> UndoRunner::act(WorkPtr work, event::effects::Compensate effect) {
  event::inputs::Compensated input;
  input.index = effect.index;
  input.attempt = effect.attempt;
  input.outcome = CompensationOutcome::failed;
  auto keep = driver_->shared_from_this();
  // The intent survives a power loss before anything of it can happen.
  const bool is_durable = co_await driver_->wait_durable();
  if (!is_durable || work->is_answered) {
    input.error = late("the step was stopped before it acted");
    co_return input;
  }
  auto loaded = co_await load(effect.source, effect.step);
  if (!loaded) {
    input.error = loaded.error();
    co_return input;
  }
  auto context = context_of(work, std::move(effect.idempotency_key), effect.attempt);
  auto restoring = loaded->compensator->restore(std::move(loaded->call), std::move(effect.step), std::move(context));
  CompensationResult result = co_await std::move(restoring);
  take_result(input, std::move(result));
  co_return input;
}

void UndoRunner::restore(event::effects::Compensate effect) {
  auto work = begin(kRestoreDeadline);
  event::inputs::Compensated failed;
  failed.index = effect.index;
  failed.attempt = effect.attempt;
  failed.outcome = CompensationOutcome::failed;
  failed.error = late("the step took too long, and how far it had come is not known");
  work->when_late = failed;
  const std::string tool = effect.step.tool;
  auto done = [this, keep = driver_->shared_from_this(), work, failed, tool](const std::exception_ptr& failure,
                                                                             event::inputs::Compensated input) mutable {
    if (failure) {
      input = std::move(failed);
      input.error = failure_of(failure, tool);
    }
    answer(work, std::move(input));
  };
  asio::co_spawn(driver_->engine()->executor(), act(work, std::move(effect)),
                 asio::bind_cancellation_slot(work->cancel.slot(), std::move(done)));
}

}  // namespace orchestrator::harness::runtime
