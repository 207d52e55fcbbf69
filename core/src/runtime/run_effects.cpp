// SPDX-License-Identifier: Apache-2.0
// How a run's effects are carried out: slots, provider calls, timers.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include "runtime/run_driver.hpp"
#include "runtime/traceparent.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

ProviderCallFailure failed_call(Error error) {
  ProviderCallFailure failure;
  failure.error = std::move(error);
  return failure;
}

ProviderCallFailure late_call(std::uint64_t limit_ms) {
  ProviderCallFailure failure =
      failed_call(ProviderError{ProviderErrorCode::provider_first_token_timeout,
                                "no output within " + std::to_string(limit_ms) + " ms of the request",
                                "timeouts.first_token_ms",
                                {}});
  failure.timer = TimerKind::first_token;
  failure.timer_ms = limit_ms;
  return failure;
}

}  // namespace

void RunDriver::carry_out(event::Effect effect) {
  std::visit([this](auto& wanted) { on(wanted); }, effect);
}

void RunDriver::on(const event::effects::AcquireSlot& effect) {
  release_slot();
  if (call_) release(call_->slot);  // its answer is over; only its connection is still being put away
  wanted_ = effect;
  const auto not_before = started_ + std::chrono::microseconds(effect.not_before_us);
  if (not_before <= std::chrono::steady_clock::now()) {
    ask_for_slot(effect.attempt);
    return;
  }
  retry_timer_.expires_at(not_before);
  retry_timer_.async_wait([weak = weak_from_this(), attempt = effect.attempt](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock(); self && !self->has_ended()) self->ask_for_slot(attempt);
  });
}

void RunDriver::ask_for_slot(std::uint32_t attempt) {
  if (!wanted_ || wanted_->attempt != attempt) return;
  // The queue answers on this thread, perhaps at once; the loop takes the input when it is done with this one.
  slot_ = engine_->slots().acquire(session_id(), [self = shared_from_this(), attempt] { self->on_slot(attempt); });
}

// The circuit is asked last: what has happened while the run waited counts.
void RunDriver::on_slot(std::uint32_t attempt) {
  if (!wanted_ || wanted_->attempt != attempt) return;
  const ModelRef model = wanted_->model;
  const bool is_retry = wanted_->is_retry;
  wanted_.reset();
  const auto now = std::chrono::steady_clock::now();
  const auto admission = engine_->circuits().admit(model, now);
  if (admission.verdict == CircuitBreaker::Verdict::open) {
    // The place goes back with the run's next step: it asks for another one, or ends.
    push(event::inputs::SlotRefused{attempt, event::inputs::SlotRefusal::circuit_open, admission.open_ms});
    return;
  }
  const bool is_probe = admission.verdict == CircuitBreaker::Verdict::probe;
  if (is_probe) probed_ = model;
  if (is_retry && !engine_->retry_bucket().take(now)) {
    give_probe_back();
    push(event::inputs::SlotRefused{attempt, event::inputs::SlotRefusal::retry_budget, 0});
    return;
  }
  push(event::inputs::SlotGranted{attempt, is_probe});
}

void RunDriver::on(const event::effects::ReleaseSlot&) { release_slot(); }

void RunDriver::release_slot() {
  wanted_.reset();
  // An answer that is on its way is to a request that no longer stands.
  std::erase_if(inbox_, [](const Pending& pending) {
    return std::holds_alternative<event::inputs::SlotGranted>(pending.value) ||
           std::holds_alternative<event::inputs::SlotRefused>(pending.value);
  });
  retry_timer_.cancel();
  give_probe_back();
  release(slot_);
}

void RunDriver::release(std::optional<SlotQueue::Ticket>& ticket) {
  if (ticket) engine_->slots().release(*ticket);
  ticket.reset();
}

void RunDriver::give_probe_back() {
  if (probed_) engine_->circuits().leave(*probed_);
  probed_.reset();
}

void RunDriver::note_outcome(const Error* error) {
  if (!called_) return;
  const ModelRef model = *std::exchange(called_, std::nullopt);
  const bool is_probe = std::exchange(probed_, std::nullopt).has_value();
  const auto change = error == nullptr
                          ? engine_->circuits().succeeded(model)
                          : engine_->circuits().failed(model, *error, is_probe, std::chrono::steady_clock::now());
  if (change == CircuitBreaker::Change::none) return;
  engine_->log(LogLevel::warn, "provider",
               change == CircuitBreaker::Change::opened ? "circuit opened" : "circuit closed", run_id().str(),
               identity_.trace_id.str(), {{"model", model.str()}});
}

void RunDriver::on(event::effects::CallProvider& effect) {
  call_ = std::make_shared<Call>();
  call_->slot = std::exchange(slot_, std::nullopt);
  called_ = effect.model;
  start_first_token_timer();
  auto done = [self = shared_from_this(), call = call_](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);  // run_call catches what a call may throw
  };
  asio::co_spawn(engine_->executor(), run_call(std::move(effect), call_),
                 asio::bind_cancellation_slot(call_->cancel.slot(), std::move(done)));
}

void RunDriver::start_first_token_timer() {
  const auto& limit_ms = state_.facts.spec.timeouts.first_token_ms;
  if (!limit_ms) return;
  first_token_timer_.expires_after(std::chrono::milliseconds(*limit_ms));
  first_token_timer_.async_wait([weak = weak_from_this(), call = call_](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->call_ != call || call->feed == nullptr || call->feed->saw_output()) return;
    call->was_late = true;
    self->cancel_call();
  });
}

