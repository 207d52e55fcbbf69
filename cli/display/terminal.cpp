// SPDX-License-Identifier: Apache-2.0
#include "cli/display/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace orchestrator::cli {
namespace {

constexpr std::size_t kColumnsLeast = 20;
constexpr std::size_t kColumnsMost = 500;
constexpr std::size_t kColumnsUnknown = 80;

std::size_t find_columns(const Environment& environment) {
  std::size_t columns = 0;
  if (const auto text = environment("COLUMNS"); text) {
    std::from_chars(text->data(), text->data() + text->size(), columns);
  }
  winsize size{};
  if (columns == 0 && (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)) {
    columns = size.ws_col;
  }
  return columns == 0 ? kColumnsUnknown : std::clamp(columns, kColumnsLeast, kColumnsMost);
}

}  // namespace

Terminal find_terminal(const Environment& environment) {
  Terminal terminal;
  terminal.in_is_terminal = isatty(STDIN_FILENO) == 1;
  terminal.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.err_is_terminal = isatty(STDERR_FILENO) == 1;
  const std::string term = environment("TERM").value_or("");
  terminal.err_colour =
      terminal.err_is_terminal && !term.empty() && term != "dumb" && environment("NO_COLOR").value_or("").empty();
  terminal.columns = find_columns(environment);
  return terminal;
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

}  // namespace orchestrator::cli
