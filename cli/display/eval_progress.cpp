// SPDX-License-Identifier: Apache-2.0
#include "cli/display/eval_progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "cli/display/amount_text.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::size_t kBarWidth = 20;
constexpr std::string_view kClearLine = "\r\x1b[2K";

}  // namespace

EvalProgressLine::EvalProgressLine(int descriptor, const Terminal& terminal)
    : descriptor_(descriptor), is_shown_(terminal.err_is_terminal), columns_(terminal.columns) {}

std::string EvalProgressLine::text_of(const harness::EvalProgress& progress, std::size_t columns) {
  const std::size_t full = progress.total == 0 ? 0 : kBarWidth * progress.done / progress.total;
  std::string text = "[" + std::string(full, '#') + std::string(kBarWidth - full, '-') + "] " +
                     std::to_string(progress.done) + "/" + std::to_string(progress.total) + "  " +
                     std::to_string(progress.passed) + " passed";
  if (progress.failed_runs > 0) {
    text += "  " + std::to_string(progress.failed_runs) + " failed";
  }
  if (progress.cost_micro_usd.known > 0) {
    text += "  " + cost_text(progress.cost_micro_usd.known);
  }
  text.resize(std::min(text.size(), columns));
  return text;
}

void EvalProgressLine::show(const harness::EvalProgress& progress) {
  if (is_shown_) {
    put(std::string(kClearLine) + text_of(progress, columns_ - 1));
  }
}

void EvalProgressLine::clear() {
  if (is_shown_) {
    put(std::string(kClearLine));
  }
}

void EvalProgressLine::put(const std::string& text) const {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written <= 0 && errno != EINTR) {
      return;
    }
    rest.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
}

}  // namespace orchestrator::cli
