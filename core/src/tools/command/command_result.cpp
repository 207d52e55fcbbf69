// SPDX-License-Identifier: Apache-2.0
#include "tools/command/command_result.hpp"

#include <string.h>

#include <string>
#include <string_view>
#include <utility>

#include "tools/command/terminal_text.hpp"

namespace orchestrator::harness::tools {

namespace {

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

std::string end_of(const SandboxOutcome& outcome) {
  const ChildOutcome& child = *outcome.child;
  if (child.end == ChildEnd::cancelled) return "cancelled; the command and all of its processes were ended";
  if (child.end == ChildEnd::deadline) return "out of time; the command and all of its processes were ended";
  if (child.signal != 0)
    return "ended by signal " + std::to_string(child.signal) + " (" + signal_name(child.signal) + ")";
  std::string text = "exit code " + std::to_string(child.exit_code);
  // As shells report it; a program may also exit with such a code.
  if (child.exit_code > 128 && child.exit_code <= 128 + 64) {
    text +=
        " (128 + " + std::to_string(child.exit_code - 128) + ": ended by " + signal_name(child.exit_code - 128) + ")";
  }
  return text;
}

struct Shown {
  std::string text;
  bool is_whole;  // the text is the bytes
};

Shown show(std::string_view name, const OutputCapture& capture) {
  if (capture.total_bytes() == 0) return {{}, true};
  std::string text = std::string(name) + " (" + std::to_string(capture.total_bytes()) + " bytes):\n";
  if (is_binary(capture.kept())) return {text + "[binary, not shown]\n", false};
  const std::string head = plain_text(capture.head());
  text += head;
  if (capture.is_cut()) {
    text += "\n[output_truncated: " + std::to_string(capture.left_out_bytes()) + " bytes left out here]\n";
    text += plain_text(capture.tail());
  }
  if (!text.ends_with('\n')) text += '\n';
  return {std::move(text), !capture.is_cut() && head == capture.kept()};
}

// Both streams, one after the other, as bytes.
SharedBytes whole_output(const ChildOutcome& child) {
  std::string bytes;
  const auto add = [&bytes](std::string_view name, const OutputCapture& capture) {
    if (capture.total_bytes() == 0) return;
    bytes.append("== ").append(name).append(", ").append(std::to_string(capture.kept().size())).append(" of ");
    bytes.append(std::to_string(capture.total_bytes())).append(" bytes ==\n").append(capture.kept()).append("\n");
  };
  add("stdout", child.out);
  add("stderr", child.err);
  return SharedBytes(std::move(bytes));
}

}  // namespace

ToolResult command_result(const SandboxOutcome& outcome) {
  const ChildOutcome& child = *outcome.child;
  if (!child.started) {
    const bool is_late = child.end == ChildEnd::deadline;
    ToolResult result = ToolResult::failure(
        is_late ? ToolErrorCode::tool_timeout : ToolErrorCode::tool_cancelled,
        is_late ? "out of time before the command was started" : "cancelled before the command was started");
    if (!is_late) result.outcome = ToolOutcome::cancelled;
    return result;
  }
  std::string text = end_of(outcome) + "\n";
  if (outcome.left_running > 0) {
    text += "child_left_running: " + std::to_string(outcome.left_running) +
            " processes had outlived the command and were killed; nothing goes on in the background\n";
  }
  const Shown out = show("stdout", child.out);
  const Shown err = show("stderr", child.err);
  text += out.text + err.text;
  ToolResult result = ToolResult::text(std::move(text));
  if (!out.is_whole || !err.is_whole) result.full_output = whole_output(child);
  if (child.end == ChildEnd::deadline) {
    result.error = ToolError{ToolErrorCode::tool_timeout,
                             "the command was ended at its time limit; what it had done "
                             "by then stays done",
                             {},
                             {}};
    result.outcome = ToolOutcome::error;
  } else if (child.end == ChildEnd::cancelled) {
    result.error = ToolError{ToolErrorCode::tool_cancelled,
                             "the command was cancelled; what it had done by then stays "
                             "done",
                             {},
                             {}};
    result.outcome = ToolOutcome::unknown;
  }
  return result;
}

}  // namespace orchestrator::harness::tools
