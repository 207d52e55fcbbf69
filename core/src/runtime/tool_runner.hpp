// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tool calls of one run: prepared, carried out, stopped, looked at. Their answers go to the run's driver as inputs,
// exactly one for each effect that was not called off. Used on the harness's thread only; its coroutines keep the
// driver, and so this object, alive.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "event/effect.hpp"
#include "event/input.hpp"
#include "orchestrator/harness/tools.hpp"
#include "runtime/tool_output.hpp"

namespace orchestrator::harness::runtime {

class RunDriver;

/// How long a call that is being stopped may take to return, and a look at a call to say what it sees.
inline constexpr std::chrono::milliseconds kKillDeadline{2'000};
inline constexpr std::chrono::milliseconds kLookDeadline{30'000};

class ToolRunner {
 public:
  ToolRunner(RunDriver* driver, ToolRegistry tools, std::shared_ptr<const Workspace> workspace);
  ~ToolRunner();

  void prepare(event::effects::PrepareTool effect);
  void run(event::effects::RunTool effect);
  void verify(event::effects::VerifyTool effect);
  /// Stops a call. One that runs answers, at the kill deadline at the latest; one that was only looked at is let go.
  void cancel(const std::string& call_id);
  /// Stops everything and answers nothing any more.
  void stop();
  /// True while a call is under way.
  [[nodiscard]] bool is_busy() const { return !calls_.empty(); }

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;  // shared with the call's coroutine and timers

  enum class Kind : std::uint8_t { preparation, execution, verification };

  CallPtr begin(const std::string& call_id, const std::string& tool, std::uint32_t attempt, Kind kind);
  ToolContext context_of(const CallPtr& call, const std::string& key);
  [[nodiscard]] std::string restored(const std::string& tool, std::string arguments) const;
  void start_deadline(const CallPtr& call, std::chrono::milliseconds after);
  void ask_to_stop(const CallPtr& call);
  void give_up(const CallPtr& call);
  void judge(const CallPtr& call, const std::string& key, std::string arguments, event::inputs::ToolPrepared input,
             std::chrono::milliseconds rules_time);
  void answer_execution(const CallPtr& call, const std::exception_ptr& failure, ToolResult result);
  [[nodiscard]] ToolResult stopped_result(const Call& call) const;
  void end(const CallPtr& call);
  boost::asio::awaitable<ToolResult> execute_when_durable(CallPtr call, event::effects::RunTool effect);

  RunDriver* driver_;  // outlives this: it owns it
  ToolRegistry tools_;
  std::shared_ptr<const Workspace> workspace_;  // shared with the contexts of calls
  std::map<std::string, CallPtr> calls_;        // under way, by id
};

}  // namespace orchestrator::harness::runtime
