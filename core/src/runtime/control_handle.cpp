// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/control.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/blocking.hpp"
#include "runtime/entropy.hpp"
#include "runtime/run_driver.hpp"

namespace orchestrator::harness {
namespace {

namespace asio = boost::asio;
using DriverPtr = std::shared_ptr<runtime::RunDriver>;

Error no_run() {
  return RuntimeError{RuntimeErrorCode::run_not_active, "no process of this harness has the run", "run", {}};
}

// On the harness's thread.
asio::awaitable<Result<void>> give_command(DriverPtr driver, event::Input::Value value) {
  if (driver->has_ended()) co_return fail(RuntimeErrorCode::run_not_active, "the run has ended", "run");
  co_return co_await driver->command(std::move(value));
}

// From any thread.
Awaitable<Result<void>> send(DriverPtr driver, event::Input::Value value) {
  if (!driver) co_return std::unexpected(no_run());
  auto executor = driver->engine()->executor();
  auto command = give_command(driver, std::move(value));
  co_return co_await asio::co_spawn(executor, std::move(command), asio::use_awaitable);
}

bool is_over(const Result<void>& result) {
  return !result && result.error().code == name_of(RuntimeErrorCode::run_not_active);
}

event::inputs::Hint make_hint(const DriverPtr& driver, std::string text, HintOptions options) {
  event::inputs::Hint hint;
  hint.hint_id = runtime::new_hint_id();
  hint.priority = options.priority;
  hint.text = std::move(text);
  hint.by = std::move(options.by);
  hint.expected_turn = options.expected_turn;
  if (options.expires_after_ms && driver) hint.expires_us = driver->elapsed_us() + *options.expires_after_ms * 1'000;
  return hint;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

ControlHandle::ControlHandle(DriverPtr driver) : driver_(std::move(driver)) {}

Awaitable<Result<void>> ControlHandle::async_abort(AbortOptions options) const {
  event::inputs::Abort abort{options.mode, std::move(options.by), options.expected_turn};
  event::Input::Value value = std::move(abort);
  auto driver = driver_;
  const bool may_be_over = driver != nullptr && !options.expected_turn;
  Result<void> result = co_await send(std::move(driver), std::move(value));
  if (is_over(result) && may_be_over) co_return Result<void>();
  co_return result;
}

Awaitable<Result<HintId>> ControlHandle::async_hint(std::string text, HintOptions options) const {
  event::inputs::Hint hint = make_hint(driver_, std::move(text), std::move(options));
  const HintId id = hint.hint_id;
  event::Input::Value value = std::move(hint);
  Result<void> result = co_await send(driver_, std::move(value));
  if (!result) co_return std::unexpected(result.error());
  co_return id;
}

Awaitable<Result<void>> ControlHandle::async_pause(std::string by) const {
  event::Input::Value value = event::inputs::Pause{std::move(by)};
  co_return co_await send(driver_, std::move(value));
}

Awaitable<Result<void>> ControlHandle::async_resume(std::string by) const {
  event::Input::Value value = event::inputs::Resume{std::move(by)};
  co_return co_await send(driver_, std::move(value));
}

Awaitable<Result<void>> ControlHandle::async_checkpoint(std::string label, std::string by) const {
  if (is_number(label)) {
    co_return fail(
        RuntimeErrorCode::invalid_argument,
        "a checkpoint's label cannot be a number: where a point of a run is meant, " + label + " names an event",
        "label");
  }
  event::Input::Value value = event::inputs::Checkpoint{std::move(label), std::move(by)};
  co_return co_await send(driver_, std::move(value));
}

Awaitable<Result<void>> ControlHandle::async_resolve(InterruptAnswer answer) const {
  event::Input::Value value =
      event::inputs::Resolve{answer.interrupt_id, answer.decision, std::move(answer.by), std::move(answer.reason)};
  co_return co_await send(driver_, std::move(value));
}

Awaitable<Result<void>> ControlHandle::async_detach() const {
  auto driver = driver_;
  if (!driver) co_return std::unexpected(no_run());
  auto executor = driver->engine()->executor();
  auto letting_go = driver->detach();
  co_return co_await asio::co_spawn(executor, std::move(letting_go), asio::use_awaitable);
}

Result<void> ControlHandle::resolve(InterruptAnswer answer) const {
  if (!driver_) return std::unexpected(no_run());
  return runtime::block_on(*driver_->engine(), async_resolve(std::move(answer)));
}
Result<void> ControlHandle::detach() const {
  if (!driver_) return std::unexpected(no_run());
  return runtime::block_on(*driver_->engine(), async_detach());
}
Result<void> ControlHandle::abort(AbortOptions options) const {
  if (!driver_) return std::unexpected(no_run());
  return runtime::block_on(*driver_->engine(), async_abort(std::move(options)));
}
Result<HintId> ControlHandle::hint(std::string text, HintOptions options) const {
  if (!driver_) return std::unexpected(no_run());
  return runtime::block_on(*driver_->engine(), async_hint(std::move(text), std::move(options)));
}
Result<void> ControlHandle::pause(std::string by) const {
  if (!driver_) return std::unexpected(no_run());
  return runtime::block_on(*driver_->engine(), async_pause(std::move(by)));
}
Result<void> ControlHandle::resume(std::string by) const {
  if (!driver_) return std::unexpected(no_run());
  return runtime::block_on(*driver_->engine(), async_resume(std::move(by)));
}
Result<void> ControlHandle::checkpoint(std::string label, std::string by) const {
  if (!driver_) return std::unexpected(no_run());
  return runtime::block_on(*driver_->engine(), async_checkpoint(std::move(label), std::move(by)));
}

}  // namespace orchestrator::harness