void RunDriver::on(const event::effects::CancelProvider& effect) {
  event::inputs::ProviderEnded ended;
  ended.attempt = effect.attempt;
  ended.error = RuntimeError{RuntimeErrorCode::cancelled, "the call was cancelled", "", {}};
  if (call_ && call_->feed != nullptr) ended.usage = call_->feed->usage();
  called_.reset();
  give_probe_back();
  cancel_call();
  // The run does not wait for the adapter: its socket is closed, and whatever it still says is about nothing.
  push(std::move(ended));
}

void RunDriver::cancel_call() {
  if (const auto call = call_) call->cancel.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> RunDriver::run_call(event::effects::CallProvider effect, std::shared_ptr<Call> call) {
  auto self = shared_from_this();
  event::inputs::ProviderEnded ended;
  ended.attempt = effect.attempt;
  {
    const std::chrono::milliseconds window(engine_->options().flush_window_ms);
    ProviderFeed feed(this, effect.attempt, window, answer_gate(effect), redactor());
    call->feed = &feed;
    std::expected<void, ProviderCallFailure> outcome;
    try {
      outcome = co_await call_adapter(std::move(effect), &feed);
    } catch (const boost::system::system_error& error) {
      const bool is_cancelled = error.code() == asio::error::operation_aborted;
      outcome = std::unexpected(failed_call(
          is_cancelled ? RuntimeError{RuntimeErrorCode::cancelled, "the call was cancelled", "", {}}.to_error()
                       : RuntimeError{RuntimeErrorCode::internal, error.what(), "provider", {}}.to_error()));
    } catch (const std::exception& error) {
      outcome = std::unexpected(failed_call(RuntimeError{RuntimeErrorCode::internal, error.what(), "provider", {}}));
    }
    call->feed = nullptr;
    if (call->was_late) outcome = std::unexpected(late_call(state_.facts.spec.timeouts.first_token_ms.value_or(0)));
    if (outcome && !feed.saw_end()) {
      outcome = std::unexpected(failed_call(ProviderError{ProviderErrorCode::provider_stream_truncated,
                                                          "the provider's answer ended without a terminal event",
                                                          "",
                                                          {}}));
    }
    if (!outcome) {
      ended.error = std::move(outcome.error().error);
      ended.timer = outcome.error().timer;
      ended.timer_ms = outcome.error().timer_ms;
      ended.advice = outcome.error().advice;
    }
    ended.usage = feed.usage();
    ended.gates = feed.verdicts();
  }
  release(call->slot);
  if (call_ != call) co_return;  // the run has gone on to its next call
  call_.reset();
  if (ended_ || ended.error.code.empty()) co_return;
  note_outcome(&ended.error);
  push(std::move(ended));
}

asio::awaitable<std::expected<void, ProviderCallFailure>> RunDriver::call_adapter(event::effects::CallProvider effect,
                                                                                  ProviderFeed* feed) {
  auto adapter = engine_->provider(effect.model.provider);
  if (!adapter) co_return std::unexpected(failed_call(adapter.error()));

  const events::RunStarted& spec = state_.facts.spec;
  ProviderRequest request;
  request.model = std::move(effect.model);
  request.settings = std::move(effect.settings);
  if (effect.purpose == AttemptPurpose::answer) {
    request.system = spec.system;
    request.tools = spec.tools;
  }
  request.items.reserve(effect.context.size());
  for (event::ContextEntry& entry : effect.context) request.items.push_back(std::move(entry.item));

  ProviderCallContext context;
  context.timeouts = spec.timeouts;
  context.limits = {spec.limits.stream_bytes, spec.limits.stream_items, spec.limits.tool_calls_per_turn,
                    spec.limits.json_depth};
  context.traceparent = make_traceparent(identity_.trace_id, kernel::attempt_span(spec, effect.attempt));
  context.run_id = run_id().str();
  engine_->log(LogLevel::debug, "provider", "call", context.run_id, identity_.trace_id.str(),
               {{"attempt", std::to_string(effect.attempt)}, {"model", request.model.str()}});
  co_return co_await (*adapter)->call(std::move(request), std::move(context), feed);
}

// A run that has calls has tools: the kernel answers those of unknown tools itself. One that was taken over only to be
// ended may have none; its calls are answered as gone.
void RunDriver::on(event::effects::PrepareTool& effect) { tool_runner().prepare(std::move(effect)); }
void RunDriver::on(event::effects::RunTool& effect) { tool_runner().run(std::move(effect)); }
void RunDriver::on(const event::effects::CancelTool& effect) { tool_runner().cancel(effect.call_id); }
void RunDriver::on(event::effects::VerifyTool& effect) { tool_runner().verify(std::move(effect)); }

ToolRunner& RunDriver::tool_runner() {
  if (!tool_runner_) use_tools(ToolRegistry(), nullptr);
  return *tool_runner_;
}

asio::steady_timer& RunDriver::timer(TimerKind kind) {
  if (kind == TimerKind::turn) return turn_timer_;
  return kind == TimerKind::approval ? approval_timer_ : run_timer_;
}

void RunDriver::on(const event::effects::StartTimer& effect) {
  asio::steady_timer& which = timer(effect.timer);
  which.expires_at(started_ + std::chrono::microseconds(effect.at_us));
  which.async_wait([weak = weak_from_this(), kind = effect.timer](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock(); self && !self->has_ended()) self->push(event::inputs::TimerFired{kind});
  });
}

void RunDriver::on(const event::effects::StopTimer& effect) { timer(effect.timer).cancel(); }

}  // namespace orchestrator::harness::runtime
