// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/help_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace orchestrator::cli {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kLeftColumnsMax = 30;

using Row = std::pair<std::string, std::string>;

/// Breaks `text` at spaces into lines of at most `width` columns.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) {
      lines.emplace_back();
    }
    lines.back().append(lines.back().empty() ? "" : " ").append(word);
    start = end + 1;
  }
  return lines;
}

void append_rows(std::string& out, const std::vector<Row>& rows) {
  std::size_t left = 0;
  for (const auto& [name, help] : rows) {
    left = std::max(left, std::min(name.size(), kLeftColumnsMax));
  }
  for (const auto& [name, help] : rows) {
    out.append("  ").append(name);
    if (name.size() > left) {
      out.append("\n").append(left + 4, ' ');
    } else {
      out.append(left - name.size() + 2, ' ');
    }
    bool first = true;
    for (const std::string& line : wrapped(help, kColumns - left - 4)) {
      if (!first) {
        out.append("\n").append(left + 4, ' ');
      }
      out.append(line);
      first = false;
    }
    out.append("\n");
  }
}

std::string later_note(std::string_view since) {
  return since.empty() ? std::string() : " (comes with " + std::string(since) + ")";
}

Row flag_row(const FlagSpec& flag) {
  std::string name(flag.name);
  if (!flag.value.empty()) {
    name.append(" ").append(flag.value);
  }
  std::string help(flag.help);
  if (!flag.choices.empty()) {
    std::string choices(flag.choices);
    std::ranges::replace(choices, ' ', '|');
    help.append(": ").append(choices);
  }
  return {std::move(name), help + (flag.repeated ? "; may be repeated" : "") + later_note(flag.since)};
}

std::string help_of_command(const CommandSpec& command) {
  std::string out = "orchestrator " + std::string(command.name) + ": " + std::string(command.summary) + "\n";
  if (!command.since.empty()) {
    return out + "\nIt comes with version " + std::string(command.since) + ".\n";
  }
  out.append("\n").append(usage_line(command)).append("\n");
  if (!command.description.empty()) {
    out.append("\n").append(command.description).append("\n");
  }
  if (!command.arguments.empty()) {
    std::vector<Row> rows;
    for (const ArgumentSpec& argument : command.arguments) {
      rows.emplace_back(argument.name, argument.help);
    }
    out.append("\nArguments:\n");
    append_rows(out, rows);
  }
  std::vector<Row> rows;
  std::ranges::transform(command.flags, std::back_inserter(rows), flag_row);
  out.append("\nFlags:\n");
  append_rows(out, rows);
  out.append("\nExamples:\n  ");
  for (const char letter : command.examples) {
    out.push_back(letter);
    if (letter == '\n') {
      out.append("  ");
    }
  }
  return out.append("\n");
}

std::string help_of_group(const GroupSpec& group) {
  std::string out = "orchestrator " + std::string(group.name) + ": " + std::string(group.summary) + "\n\nCommands:\n";
  std::vector<Row> rows;
  for (const CommandSpec* command : commands_of(group.name)) {
    rows.emplace_back(command->name, std::string(command->summary) + later_note(command->since));
  }
  append_rows(out, rows);
  return out + "\n`orchestrator " + std::string(group.name) + " COMMAND --help` says more.\n";
}

std::string help_of_program() {
  std::string out =
      "orchestrator: run AI agents; every run is a journal that can be looked at again\n"
      "\nusage: orchestrator COMMAND [ARGUMENT...] [FLAG...]\n\nCommands:\n";
  std::vector<Row> now;
  std::vector<Row> later;
  for (const CommandSpec& command : command_table()) {
    (command.since.empty() ? now : later)
        .emplace_back(command.name, std::string(command.summary) + later_note(command.since));
  }
  append_rows(out, now);
  out.append("\nComing:\n");
  append_rows(out, later);
  return out +
         "\nResults go to stdout, everything else to stderr. `orchestrator COMMAND --help` shows flags and examples.\n"
         "\nExit status: 0 done, 1 failed, 2 usage or configuration, 3 not found, 4 stopped by a rule, or approval "
         "expired,\n"
         "5 waiting for an approval, 6 damaged or diverged journal, 7 undo incomplete, 8 time or budget used up,\n"
         "69 daemon not reachable, 130 aborted.\n"
         "\nExamples:\n"
         "  orchestrator run \"Name three rivers\"\n"
         "  orchestrator chat\n"
         "  orchestrator runs show @last\n";
}

}  // namespace

std::string usage_line(const CommandSpec& command) {
  std::string line = "usage: orchestrator " + std::string(command.name);
  for (const ArgumentSpec& argument : command.arguments) {
    line.append(argument.required ? " " : " [").append(argument.name).append(argument.required ? "" : "]");
    line.append(argument.repeated ? "..." : "");
  }
  return line + " [FLAG...]";
}

std::string help_text(const HelpWanted& wanted) {
  if (wanted.command != nullptr) {
    return help_of_command(*wanted.command);
  }
  return wanted.group != nullptr ? help_of_group(*wanted.group) : help_of_program();
}

}  // namespace orchestrator::cli
