// SPDX-License-Identifier: Apache-2.0
#include "runtime/tool_runner.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

#include "runtime/run_driver.hpp"
#include "runtime/tool_registry.hpp"
#include "runtime/traceparent.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of no known type";
  }
}

bool changes_nothing(const ToolSpec& spec) { return spec.effect_class == EffectClass::pure; }

}  // namespace

struct ToolRunner::Call {
  Call(std::string id, std::shared_ptr<Tool> called, std::uint32_t number, Kind what,
       const asio::any_io_executor& executor)
      : call_id(std::move(id)), tool(std::move(called)), attempt(number), kind(what), timer(executor) {}

  const std::string call_id;
  const std::shared_ptr<Tool> tool;  // shared with the registry
  const std::uint32_t attempt;
  const Kind kind;
  bool has_begun = false;  // its own code runs: it may have acted
  bool is_stopping = false;
  bool is_timeout = false;
  bool is_answered = false;
  asio::cancellation_signal cancel;
  std::stop_source stop;
  asio::steady_timer timer;  // the call's deadline, then the kill deadline
  OutputCollector output;
};

ToolRunner::ToolRunner(RunDriver* driver, ToolRegistry tools, std::shared_ptr<const Workspace> workspace)
    : driver_(driver), tools_(std::move(tools)), workspace_(std::move(workspace)) {}
ToolRunner::~ToolRunner() = default;

ToolRunner::CallPtr ToolRunner::begin(const std::string& call_id, const std::string& tool, std::uint32_t attempt,
                                      Kind kind) {
  // A look that is made anew makes the one before it pointless.
  if (const auto earlier = calls_.find(call_id); earlier != calls_.end()) {
    const CallPtr old = earlier->second;
    end(old);
    old->stop.request_stop();
    old->cancel.emit(asio::cancellation_type::all);
  }
  auto call = std::make_shared<Call>(call_id, tools_.find(tool), attempt, kind, driver_->engine()->executor());
  calls_[call_id] = call;
  return call;
}

ToolContext ToolRunner::context_of(const CallPtr& call, const std::string& key) {
  ToolContext context;
  context.run_id = driver_->run_id();
  context.session_id = driver_->session_id();
  context.call_id = call->call_id;
  context.idempotency_key = key;
  context.attempt = call->attempt;
  context.workspace = workspace_;
  context.deadline = call->timer.expiry();
  context.cancellation = call->stop.get_token();
  context.output = &call->output;
  context.traceparent = make_traceparent(driver_->trace_id(), driver_->call_span(call->call_id));
  return context;
}

// Right before a tool's own code: what a vault keeps is put back, and what a model sends beside is taken away.
std::string ToolRunner::restored(const std::string& tool, std::string arguments) const {
  return ToolRegistryAccess::tool_arguments(tools_, tool, driver_->restored_arguments(std::move(arguments)));
}

void ToolRunner::start_deadline(const CallPtr& call, std::chrono::milliseconds after) {
  call->timer.expires_after(after);
  call->timer.async_wait([this, keep = driver_->shared_from_this(), call](const boost::system::error_code& error) {
    if (error || call->is_answered) return;
    if (call->is_stopping || call->kind != Kind::execution) {
      call->is_timeout = call->is_timeout || !call->is_stopping;
      give_up(call);
      return;
    }
    call->is_timeout = true;
    ask_to_stop(call);
  });
}

void ToolRunner::ask_to_stop(const CallPtr& call) {
  if (call->is_stopping || call->is_answered) return;
  call->is_stopping = true;
  start_deadline(call, kKillDeadline);
  call->stop.request_stop();
  call->cancel.emit(asio::cancellation_type::all);
}

// It does not return in time: its answer, should it ever come, is about nothing.
void ToolRunner::give_up(const CallPtr& call) {
  if (call->kind == Kind::execution) {
    answer_execution(call, nullptr, stopped_result(*call));
    return;
  }
  call->stop.request_stop();
  call->cancel.emit(asio::cancellation_type::all);
  end(call);
  if (call->kind == Kind::verification) {
    driver_->push_tool_input(
        event::inputs::ToolVerified{call->call_id, VerifiedState::unknown, {}, "the look at the world took too long"});
    return;
  }
  const ToolError error{
      ToolErrorCode::tool_timeout, "the look at what the call would do took too long", call->call_id, {}};
  driver_->push_tool_input(event::inputs::ToolPrepared{call->call_id, {}, error.to_error()});
}

void ToolRunner::cancel(const std::string& call_id) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end()) {
    // Not a call of this process: nobody here can say what became of it.
    event::inputs::ToolReturned returned;
    returned.call_id = call_id;
    returned.attempt = driver_->call_attempt(call_id);
    returned.outcome = ToolOutcome::unknown;
    returned.error = ToolError{
        ToolErrorCode::tool_outcome_unknown,
        "the process that made the call is gone",
        call_id,
        {}}.to_error();
    returned.result.emplace_back(TextPart{returned.error->code + ": " + returned.error->message});
    driver_->push_tool_input(std::move(returned));
    return;
  }
  const CallPtr call = found->second;
  if (call->kind == Kind::execution) {
    ask_to_stop(call);
    return;
  }
  call->stop.request_stop();
  call->cancel.emit(asio::cancellation_type::all);
  end(call);
}

