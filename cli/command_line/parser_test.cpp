// SPDX-License-Identifier: Apache-2.0
// Goal: a command line becomes the command that was meant, and every mistake is answered with the word that is wrong
// and what is allowed. Method: words in, whole invocations or messages compared.

#include "cli/command_line/parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/command_line/help_text.hpp"

namespace orchestrator::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Invocation parse(const std::vector<std::string>& words) {
  auto parsed = parse_command_line(words);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  if (!parsed || !std::holds_alternative<Invocation>(*parsed)) {
    ADD_FAILURE() << "no invocation";
    return {};
  }
  return std::get<Invocation>(*parsed);
}

std::string refusal(const std::vector<std::string>& words) {
  auto parsed = parse_command_line(words);
  EXPECT_FALSE(parsed) << (words.empty() ? "" : words.front());
  return parsed ? "" : parsed.error().message;
}

HelpWanted help(const std::vector<std::string>& words) {
  auto parsed = parse_command_line(words);
  EXPECT_TRUE(parsed && std::holds_alternative<HelpWanted>(*parsed));
  return parsed && std::holds_alternative<HelpWanted>(*parsed) ? std::get<HelpWanted>(*parsed) : HelpWanted{};
}

TEST(Parser, FindsCommandsOfOneAndTwoWords) {
  EXPECT_EQ(parse({"run", "hello"}).command, find_command("run"));
  EXPECT_EQ(parse({"runs", "list"}).command, find_command("runs list"));
  EXPECT_EQ(parse({"--version"}).command, find_command("version"));
}

TEST(Parser, TakesFlagsAnywhereAfterTheCommand) {
  const Invocation run = parse({"run", "--set", "seed=1", "hello", "--json", "--set=stop=x", "--model", "a/b"});
  EXPECT_THAT(run.arguments, ElementsAre("hello"));
  EXPECT_THAT(run.values("--set"), ElementsAre("seed=1", "stop=x"));
  EXPECT_EQ(run.value("--model"), "a/b");
  EXPECT_TRUE(run.has("--json"));
  EXPECT_FALSE(run.has("--system"));
  EXPECT_EQ(run.value("--system"), std::nullopt);
}

TEST(Parser, KeepsOddTextAsItIs) {
  for (const std::string text : {"-", "", " ", "[1,2,3]", "++", "a=b", "\"q\"", "%%", "{}", "\xc3\xa4"}) {
    EXPECT_THAT(parse({"run", text}).arguments, ElementsAre(text));
    EXPECT_EQ(parse({"run", "--system", text}).value("--system"), text);
  }
  EXPECT_THAT(parse({"run", "--", "--json"}).arguments, ElementsAre("--json"));
  EXPECT_EQ(parse({"run", "--system", "--json"}).value("--system"), "--json");
  EXPECT_THAT(parse({"hint", "run_01", "--", "-5"}).arguments, ElementsAre("run_01", "-5"));
}

TEST(Parser, AnswersUnknownNamesWithTheNearest) {
  EXPECT_EQ(refusal({"rnu"}), "unknown command 'rnu'; did you mean 'run'?");
  EXPECT_EQ(refusal({"runs", "lst"}), "unknown command 'runs lst'; did you mean 'list'?");
  EXPECT_EQ(refusal({"run", "--modle", "x"}), "unknown flag '--modle'; did you mean '--model'?");
  EXPECT_THAT(refusal({"frobnicate"}), HasSubstr("`orchestrator --help` lists them"));
  EXPECT_THAT(refusal({"run", "-5"}), HasSubstr("text that begins with '-' goes after '--'"));
  EXPECT_THAT(refusal({"--json", "run"}), HasSubstr("flags follow their command"));
}

TEST(Parser, NamesWhatIsMissingOrTooMuch) {
  EXPECT_THAT(refusal({}), HasSubstr("a command is missing"));
  EXPECT_THAT(refusal({"runs"}), HasSubstr("needs one of: list, show, events"));
  EXPECT_EQ(refusal({"run", "--model"}), "--model needs a value: PROVIDER/MODEL");
  EXPECT_EQ(refusal({"run", "--json=yes", "x"}), "--json takes no value");
  EXPECT_EQ(refusal({"run", "--model", "a/b", "--model", "c/d"}), "--model is given twice");
  EXPECT_THAT(refusal({"abort"}), HasSubstr("RUN is missing"));
  EXPECT_THAT(refusal({"run", "hello", "there"}), HasSubstr("'there' is one argument too many; quote PROMPT"));
  EXPECT_THAT(refusal({"doctor", "now"}), HasSubstr("takes no argument"));
}

