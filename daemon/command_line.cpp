// SPDX-License-Identifier: Apache-2.0
#include "daemon/command_line.hpp"

#include <array>
#include <string_view>

#include "cli/display/quoted_text.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::daemon {
namespace {

constexpr auto kFlags =
    std::to_array<std::string_view>({"--listen", "--socket", "--store", "--config", "--help", "--version"});

}  // namespace

std::expected<CommandLine, std::string> parse_daemon_line(const std::vector<std::string>& words) {
  CommandLine line;
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string name = words[at];
    if (name == "--help" || name == "-h") {
      line.wants_help = true;
      continue;
    }
    if (name == "--version") {
      line.wants_version = true;
      continue;
    }
    std::optional<std::string> value;
    if (const std::size_t sign = name.find('='); name.starts_with("--") && sign != std::string::npos) {
      value = name.substr(sign + 1);
      name.resize(sign);
    }
    const bool takes_value = name == "--listen" || name == "--socket" || name == "--store" || name == "--config";
    if (!takes_value) {
      return std::unexpected("unknown word " + cli::quoted_text(name) + harness::event::did_you_mean(name, kFlags) +
                             "; orchestratord takes --listen, --socket, --store and --config");
    }
    if (!value && at + 1 < words.size()) value = words[++at];
    if (!value || value->empty()) return std::unexpected(name + " needs a value");
    if (name == "--listen") line.listen = *value;
    if (name == "--socket") line.socket = *value;
    if (name == "--store") line.store = *value;
    if (name == "--config") line.config = *value;
  }
  return line;
}

std::string daemon_help() {
  return "usage: orchestratord [FLAG...]\n"
         "\n"
         "Runs agents for other programs, over HTTP on this machine. Stays in the foreground, logs to stderr.\n"
         "\n"
         "Flags:\n"
         "  --listen HOST:PORT   where to listen; default 127.0.0.1:7717; port 0: any that is free\n"
         "  --socket PATH        listen on this Unix socket as well\n"
         "  --store URL          where the runs are, as for orchestrator\n"
         "  --config FILE        a configuration in place of the user's\n"
         "  --version            print the version\n"
         "  --help               print this\n"
         "\n"
         "Clients send the token of $XDG_STATE_HOME/orchestrator/daemon/token, which the first start makes.\n";
}

}  // namespace orchestrator::daemon
