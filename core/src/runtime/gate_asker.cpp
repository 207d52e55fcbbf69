// SPDX-License-Identifier: Apache-2.0
#include "runtime/gate_asker.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <utility>

#include "event/character_cut.hpp"
#include "event/json_writer.hpp"
#include "runtime/blocking_tool.hpp"
#include "runtime/classifier_call.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReasonBytesMax = 300;

std::uint64_t us_since(Clock::time_point begin) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
}

Error failure_of(std::string what) { return RuntimeError{RuntimeErrorCode::internal, std::move(what), "gate", {}}; }

Error late(std::uint64_t timeout_ms) {
  return RuntimeError{
      RuntimeErrorCode::limit_exceeded, "no answer within " + std::to_string(timeout_ms) + " ms", "timeout_ms", {}};
}

// The wait for a gate's thread ends with its frame.
class LettingGo {
 public:
  explicit LettingGo(std::shared_ptr<BlockingCall> call) : call_(std::move(call)) {}
  ~LettingGo() { call_->let_go(); }
  LettingGo(const LettingGo&) = delete;
  LettingGo& operator=(const LettingGo&) = delete;

 private:
  std::shared_ptr<BlockingCall> call_;
};

// A gate of somebody else's may say anything.
Result<GateOpinion> checked(Result<GateOpinion> opinion) {
  if (!opinion) return opinion;
  if (opinion->score && !std::isfinite(*opinion->score)) return std::unexpected(failure_of("its score is no number"));
  if (!opinion->passed && opinion->reason.empty()) opinion->reason = "it objects, without a reason";
  if (!event::is_valid_utf8(opinion->reason)) return std::unexpected(failure_of("its reason is no UTF-8"));
  opinion->reason = event::cut_with_ellipsis(opinion->reason, kReasonBytesMax);
  return opinion;
}

GateVerdict verdict_of(const GateRule& rule, const AskedSubject& subject, GateAnswer answer) {
  GateVerdict verdict;
  verdict.gate = rule.name;
  verdict.phase = subject.phase;
  verdict.mode = rule.mode;
  verdict.cost_micro_usd = answer.cost_micro_usd;
  if (const auto* classifier = std::get_if<ClassifierCheck>(&rule.check)) verdict.threshold = classifier->threshold;
  auto opinion = checked(std::move(answer.opinion));
  if (opinion) {
    verdict.passed = opinion->passed;
    verdict.score = opinion->score;
    if (!verdict.passed) verdict.reason = std::move(opinion->reason);
  } else {
    verdict.passed = rule.on_failure == GateFailure::open;
    verdict.reason = "it could not be judged";
    verdict.error = std::move(opinion.error());
  }
  if (!verdict.passed) verdict.action = rule.action;
  return verdict;
}

}  // namespace

GateAsker::~GateAsker() {
  const Clock::time_point deadline = Clock::now() + kBlockingStopDeadline;
  for (const auto& [gate, threads] : threads_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    threads->wait_idle(std::max(left, std::chrono::milliseconds(0)));
  }
}

asio::awaitable<std::vector<GateVerdict>> GateAsker::ask(std::shared_ptr<Engine> engine, std::vector<GateRule> rules,
                                                         AskedSubject subject) {
  const auto shared = std::make_shared<const AskedSubject>(std::move(subject));
  std::vector<GateVerdict> verdicts;
  for (const GateRule& rule : rules) {
    const Clock::time_point begin = Clock::now();
    GateAnswer answer;
    if (const auto* code = std::get_if<CodeCheck>(&rule.check)) {
      CodeCheck check = *code;
      answer = co_await ask_code(std::move(check), shared);
    } else if (const auto* classifier = std::get_if<ClassifierCheck>(&rule.check)) {
      ClassifierCheck check = *classifier;
      answer = co_await ask_model(engine, std::move(check), shared);
    }
    if (!answer.opinion) {
      engine->log(LogLevel::warn, "gate", "no verdict", shared->run_id, {},
                  {{"gate", rule.name}, {"code", answer.opinion.error().code}});
    }
    GateVerdict verdict = verdict_of(rule, *shared, std::move(answer));
    verdict.latency_us = us_since(begin);
    verdicts.push_back(std::move(verdict));
    if (blocks(verdicts.back())) break;
  }
  co_return verdicts;
}

asio::awaitable<GateAnswer> GateAsker::ask_code(CodeCheck check, std::shared_ptr<const AskedSubject> subject) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, Clock::now() + std::chrono::milliseconds(check.timeout_ms));
  // Written on the gate's thread before the call has returned, read after that.
  const auto opinion = std::make_shared<Result<GateOpinion>>(std::unexpected(failure_of("it did not answer")));
  BlockingFunction function = [opinion, gate = check.gate, subject](ToolCall, const ToolContext&) {
    *opinion = gate->judge(GateQuestion{subject->phase, subject->text, subject->tool});
    return ToolResult();
  };
  const auto call = std::make_shared<BlockingCall>(
      &timer, std::make_shared<const BlockingFunction>(std::move(function)), ToolCall(), ToolContext());
  const LettingGo letting_go(call);
  auto& threads = threads_[check.gate.get()];
  if (!threads) threads = std::make_shared<BlockingThreads>();
  GateAnswer answer;
  if (!threads->post(call)) {
    answer.opinion = std::unexpected(failure_of("no thread is to be had for it"));
    co_return answer;
  }
  while (call->phase() < BlockingCall::Phase::returned) {
    boost::system::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (woken || call->phase() >= BlockingCall::Phase::returned) continue;
    answer.opinion = std::unexpected(late(check.timeout_ms));
    co_return answer;
  }
  try {
    static_cast<void>(call->take());
    answer.opinion = *opinion;
  } catch (const std::exception& error) {
    answer.opinion = std::unexpected(failure_of(std::string("it threw: ") + error.what()));
  } catch (...) {
    answer.opinion = std::unexpected(failure_of("it threw"));
  }
  co_return answer;
}

asio::awaitable<GateAnswer> GateAsker::ask_model(std::shared_ptr<Engine> engine, ClassifierCheck check,
                                                 std::shared_ptr<const AskedSubject> subject) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto call = std::make_shared<ClassifierCall>(executor, std::move(engine), std::move(check), std::move(subject));
  GateAnswer answer = co_await call->answer(&slots_);
  co_return answer;
}

}  // namespace orchestrator::harness::runtime