TEST(Parser, NamesBothOfConflictingFlags) {
  EXPECT_EQ(refusal({"run", "x", "--remember", "--no-remember"}), "--remember and --no-remember exclude each other");
  EXPECT_EQ(refusal({"sessions", "delete", "s", "--yes", "--dry-run"}), "--yes and --dry-run exclude each other");
}

TEST(Parser, ChecksChoices) {
  EXPECT_EQ(refusal({"completion", "tcsh"}), "SHELL is 'tcsh'; allowed: bash, zsh, fish");
  EXPECT_EQ(refusal({"runs", "list", "--status", "done"}),
            "--status is 'done'; allowed: active, completed, failed, aborted");
}

TEST(Parser, SaysWhenTheRestComes) {
  EXPECT_EQ(refusal({"mcp"}), "orchestrator mcp comes with 0.3.0");
  EXPECT_EQ(help({"mcp", "--help"}).command, find_command("mcp"));
}

TEST(Parser, KnowsEveryCommandOfTheContract) {
  for (const auto* name :
       {"run",           "chat",          "abort",           "pause",         "resume",        "hint",
        "approve",       "deny",          "checkpoint",      "runs list",     "runs show",     "runs events",
        "runs timeline", "runs search",   "runs export",     "runs import",   "runs verify",   "runs salvage",
        "runs diff",     "runs delete",   "runs prune",      "replay",        "fork",          "undo",
        "sessions list", "sessions show", "sessions delete", "memory list",   "memory search", "memory add",
        "memory forget", "memory export", "models list",     "models show",   "tools list",    "tools show",
        "gates list",    "gates try",     "gates validate",  "eval run",      "eval report",   "eval compare",
        "mcp",           "daemon start",  "daemon stop",     "daemon status", "daemon token",  "daemon logs",
        "doctor",        "version",       "completion"}) {
    EXPECT_NE(find_command(name), nullptr) << name;
  }
}

TEST(Parser, KnowsEveryRunFlagOfTheContract) {
  const auto& flags = find_command("run")->flags;
  for (const auto* name :
       {"--model",      "--fallback",  "--session", "--system", "--hint",          "--file",      "--tool",
        "--no-tools",   "--workspace", "--approve", "--gates",  "--output-schema", "--max-turns", "--max-output-tokens",
        "--budget-usd", "--timeout",   "--set",     "--store",  "--no-daemon",     "--detach",    "--json"}) {
    EXPECT_NE(std::ranges::find(flags, name, &FlagSpec::name), flags.end()) << name;
  }
}

TEST(Parser, EscapesBytesThatAreNoText) {
  EXPECT_EQ(refusal({"run", "ab\xff\x1b"}), "argument 2 'ab\\xff\\x1b' is not valid UTF-8 (byte 2)");
}

TEST(Parser, GivesHelp) {
  EXPECT_EQ(help({"--help"}).command, nullptr);
  EXPECT_EQ(help({"run", "-h"}).command, find_command("run"));
  EXPECT_EQ(help({"help", "runs", "list"}).command, find_command("runs list"));
  EXPECT_EQ(help({"runs", "--help"}).group, find_group("runs"));
  EXPECT_EQ(help({"help", "runs"}).group, find_group("runs"));
  EXPECT_THAT(refusal({"help", "rnu"}), HasSubstr("did you mean 'run'"));
}

TEST(Help, HasSummaryUsageFlagsAndExamplesForEveryCommand) {
  for (const CommandSpec& command : command_table()) {
    const std::string text = help_text({&command, nullptr});
    EXPECT_THAT(text, HasSubstr(std::string(command.summary))) << command.name;
    if (!command.since.empty()) {
      EXPECT_THAT(text, HasSubstr("comes with version " + std::string(command.since))) << command.name;
      continue;
    }
    EXPECT_THAT(text, HasSubstr("usage: orchestrator " + std::string(command.name))) << command.name;
    EXPECT_THAT(text, HasSubstr("Examples:\n  ")) << command.name;
    EXPECT_FALSE(command.examples.empty()) << command.name;
    for (const FlagSpec& flag : command.flags) {
      EXPECT_THAT(text, HasSubstr(std::string(flag.name))) << command.name;
    }
  }
}

TEST(Help, StaysWithinItsWidth) {
  for (const CommandSpec& command : command_table()) {
    std::string text = help_text({&command, nullptr});
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = text.find('\n', start);
      EXPECT_LE(end - start, 120U) << text.substr(start, end - start);
      start = end + 1;
    }
  }
}

TEST(Help, ListsEveryCommand) {
  const std::string text = help_text({});
  for (const CommandSpec& command : command_table()) {
    EXPECT_THAT(text, HasSubstr("\n  " + std::string(command.name) + " "));
  }
}

}  // namespace
}  // namespace orchestrator::cli
