// SPDX-License-Identifier: Apache-2.0
#include "runtime/blocking_tool.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// Ends the wait when the frame goes, be it with its result or with the whole context.
class LettingGo {
 public:
  explicit LettingGo(std::shared_ptr<BlockingCall> call) : call_(std::move(call)) {}
  ~LettingGo() { call_->let_go(); }
  LettingGo(const LettingGo&) = delete;
  LettingGo& operator=(const LettingGo&) = delete;

 private:
  std::shared_ptr<BlockingCall> call_;
};

asio::awaitable<ToolResult> wait_for(std::shared_ptr<BlockingThreads> threads,
                                     std::shared_ptr<const BlockingFunction> function, ToolCall asked,
                                     ToolContext context) {
  // A thread cannot be cancelled: the function hears of it by its token, and has its time to return.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, Clock::time_point::max());
  const std::stop_token token = context.cancellation;
  const auto call = std::make_shared<BlockingCall>(&timer, std::move(function), std::move(asked), std::move(context));
  const LettingGo letting_go(call);
  if (!threads->post(call)) {
    co_return ToolResult::failure(ToolErrorCode::tool_failed,
                                  "no thread is to be had for the call: too many calls of this tool are under way");
  }
  const std::stop_callback on_stop(token, [call] { call->drop(); });
  bool is_stopping = false;
  while (call->phase() < BlockingCall::Phase::returned) {
    if (token.stop_requested() && !is_stopping) {
      is_stopping = true;
      timer.expires_after(kBlockingStopDeadline);
    }
    if (is_stopping && timer.expiry() <= Clock::now()) {
      throw boost::system::system_error(asio::error::operation_aborted, "the function does not return");
    }
    boost::system::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  if (call->phase() == BlockingCall::Phase::returned) co_return call->take();
  ToolResult dropped =
      ToolResult::failure(ToolErrorCode::tool_cancelled, "the call was stopped while it waited for a thread");
  dropped.outcome = ToolOutcome::cancelled;
  co_return dropped;
}

}  // namespace

BlockingCall::BlockingCall(asio::steady_timer* timer, std::shared_ptr<const BlockingFunction> function, ToolCall call,
                           ToolContext context)
    : executor_(timer->get_executor()),
      timer_(timer),
      output_(context.output),
      function_(std::move(function)),
      call_(std::move(call)),
      context_(std::move(context)) {
  context_.output = this;
}

void BlockingCall::write(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  if (output_ != nullptr) output_->write(text);
}

void BlockingCall::run() {
  {
    const std::scoped_lock lock(mutex_);
    if (phase_ != Phase::waiting) return;
    phase_ = Phase::running;
  }
  ToolResult result;
  std::exception_ptr failure;
  try {
    result = (*function_)(std::move(call_), context_);
  } catch (...) {
    failure = std::current_exception();
  }
  const std::scoped_lock lock(mutex_);
  result_ = std::move(result);
  failure_ = failure;
  phase_ = Phase::returned;
  wake();
}

void BlockingCall::drop() {
  const std::scoped_lock lock(mutex_);
  if (phase_ == Phase::waiting) phase_ = Phase::dropped;
  wake();
}

void BlockingCall::let_go() {
  const std::scoped_lock lock(mutex_);
  if (phase_ == Phase::waiting) {
    phase_ = Phase::dropped;
    function_.reset();  // what it holds is not kept until a thread comes to it
  }
  executor_.reset();
  timer_ = nullptr;
  output_ = nullptr;
}

BlockingCall::Phase BlockingCall::phase() const {
  const std::scoped_lock lock(mutex_);
  return phase_;
}

ToolResult BlockingCall::take() {
  const std::scoped_lock lock(mutex_);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  return std::move(result_);
}

// Under the lock: while the coroutine has not let go, its executor's context is there.
void BlockingCall::wake() {
  if (!executor_) return;
  asio::post(*executor_, [self = shared_from_this()] {
    const std::scoped_lock lock(self->mutex_);
    if (self->timer_ != nullptr) self->timer_->cancel();
  });
}

bool BlockingThreads::post(std::shared_ptr<BlockingCall> call) {
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= kBlockingCallsWaitingMax) return false;
  waiting_.push_back(std::move(call));
  if (threads_ >= kBlockingThreadsMax) return true;
  try {
    std::thread([self = shared_from_this()] { self->work(); }).detach();
    threads_ += 1;
  } catch (const std::system_error&) {
    if (threads_ > 0) return true;  // one of those takes it up
    waiting_.pop_back();
    return false;
  }
  return true;
}

void BlockingThreads::work() {
  for (;;) {
    std::shared_ptr<BlockingCall> call;
    {
      const std::scoped_lock lock(mutex_);
      if (waiting_.empty()) {
        threads_ -= 1;
        if (threads_ == 0) idle_.notify_all();
        return;
      }
      call = std::move(waiting_.front());
      waiting_.pop_front();
    }
    call->run();
  }
}

bool BlockingThreads::wait_idle(std::chrono::milliseconds deadline) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, deadline, [this] { return threads_ == 0; });
}

BlockingTool::BlockingTool(ToolSpec spec, BlockingFunction function)
    : spec_(std::move(spec)), function_(std::make_shared<const BlockingFunction>(std::move(function))) {}

BlockingTool::~BlockingTool() { threads_->wait_idle(kBlockingStopDeadline); }

Awaitable<ToolResult> BlockingTool::execute(ToolCall call, ToolPreparation, ToolContext context) {
  return wait_for(threads_, function_, std::move(call), std::move(context));
}

}  // namespace orchestrator::harness::runtime
