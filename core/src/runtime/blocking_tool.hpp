// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tools whose calls block a thread, kept away from the I/O thread. Each tool has its own threads, started for a call
// and ended when none waits, so that a function that never returns takes away nothing from other tools. A call is
// waited for on the I/O thread; a function that does not end is let go there, and keeps only its own `BlockingCall`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

#include "orchestrator/harness/make_tool.hpp"

namespace orchestrator::harness::runtime {

/// Limits of one tool.
inline constexpr std::size_t kBlockingThreadsMax = 16;
inline constexpr std::size_t kBlockingCallsWaitingMax = 1'024;
/// How long a function that was asked to stop, or whose tool ends, is waited for.
inline constexpr std::chrono::milliseconds kBlockingStopDeadline{2'000};

/// One call, between the thread that carries it out and the coroutine that waits for it. As the call's output it passes
/// on what is written, until the coroutine is gone.
class BlockingCall : public ToolOutput, public std::enable_shared_from_this<BlockingCall> {
 public:
  enum class Phase : std::uint8_t { waiting, running, returned, dropped };

  /// `timer` is the coroutine's own, used on its executor only; it is cancelled whenever the phase changes.
  BlockingCall(boost::asio::steady_timer* timer, std::shared_ptr<const BlockingFunction> function, ToolCall call,
               ToolContext context);
  void write(std::string_view text) override;

  /// Carries the call out, unless it was dropped. Once, on any thread.
  void run();
  /// Drops a call that no thread has taken up. Any thread.
  void drop();
  /// The coroutine ends: nothing of it is touched from now on.
  void let_go();
  [[nodiscard]] Phase phase() const;
  /// What the function returned, or its exception. REQUIRES: `returned`.
  [[nodiscard]] ToolResult take();

 private:
  void wake();

  mutable std::mutex mutex_;
  Phase phase_ = Phase::waiting;
  std::optional<boost::asio::any_io_executor> executor_;  // of the coroutine, while it waits
  boost::asio::steady_timer* timer_;                      // in the coroutine's frame; null when it is gone
  ToolOutput* output_;                                    // the same
  ToolResult result_;
  std::exception_ptr failure_;
  std::shared_ptr<const BlockingFunction> function_;  // shared with the tool
  ToolCall call_;
  ToolContext context_;
};

/// The threads of one tool. They share it, so it may outlive the tool.
class BlockingThreads : public std::enable_shared_from_this<BlockingThreads> {
 public:
  /// False where too many calls wait, or no thread can be started.
  [[nodiscard]] bool post(std::shared_ptr<BlockingCall> call);
  /// Waits until no thread is at work; false when the deadline came first.
  bool wait_idle(std::chrono::milliseconds deadline);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable idle_;
  std::deque<std::shared_ptr<BlockingCall>> waiting_;
  std::size_t threads_ = 0;
};

class BlockingTool : public Tool {
 public:
  BlockingTool(ToolSpec spec, BlockingFunction function);
  ~BlockingTool() override;
  BlockingTool(const BlockingTool&) = delete;
  BlockingTool& operator=(const BlockingTool&) = delete;
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation preparation, ToolContext context) override;

 private:
  ToolSpec spec_;
  std::shared_ptr<const BlockingFunction> function_;
  std::shared_ptr<BlockingThreads> threads_ = std::make_shared<BlockingThreads>();
};

}  // namespace orchestrator::harness::runtime
