// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words after `orchestratord`. A value and pure functions.

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace orchestrator::daemon {

struct CommandLine {
  std::string listen = "127.0.0.1:7717";
  std::string socket;                 // empty: none
  std::optional<std::string> store;   // as of the command line tool
  std::optional<std::string> config;  // a file in place of the user's
  bool wants_help = false;
  bool wants_version = false;
};

/// An error is one line that names the word and what is allowed.
[[nodiscard]] std::expected<CommandLine, std::string> parse_daemon_line(const std::vector<std::string>& words);

/// The text of --help, with a line end.
[[nodiscard]] std::string daemon_help();

}  // namespace orchestrator::daemon
