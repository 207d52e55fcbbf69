// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/question_text.hpp"

#include <algorithm>

#include "cli/display/escaped_text.hpp"

namespace orchestrator::cli {
namespace {

std::string length_of(const std::string& text) {
  const auto lines = std::ranges::count(text, '\n') + (text.empty() || text.ends_with('\n') ? 0 : 1);
  return std::to_string(text.size()) + (text.size() == 1 ? " byte, " : " bytes, ") + std::to_string(lines) +
         (lines == 1 ? " line" : " lines");
}

}  // namespace

std::string question_text(const OpenQuestion& question, std::size_t columns) {
  const auto& raised = question.raised;
  std::string out = raised.kind == harness::InterruptKind::clarification
                        ? "What became of a call of " + escaped_line(raised.tool) + " is not known\n"
                        : "The model wants to call " + escaped_line(raised.tool) + "\n";
  out += "  call       " + escaped_line(raised.call_id) + "\n";
  if (!raised.reason.empty()) {
    out += "  asked      " + escaped_line(raised.reason) + ": it may carry out what others wrote there\n";
  }
  for (const harness::ToolTarget& target : raised.targets) {
    out += "  touches    " + escaped_line(target.name) +
           (target.content ? " (now sha256 " + target.content->str() + ")" : "") + "\n";
  }
  if (!question.arguments.empty() && question.arguments != raised.shown) {
    out += "  arguments, " + length_of(question.arguments) + ":\n" + escaped_block(question.arguments, columns);
  }
  out += std::string(question.arguments == raised.shown ? "  arguments, " : "  what will run, ") +
         length_of(raised.shown) + ", sha256 " + raised.shown_hash.str() + ":\n" + escaped_block(raised.shown, columns);
  return out;
}

}  // namespace orchestrator::cli
