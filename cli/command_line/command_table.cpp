// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/command_table.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "cli/command_line/daemon_table.hpp"
#include "cli/command_line/eval_table.hpp"
#include "cli/command_line/fork_table.hpp"
#include "cli/command_line/gates_table.hpp"
#include "cli/command_line/journal_table.hpp"
#include "cli/command_line/later_commands.hpp"
#include "cli/command_line/memory_table.hpp"
#include "cli/command_line/replay_table.hpp"
#include "cli/command_line/run_flags.hpp"
#include "cli/command_line/runs_table.hpp"

namespace orchestrator::cli {
namespace {

constexpr FlagSpec kJsonLines = {.name = "--json", .help = "JSON on stdout, one object a line"};
constexpr FlagSpec kJsonEvents = {.name = "--json", .help = "one event a line on stdout, and nothing else"};
constexpr FlagSpec kHelp = {.name = "--help", .help = "show this help"};
constexpr FlagSpec kDetach = {.name = "--detach", .help = "leave the run to the daemon, and print its run id"};
const ArgumentSpec kRun = {.name = "RUN", .help = "a run id, the beginning of one, or @last", .kind = ValueKind::run};
const ArgumentSpec kCall = {
    .name = "CALL", .help = "the call that waits; not needed where it is the only one", .required = false};
constexpr FlagSpec kShowOnly = {.name = "--dry-run", .help = "only show what is asked"};
constexpr std::string_view kAnswering =
    "Shows in full what the call would do, then records the answer. A run that another process holds goes on at\n"
    "once; one that no process holds goes on with `orchestrator resume`.";
const ArgumentSpec kSession = {
    .name = "SESSION", .help = "a session id or the beginning of one", .kind = ValueKind::session};

std::vector<CommandSpec> run_commands() {
  return {
      {.name = "run",
       .summary = "one run: ask a model and stream its answer",
       .description =
           "The answer goes to stdout as it comes, everything else to stderr. The prompt is the argument, or stdin\n"
           "where it is '-'. Ctrl-C aborts the run cleanly; a second one leaves at once. When the reader of stdout\n"
           "goes away, the run still goes on to its end and stays in the store.",
       .arguments = {{.name = "PROMPT", .help = "what to ask; '-' reads it from stdin", .required = false}},
       .flags = joined(joined(run_flags(), {kDetach, kJsonEvents}), store_flags()),
       .examples = "orchestrator run \"Name three rivers\"\n"
                   "orchestrator run --model openai/gpt-5.6 --file photo.png \"What is on this picture?\"\n"
                   "git diff | orchestrator run --system \"You review code\" -\n"
                   "orchestrator run --session ses_01K --set temperature=0.2 \"And the next one?\"\n"
                   "orchestrator run --workspace . \"Fix the failing test\"\n"
                   "orchestrator run --json \"Hello\" | jq -r .type\n"
                   "orchestrator run --detach \"Sum up the news\""},
      {.name = "chat",
       .summary = "the same, turn after turn, in one session",
       .description =
           "Each line is a message; a line that ends with \\ goes on with the next. Ctrl-D or /quit leaves,\n"
           "/help lists what else there is. Ctrl-C aborts the answer under way, or leaves at the prompt.",
       .arguments = {},
       .flags = joined(joined(run_flags(), {kJsonEvents}), store_flags()),
       .examples = "orchestrator chat\n"
                   "orchestrator chat --model local/smollm2-135m-instruct --system \"Answer in one sentence\"\n"
                   "orchestrator chat --session ses_01K"},
  };
}

std::vector<CommandSpec> control_commands() {
  const FlagSpec after_turn_abort = {.name = "--after-turn", .help = "let the turn under way come to its end first"};
  const FlagSpec after_turn_hint = {.name = "--after-turn",
                                    .help = "keep it until the model is done, then open a turn"};
  return {
      {.name = "abort",
       .summary = "end a run, at once or after its turn",
       .description = "A run that another process holds is aborted through that process; one that no process holds is\n"
                      "ended in the store. Aborting a run that has ended changes nothing.",
       .arguments = {kRun},
       .flags = joined({after_turn_abort, kJsonLines}, store_flags()),
       .examples = "orchestrator abort @last\norchestrator abort run_01K --after-turn"},
      {.name = "hint",
       .summary = "send a message into a run under way",
       .description = {},
       .arguments = {kRun, {.name = "TEXT", .help = "the message"}},
       .flags = joined({after_turn_hint, kJsonLines}, store_flags()),
       .examples = "orchestrator hint @last \"Keep it short\"\norchestrator hint @last --after-turn \"Now in French\""},
      {.name = "pause",
       .summary = "hold a run once the answer under way is there",
       .description = {},
       .arguments = {kRun},
       .flags = joined({kJsonLines}, store_flags()),
       .examples = "orchestrator pause @last"},
      {.name = "resume",
       .summary = "go on with a run that is paused, or that no process holds",
       .description = "A paused run that another process holds goes on there. A run that no process holds, because it\n"
                      "waited for an approval or its process was killed, goes on here, and is shown as `run` shows it.",
       .arguments = {kRun},
       .flags = joined({gates_flag(), redact_flag(), trust_imported_flag(), kJsonEvents}, store_flags()),
       .examples = "orchestrator resume @last\norchestrator resume run_01K --json"},
      {.name = "approve",
       .summary = "allow a tool call that waits",
       .description = kAnswering,
       .arguments = {kRun, kCall},
       .flags =
           joined({{.name = "--for-run", .help = "allow this tool for the rest of the run"}, kShowOnly, kJsonLines},
                  store_flags()),
       .examples = "orchestrator approve @last\norchestrator approve @last --dry-run\n"
                   "orchestrator approve run_01K call_1 --for-run"},
      {.name = "deny",
       .summary = "refuse a tool call that waits",
       .description = kAnswering,
       .arguments = {kRun, kCall},
       .flags = joined({{.name = "--reason", .value = "TEXT", .help = "why; the model is told"}, kShowOnly, kJsonLines},
                       store_flags()),
       .examples = "orchestrator deny @last\norchestrator deny run_01K call_1 --reason \"Not in this folder\""},
      {.name = "checkpoint",
       .summary = "name the present point of a run",
       .description = {},
       .arguments = {kRun, {.name = "LABEL", .help = "1 to 256 bytes of text"}},
       .flags = joined({kJsonLines}, store_flags()),
       .examples = "orchestrator checkpoint @last \"before the rewrite\""},
      {.name = "undo",
       .summary = "take back what a run did, last call first",
       .description =
           "Shows every step with its verdict, asks, and does exactly that, as a run of its own that can be taken\n"
           "back, too. What somebody has changed since the run is a conflict: it stays, unless --overwrite names\n"
           "it. Commands and what went over the network cannot be taken back. Exits with 7 when not all of it was.",
       .arguments = {kRun},
       .flags = joined({{.name = "--to",
                         .value = "SEQ|LABEL",
                         .help = "only calls that began after this event, or after this checkpoint"},
                        {.name = "--dry-run", .help = "only show what would be done"},
                        {.name = "--overwrite",
                         .value = "PATH",
                         .help = "lose what others changed here since; 'all': everywhere",
                         .repeated = true},
                        {.name = "--yes", .help = "do it without asking"},
                        trust_imported_flag(),
                        kJsonEvents},
                       store_flags()),
       .examples = "orchestrator undo @last --dry-run\norchestrator undo @last --to \"before the rewrite\"\n"
                   "orchestrator undo run_01K --overwrite notes.txt --yes"},
  };
}

std::vector<CommandSpec> list_commands() {
  const FlagSpec limit = {.name = "--limit", .value = "N", .help = "how many at most, 1 to 100000; default 20"};
  return {
      {.name = "runs list",
       .summary = "runs, newest first",
       .description = {},
       .arguments = {},
       .flags = joined(joined(joined({limit}, run_filter_flags()), {kJsonLines}), store_flags()),
       .examples = "orchestrator runs list\norchestrator runs list --status failed --limit 5\n"
                   "orchestrator runs list --json | jq -r .run_id"},
      {.name = "runs show",
       .summary = "one run: input, answer, usage and latencies",
       .description = {},
       .arguments = {kRun},
       .flags = joined({kJsonLines,
                        {.name = "--context",
                         .value = "TURN",
                         .help = "instead: what the request of this turn held, item by item; 'last' for the last one"},
                        {.name = "--with", .value = "TURN", .help = "with --context: what differs from that turn"}},
                       store_flags()),
       .examples = "orchestrator runs show @last\norchestrator runs show run_01K --json\n"
                   "orchestrator runs show @last --context last"},
      {.name = "runs events",
       .summary = "every event of a run",
       .description = {},
       .arguments = {kRun},
       .flags = joined({{.name = "--follow", .help = "wait for more until the run has ended"},
                        {.name = "--after", .value = "SEQ", .help = "only events after this one"},
                        kJsonEvents},
                       store_flags()),
       .examples = "orchestrator runs events @last\norchestrator runs events @last --follow --json"},
      {.name = "sessions list",
       .summary = "sessions, the last used first",
       .description = {},
       .arguments = {},
       .flags = joined({limit, kJsonLines}, store_flags()),
       .examples = "orchestrator sessions list"},
      {.name = "sessions show",
       .summary = "one session with its runs",
       .description = {},
       .arguments = {kSession},
       .flags = joined({kJsonLines}, store_flags()),
       .examples = "orchestrator sessions show ses_01K"},
      {.name = "sessions delete",
       .summary = "remove all runs of a session; cannot be taken back",
       .description = {},
       .arguments = {kSession},
       .flags = joined(
           {{.name = "--dry-run", .help = "only say what would go"}, {.name = "--yes", .help = "do it"}, kJsonLines},
           store_flags()),
       .examples = "orchestrator sessions delete ses_01K --dry-run\norchestrator sessions delete ses_01K --yes"},
      {.name = "tools list",
       .summary = "the tools that come with this program",
       .description = {},
       .arguments = {},
       .flags = {kJsonLines, kHelp},
       .examples = "orchestrator tools list\norchestrator tools list --json | jq -r .name"},
      {.name = "tools show",
       .summary = "one tool with its schema",
       .description = {},
       .arguments = {{.name = "NAME", .help = "the name of a tool", .kind = ValueKind::tool}},
       .flags = {kJsonLines, kHelp},
       .examples = "orchestrator tools show read_file\norchestrator tools show write_file --json"},
      {.name = "models list",
       .summary = "the models that are known here",
       .description = "A model that is not listed can be used as well: its name is passed on to its provider.",
       .arguments = {},
       .flags = joined({{.name = "--provider", .value = "NAME", .help = "only models of this provider"}, kJsonLines},
                       store_flags()),
       .examples = "orchestrator models list\norchestrator models list --provider openai --json"},
      {.name = "models show",
       .summary = "one model with its limits and prices",
       .description =
           "Prices are list prices of a dated table, for a million tokens. A model that the catalogue does not\n"
           "know is passed on to its provider, with unknown limits and prices.",
       .arguments = {{.name = "MODEL", .help = "its name, PROVIDER/MODEL"}},
       .flags = joined({kJsonLines}, store_flags()),
       .examples =
           "orchestrator models show openai/gpt-5-mini\norchestrator models show anthropic/claude-sonnet-5 --json"},
  };
}

std::vector<CommandSpec> own_commands() {
  return {
      {.name = "doctor",
       .summary = "what is in force, where it comes from, and what works",
       .description = "Shows every setting with its source (never the value of a secret), then checks the store, the\n"
                      "providers and the local model. Exit 1 where something that is configured does not work.",
       .arguments = {},
       .flags = joined({{.name = "--offline", .help = "connect to nothing"}, kJsonLines}, store_flags()),
       .examples = "orchestrator doctor\norchestrator doctor --offline"},
      {.name = "completion",
       .summary = "a completion script for your shell",
       .description = {},
       .arguments =
           {{.name = "SHELL", .help = "bash, zsh or fish", .kind = ValueKind::choice, .choices = "bash zsh fish"}},
       .flags = {{.name = "--help", .help = "show this help"}},
       .examples = "source <(orchestrator completion bash)\n"
                   "orchestrator completion zsh > \"${fpath[1]}/_orchestrator\"\n"
                   "orchestrator completion fish > ~/.config/fish/completions/orchestrator.fish"},
      {.name = "version",
       .summary = "the version of this program",
       .description = {},
       .arguments = {},
       .flags = {kJsonLines, {.name = "--help", .help = "show this help"}},
       .examples = "orchestrator version"},
      {.name = "help",
       .summary = "the help of a command",
       .description = {},
       .arguments = {{.name = "COMMAND", .help = "one or two words, such as: runs events", .required = false}},
       .flags = {{.name = "--help", .help = "show this help"}},
       .examples = "orchestrator help run"},
  };
}

constexpr auto kGroups = std::to_array<GroupSpec>({
    {"runs", "look at runs, find them, or remove some"},
    {"sessions", "look at sessions, or remove one"},
    {"models", "the models that are known here"},
    {"tools", "the tools that a run can have"},
    {"memory", "what is remembered over sessions"},
    {"gates", "rules for input, output and tools"},
    {"eval", "evaluations"},
    {"daemon", "the daemon"},
});

std::vector<CommandSpec> make_table() {
  std::vector<CommandSpec> table;
  for (auto part : {run_commands(), control_commands(), list_commands(), runs_commands(), journal_commands(),
                    memory_commands(), gates_commands(), eval_commands(), replay_commands(), fork_commands(),
                    daemon_commands(), own_commands(), later_commands()}) {
    std::ranges::move(part, std::back_inserter(table));
  }
  return table;
}

}  // namespace

const std::vector<CommandSpec>& command_table() {
  static const std::vector<CommandSpec> table = make_table();
  return table;
}

std::span<const GroupSpec> group_table() { return kGroups; }

const CommandSpec* find_command(std::string_view name) {
  const auto found = std::ranges::find(command_table(), name, &CommandSpec::name);
  return found == command_table().end() ? nullptr : &*found;
}

const GroupSpec* find_group(std::string_view name) {
  const auto found = std::ranges::find(kGroups, name, &GroupSpec::name);
  return found == kGroups.end() ? nullptr : &*found;
}

std::vector<const CommandSpec*> commands_of(std::string_view group) {
  std::vector<const CommandSpec*> commands;
  for (const CommandSpec& command : command_table()) {
    const std::size_t space = command.name.find(' ');
    if (space != std::string_view::npos && command.name.substr(0, space) == group) {
      commands.push_back(&command);
    }
  }
  return commands;
}

}  // namespace orchestrator::cli