void ToolRunner::stop() {
  auto calls = std::exchange(calls_, {});
  for (const auto& [id, call] : calls) {
    call->is_answered = true;
    call->timer.cancel();
    call->stop.request_stop();
    call->cancel.emit(asio::cancellation_type::all);
  }
}

void ToolRunner::end(const CallPtr& call) {
  call->is_answered = true;
  call->timer.cancel();
  const auto found = calls_.find(call->call_id);
  if (found != calls_.end() && found->second == call) calls_.erase(found);
}

// Outcome of a call that was stopped and did not say itself what it had done.
ToolResult ToolRunner::stopped_result(const Call& call) const {
  const ToolSpec& spec = call.tool->spec();
  const bool is_harmless = !call.has_begun || changes_nothing(spec);
  ToolResult result;
  if (call.is_timeout) {
    result = ToolResult::failure(
        ToolErrorCode::tool_timeout,
        "the call passed its limit of " + std::to_string(spec.timeout_ms) + " ms and was stopped", spec.name);
    if (!is_harmless) result.outcome = ToolOutcome::unknown;
    return result;
  }
  result = ToolResult::failure(
      is_harmless ? ToolErrorCode::tool_cancelled : ToolErrorCode::tool_outcome_unknown,
      is_harmless ? "the call was cancelled" : "the call was stopped, and how far it had come is not known", spec.name);
  result.outcome = is_harmless ? ToolOutcome::cancelled : ToolOutcome::unknown;
  return result;
}

void ToolRunner::prepare(event::effects::PrepareTool effect) {
  auto call = begin(effect.call_id, effect.tool, 1, Kind::preparation);
  // What may be shown to models that rules ask.
  const std::string redacted = ToolRegistryAccess::tool_arguments(tools_, effect.tool, effect.arguments);
  effect.arguments = restored(effect.tool, std::move(effect.arguments));
  if (auto error = ToolRegistryAccess::check_arguments(tools_, effect.tool, effect.arguments)) {
    end(call);
    driver_->push_tool_input(event::inputs::ToolPrepared{effect.call_id, {}, error->to_error()});
    return;
  }
  start_deadline(call, kLookDeadline);
  ToolCall asked{effect.call_id, effect.tool, {effect.arguments}};
  auto done = [this, keep = driver_->shared_from_this(), call, arguments = redacted, key = effect.idempotency_key](
                  const std::exception_ptr& failure, std::expected<ToolPreparation, ToolError> prepared) {
    if (call->is_answered) return;
    event::inputs::ToolPrepared input;
    input.call_id = call->call_id;
    if (failure) {
      input.error = ToolError{ToolErrorCode::tool_failed, what_of(failure), call->tool->spec().name, {}}.to_error();
    } else if (!prepared) {
      input.error = prepared.error().to_error();
    } else if (call->tool->spec().effect_class == EffectClass::reversible && !prepared->undo) {
      input.error = ToolError{
          ToolErrorCode::tool_failed,
          "a reversible tool must say how its call is undone",
          call->tool->spec().name,
          {}}.to_error();
    } else {
      input.preparation = *std::move(prepared);
      if (const auto rules_time = driver_->call_rules_time(call->tool->spec().name)) {
        judge(call, key, arguments, std::move(input), *rules_time);
        return;
      }
    }
    end(call);
    driver_->push_tool_input(std::move(input));
  };
  auto work = call->tool->prepare(std::move(asked), context_of(call, effect.idempotency_key));
  asio::co_spawn(driver_->engine()->executor(), std::move(work),
                 asio::bind_cancellation_slot(call->cancel.slot(), std::move(done)));
}

// The rules are the last thing that is asked before the run decides.
void ToolRunner::judge(const CallPtr& call, const std::string& key, std::string arguments,
                       event::inputs::ToolPrepared input, std::chrono::milliseconds rules_time) {
  start_deadline(call, rules_time);
  auto judging =
      driver_->judge_call(key, call->call_id, call->tool->spec().name, std::move(arguments), input.preparation.targets);
  auto done = [this, keep = driver_->shared_from_this(), call, input = std::move(input)](
                  const std::exception_ptr& failure, std::vector<GateVerdict> verdicts) mutable {
    if (call->is_answered) return;
    end(call);
    if (failure) {
      input.error = ToolError{
          ToolErrorCode::tool_failed,
          "the rules could not be asked: " + what_of(failure),
          call->tool->spec().name,
          {}}.to_error();
    }
    input.gates = std::move(verdicts);
    driver_->push_tool_input(std::move(input));
  };
  asio::co_spawn(driver_->engine()->executor(), std::move(judging),
                 asio::bind_cancellation_slot(call->cancel.slot(), std::move(done)));
}

