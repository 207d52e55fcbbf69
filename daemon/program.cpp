// SPDX-License-Identifier: Apache-2.0
#include "daemon/program.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <utility>

#include "cli/commands/command_context.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/run_request.hpp"
#include "cli/daemon/daemon_record.hpp"
#include "daemon/access/token_file.hpp"
#include "daemon/command_line.hpp"
#include "daemon/daemon.hpp"
#include "event/runtime_version.hpp"
#include "journal/postgres_address.hpp"

namespace orchestrator::daemon {
namespace {

using cli::ExitStatus;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using namespace std::chrono_literals;

constexpr auto kStopPatience = 3s;

/// Keys are in memory, and must not come into a core file.
void forbid_core_files() {
  const rlimit none{0, 0};
  static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
}

Result<std::string> daemon_folder(const cli::Configuration& configuration) {
  if (const auto& state = configuration.folders().state; state) return *state + "/daemon";
  return fail(RuntimeErrorCode::configuration_invalid,
              "there is no folder for the token: neither XDG_STATE_HOME nor HOME is set", "XDG_STATE_HOME");
}

Result<cli::Configuration> load(const CommandLine& line, const cli::Environment& environment) {
  cli::ConfigurationSources sources;
  sources.environment = environment;
  if (line.store) sources.flags.emplace("store", *line.store);
  sources.explicit_file = line.config;
  return cli::Configuration::load(sources);
}

Result<DaemonOptions> read_options(const CommandLine& line, const cli::Configuration& configuration,
                                   const std::string& folder) {
  DaemonOptions options;
  auto address = ListenAddress::parse(line.listen);
  if (!address) return std::unexpected(std::move(address.error()));
  options.address = *std::move(address);
  options.socket_path = line.socket;
  auto defaults = cli::make_run_request(cli::Invocation(), configuration);
  if (!defaults) return std::unexpected(std::move(defaults.error()));
  options.defaults = *std::move(defaults);
  options.sessions.history = configuration.history();
  auto token = load_token(folder + "/token");
  if (!token) return std::unexpected(std::move(token.error()));
  options.tokens.push_back({*std::move(token), Principal{"owner", Role::admin}});
  options.private_folder = configuration.folders().state.value_or("");
  return options;
}

void tell_recovery(cli::Notes& notes, const Result<Recovery>& recovery) {
  if (!recovery) {
    notes.note_from_any_thread("runs could not be looked through: " + recovery.error().message);
    return;
  }
  if (recovery->resumed > 0) notes.note_from_any_thread("runs that went on: " + std::to_string(recovery->resumed));
  if (recovery->imported > 0) {
    notes.note_from_any_thread(
        "runs that came out of files, and were left as they are: " + std::to_string(recovery->imported) +
        "; `orchestrator resume RUN --trust-imported` goes on with one");
  }
  for (const harness::Error& failure : recovery->failures) {
    notes.note_from_any_thread("a run was left as it is: " + failure.message);
  }
}

/// Lets the command line find this daemon, unless it finds another one that still runs.
void leave_record(cli::Notes& notes, const std::string& folder, const cli::DaemonRecord& record) {
  const auto other = cli::read_record(folder);
  if (other && *other && cli::is_running(**other)) {
    notes.note_from_any_thread("the command line goes on with the daemon that runs at http://" + (*other)->address);
    return;
  }
  if (const auto written = cli::write_record(folder, record); !written) {
    notes.note_from_any_thread("the command line will not find this daemon: " + written.error().message);
  }
}

/// Waits for the first signal; from then on a second one leaves at once.
void wait_for_signal(boost::asio::io_context& context, boost::asio::signal_set& signals) {
  signals.async_wait([&](const boost::system::error_code&, int) { context.stop(); });
  context.run();
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, SIG_DFL);
}

ExitStatus serve(cli::CommandContext& context, const CommandLine& line) {
  // Before any thread is made: it is the main thread's, and those that come after have it blocked nowhere.
  boost::asio::io_context signal_context(1);
  boost::asio::signal_set signals(signal_context, SIGINT, SIGTERM);
  auto configuration = load(line, context.environment);
  if (!configuration) return cli::report(context, configuration.error());
  auto folder = daemon_folder(*configuration);
  if (!folder) return cli::report(context, folder.error());
  auto options = read_options(line, *configuration, *folder);
  if (!options) return cli::report(context, options.error());
  auto url = cli::store_url(*configuration);
  if (!url) return cli::report(context, url.error());
  const bool is_lasting = cli::is_lasting(*configuration);
  // The address as it is shown: no password comes into another file, and a new one does not make other keys.
  auto keys = IdempotencyKeys::open(is_lasting ? *folder + "/keys.sqlite" : harness::storage::kInMemory,
                                    harness::journal::without_passwords(*url));
  if (!keys) return cli::report(context, keys.error());
  auto access = AccessRecords::open(is_lasting ? *folder + "/access.sqlite" : harness::storage::kInMemory);
  if (!access) return cli::report(context, access.error());
  auto harness = cli::make_harness(context, *configuration);
  if (!harness) return cli::report(context, harness.error());

  options->note = [&notes = context.notes](const std::string& line) { notes.note_from_any_thread(line); };
  Daemon daemon(*harness, *std::move(options), DaemonRecords{*std::move(keys), *std::move(access)});
  const auto address = daemon.start();
  if (!address) return cli::report(context, address.error());
  const cli::DaemonRecord record = cli::own_record(address->str(), cli::store_name(*url));
  leave_record(context.notes, *folder, record);
  context.notes.note_from_any_thread("orchestratord " + std::string(harness::event::runtime_version()) +
                                     " listens on http://" + address->str() + ", token in " + *folder + "/token");
  if (is_lasting) {
    daemon.recover([&notes = context.notes](const Result<Recovery>& recovery) { tell_recovery(notes, recovery); });
  }
  wait_for_signal(signal_context, signals);
  context.notes.note_from_any_thread("stopping");
  const std::size_t left = daemon.stop(kStopPatience);
  cli::remove_record(*folder, record);
  if (left > 0) {
    context.notes.note_from_any_thread(std::to_string(left) + " runs are left where they are; the next start goes on");
    // Closing the harness would abort them. Their journals are whole at every moment, as after a crash.
    std::_Exit(static_cast<int>(ExitStatus::done));
  }
  return ExitStatus::done;
}

ExitStatus carry_out(const std::vector<std::string>& words) {
  const cli::Environment environment = cli::process_environment();
  const cli::Terminal terminal = cli::find_terminal(environment);
  cli::Output out(STDOUT_FILENO);
  cli::Notes notes(STDERR_FILENO, terminal);
  const auto line = parse_daemon_line(words);
  if (!line) {
    notes.error(line.error());
    return ExitStatus::usage;
  }
  static const cli::CommandSpec kSpec{.name = "daemon"};
  cli::Invocation invocation;
  invocation.command = &kSpec;
  cli::CommandContext context{invocation, environment, terminal, out, notes};
  if (line->wants_help || line->wants_version) {
    out.write(line->wants_help ? daemon_help()
                               : "orchestratord " + std::string(harness::event::runtime_version()) + "\n");
    return cli::finish_output(context, ExitStatus::done);
  }
  return serve(context, *line);
}

void last_words(const char* what) {
  cli::Notes(STDERR_FILENO, cli::Terminal{}).error(std::string("an internal error, please report it: ") + what);
}

}  // namespace

int run_daemon(const std::vector<std::string>& words) noexcept {
  std::signal(SIGPIPE, SIG_IGN);
  forbid_core_files();
  try {
    return static_cast<int>(carry_out(words));
  } catch (const std::exception& error) {
    last_words(error.what());
  } catch (...) {
    last_words("unknown");
  }
  return static_cast<int>(ExitStatus::failed);
}

}  // namespace orchestrator::daemon
