// SPDX-License-Identifier: Apache-2.0
#include "cli/display/notes.hpp"

#include <unistd.h>

#include <cerrno>

#include "cli/display/text_filter.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::size_t kNoteBytesMax = 4'000;

std::string dimmed(std::string_view text, bool colour) {
  return colour ? std::string(kDim).append(text).append(kPlain) : std::string(text);
}

}  // namespace

void Notes::note(std::string_view text) {
  end_line();
  put(dimmed(one_line(text, kNoteBytesMax), colour_) + "\n");
}

void Notes::error(std::string_view text) {
  end_line();
  put("orchestrator: " + one_line(text, kNoteBytesMax) + "\n");
}

void Notes::running_text(std::string_view text) {
  if (text.empty()) {
    return;
  }
  line_open_ = text.back() != '\n';
  put(dimmed(text, colour_));
}

void Notes::block(std::string_view text) {
  end_line();
  put(text);
}

void Notes::end_line() {
  if (line_open_) {
    line_open_ = false;
    put("\n");
  }
}

void Notes::note_from_any_thread(std::string_view text) const {
  put(dimmed(one_line(text, kNoteBytesMax), colour_) + "\n");
}

void Notes::put(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace orchestrator::cli