asio::awaitable<ToolResult> ToolRunner::execute_when_durable(CallPtr call, event::effects::RunTool effect) {
  auto keep = driver_->shared_from_this();
  if (!changes_nothing(call->tool->spec())) {
    // The intent survives a power loss before anything of the call can happen.
    const bool is_durable = co_await driver_->wait_durable();
    if (!is_durable || call->is_stopping) co_return stopped_result(*call);
  }
  call->has_begun = true;
  ToolContext context = context_of(call, effect.idempotency_key);
  ToolCall asked{effect.call_id, effect.tool, {restored(effect.tool, std::move(effect.arguments))}};
  driver_->restore_preparation(effect.preparation);
  auto work = call->tool->execute(std::move(asked), std::move(effect.preparation), std::move(context));
  ToolResult result = co_await std::move(work);
  co_return result;
}

void ToolRunner::run(event::effects::RunTool effect) {
  auto call = begin(effect.call_id, effect.tool, effect.attempt, Kind::execution);
  if (!call->tool) {
    end(call);
    event::inputs::ToolReturned returned;
    returned.call_id = effect.call_id;
    returned.attempt = effect.attempt;
    returned.outcome = ToolOutcome::error;
    returned.error =
        ToolError{ToolErrorCode::unknown_tool, "there is no tool of this name here", effect.tool, {}}.to_error();
    driver_->push_tool_input(std::move(returned));
    return;
  }
  start_deadline(call, std::chrono::milliseconds(call->tool->spec().timeout_ms));
  auto done = [this, keep = driver_->shared_from_this(), call](const std::exception_ptr& failure, ToolResult result) {
    answer_execution(call, failure, std::move(result));
  };
  asio::co_spawn(driver_->engine()->executor(), execute_when_durable(call, std::move(effect)),
                 asio::bind_cancellation_slot(call->cancel.slot(), std::move(done)));
}

void ToolRunner::answer_execution(const CallPtr& call, const std::exception_ptr& failure, ToolResult result) {
  if (call->is_answered) return;
  end(call);
  const ToolSpec& spec = call->tool->spec();
  if (failure) {
    if (call->is_stopping) {
      result = stopped_result(*call);
    } else {
      result = ToolResult::failure(ToolErrorCode::tool_failed, what_of(failure), spec.name);
      // What it had done before it threw, nobody knows.
      const bool may_repeat = changes_nothing(spec) || spec.effect_class == EffectClass::idempotent;
      if (call->has_begun && !may_repeat) result.outcome = ToolOutcome::unknown;
    }
  }
  // A call that ran into its deadline may have acted, whatever it says of itself.
  const bool may_have_acted = call->has_begun && !changes_nothing(spec) && spec.effect_class != EffectClass::idempotent;
  if (call->is_timeout && may_have_acted && result.outcome == ToolOutcome::error) result.outcome = ToolOutcome::unknown;
  if (!result.error && result.outcome == ToolOutcome::ok) {
    for (const ContentPart& part : result.parts) {
      const auto* json = std::get_if<JsonPart>(&part);
      if (json == nullptr) continue;
      if (auto error = ToolRegistryAccess::check_output(tools_, spec.name, json->json.text)) result.error = *error;
    }
  }
  OutputCollector::Collected written = call->output.take();
  std::vector<events::RedactionCount> redacted;
  if (const auto* redaction = driver_->redactor()) redacted = redaction->redact_output(result.parts, written.text);
  event::inputs::ToolReturned returned = make_returned(std::move(result), std::move(written), spec.output_bytes_max);
  returned.call_id = call->call_id;
  returned.attempt = call->attempt;
  driver_->push_tool_input(std::move(returned), std::move(redacted));
}

void ToolRunner::verify(event::effects::VerifyTool effect) {
  auto call = begin(effect.call_id, effect.tool, 1, Kind::verification);
  auto done = [this, keep = driver_->shared_from_this(), call](const std::exception_ptr& failure, ToolVerdict verdict) {
    if (call->is_answered) return;
    end(call);
    event::inputs::ToolVerified input;
    input.call_id = call->call_id;
    std::vector<events::RedactionCount> redacted;
    if (failure) {
      input.detail = "the look at the world failed: " + what_of(failure);
    } else {
      input.state = verdict.state;
      input.detail = std::move(verdict.detail);
      if (verdict.result) {
        std::string nothing;
        if (const auto* redaction = driver_->redactor()) {
          redacted = redaction->redact_output(verdict.result->parts, nothing);
        }
        input.result = make_returned(*std::move(verdict.result), {}, call->tool->spec().output_bytes_max).result;
      }
    }
    driver_->push_tool_input(std::move(input), std::move(redacted));
  };
  if (!call->tool) {
    asio::post(driver_->engine()->executor(), [done = std::move(done)]() mutable { done(nullptr, ToolVerdict{}); });
    return;
  }
  start_deadline(call, kLookDeadline);
  ToolCall asked{effect.call_id, effect.tool, {restored(effect.tool, std::move(effect.arguments))}};
  auto work = call->tool->verify(std::move(asked), std::move(effect.undo), context_of(call, effect.idempotency_key));
  asio::co_spawn(driver_->engine()->executor(), std::move(work),
                 asio::bind_cancellation_slot(call->cancel.slot(), std::move(done)));
}

}  // namespace orchestrator::harness::runtime
