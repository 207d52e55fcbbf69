// SPDX-License-Identifier: Apache-2.0
// `orchestrator replay` and `orchestrator runs token`
#include <algorithm>
#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/commands/stop_signals.hpp"
#include "cli/configuration/quantity.hpp"
#include "cli/control/control_socket.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/store/blocking_wait.hpp"
#include "cli/store/run_reference.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using harness::StreamEvent;

constexpr std::string_view kTokenPrefix = "rpt1.";

Result<std::optional<std::uint64_t>> seq_of(const Invocation& invocation, const std::string& flag) {
  const auto text = invocation.value(flag);
  if (!text) {
    return std::nullopt;
  }
  const auto seq = parse_count(*text, 1, 1'000'000'000'000);
  if (!seq) {
    return fail(RuntimeErrorCode::invalid_argument, flag + " " + seq.error(), flag);
  }
  return *seq;
}

/// A harness that has a store, and no provider or tool to call.
Result<harness::Harness> bare_harness(const Configuration& configuration) {
  auto url = store_url(configuration);
  if (!url) {
    return std::unexpected(std::move(url.error()));
  }
  return harness::HarnessBuilder().store(*std::move(url)).limits(configuration.limits()).build();
}

Result<harness::RunHandle> start(const CommandContext& context, harness::Harness& harness,
                                 harness::ReplayOptions options) {
  const std::string& argument = context.invocation.arguments.front();
  if (argument.starts_with(kTokenPrefix)) {
    auto token = harness::ReplayToken::parse(argument);
    if (!token) {
      return std::unexpected(std::move(token.error()));
    }
    return harness.replay(*std::move(token), std::move(options));
  }
  StoreReader store(harness.store());
  auto run_id = find_run(store, argument);
  if (!run_id) {
    return std::unexpected(std::move(run_id.error()));
  }
  return harness.replay(*run_id, std::move(options));
}

std::string rate_text(std::uint64_t events, std::uint64_t elapsed_us) {
  return std::to_string(events * 1'000'000 / std::max<std::uint64_t>(elapsed_us, 1)) + " events/s";
}

/// What a replay has shown, as far as it was read.
struct Findings {
  std::optional<harness::events::ParentRef> source;
  std::optional<harness::events::ReplayMatched> matched;
  std::optional<harness::events::ReplayDiverged> diverged;
};

void see(Findings& findings, const StreamEvent& event) {
  if (const auto* started = event.get_if<StreamEvent::RunStarted>(); started != nullptr) {
    findings.source = started->parent;
  }
  if (const auto* matched = event.get_if<StreamEvent::ReplayMatched>(); matched != nullptr) {
    findings.matched = *matched;
  }
  if (const auto* diverged = event.get_if<StreamEvent::ReplayDiverged>(); diverged != nullptr) {
    findings.diverged = *diverged;
  }
}

void tell_match(CommandContext& context, const Findings& findings, const StreamEvent& terminal) {
  const auto& matched = *findings.matched;
  for (const std::string& difference : matched.differences) {
    context.notes.note(difference);
  }
  context.out.write("matched: " + std::to_string(matched.events) + " events of " +
                    (findings.source ? findings.source->run_id.str() : "the run") + ", byte for byte, in " +
                    duration_text(terminal.meta.elapsed_us) + " (" +
                    rate_text(matched.events, terminal.meta.elapsed_us) + ")\n");
}

void tell_difference(CommandContext& context, const harness::events::ReplayDiverged& diverged) {
  context.notes.error("event " + std::to_string(diverged.seq) + " came out differently" +
                      (diverged.field.empty() ? "" : " at " + diverged.field));
  context.notes.note("expected " + diverged.expected);
  context.notes.note("found    " + diverged.found);
}

ExitStatus follow(CommandContext& context, harness::RunHandle& run) {
  const bool json = context.invocation.has("--json");
  const bool quiet = context.invocation.has("--quiet");
  Findings findings;
  std::optional<StreamEvent> terminal;
  for (const StreamEvent& event : run.events()) {
    see(findings, event);
    if (json && !quiet) {
      context.out.write(event.json() + "\n");
    }
    if (event.is_terminal()) {
      terminal = event;
    }
  }
  if (run.error()) {
    return report(context, *run.error());
  }
  if (!terminal) {
    return ExitStatus::failed;
  }
  if (findings.matched && !json && !quiet) {
    tell_match(context, findings, *terminal);
  } else if (findings.diverged) {
    tell_difference(context, *findings.diverged);
  } else if (const auto* error = terminal->get_if<StreamEvent::Error>(); error != nullptr) {
    return report(context, error->error);
  }
  return exit_status_of(*terminal);
}

ExitStatus show_token(CommandContext& context, const harness::ReplayToken& token) {
  if (!context.invocation.has("--json")) {
    context.out.write(token.str() + "\n");
    return ExitStatus::done;
  }
  context.out.write(json_line({{"token", token.str()},
                               {"run_id", token.run_id.str()},
                               {"seq", token.seq},
                               {"head", token.head.str()},
                               {"request_hash", token.request.str()},
                               {"contexts_hash", token.contexts.str()},
                               {"tools_hash", token.tools.str()},
                               {"adapters_hash", token.adapters.str()},
                               {"runtime_version", token.runtime_version}}));
  return ExitStatus::done;
}

}  // namespace

ExitStatus replay_command(CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return report(context, configuration.error());
  }
  harness::ReplayOptions options;
  auto to_seq = seq_of(context.invocation, "--to");
  if (!to_seq) {
    return report(context, to_seq.error());
  }
  options.to_seq = *to_seq;
  if (context.invocation.value("--mode") == "compat") {
    options.mode = harness::ReplayMode::compat;
  }
  auto harness = bare_harness(*configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  auto run = start(context, *harness, std::move(options));
  if (!run) {
    return report(context, run.error());
  }
  StopSignals signals(harness->executor(), context.notes);
  signals.watch(run->id(), run->control());
  auto socket = ControlSocket::open(harness->executor(), configuration->folders(), run->id(), run->control());
  if (!socket) {
    context.notes.note("this run cannot be controlled by other processes: " + socket.error().message);
  }
  const ExitStatus status = follow(context, *run);
  signals.release();
  return status;
}

ExitStatus runs_token_command(CommandContext& context) {
  auto seq = seq_of(context.invocation, "--at");
  if (!seq) {
    return report(context, seq.error());
  }
  auto configuration = load_configuration(context);
  auto url = configuration ? store_url(*configuration) : std::unexpected(std::move(configuration.error()));
  auto store = url ? harness::open_store(*url) : std::unexpected(std::move(url.error()));
  if (!store) {
    return report(context, store.error());
  }
  StoreReader reader(*store);
  auto run_id = find_run(reader, context.invocation.arguments.front());
  if (!run_id) {
    return report(context, run_id.error());
  }
  auto token = wait_for(harness::replay_token(*store, *run_id, *seq));
  return token ? show_token(context, *token) : report(context, token.error());
}

}  // namespace orchestrator::cli
