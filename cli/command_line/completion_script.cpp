// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/completion_script.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::string_view kRuns =
    "orchestrator runs list --json 2>/dev/null | sed -n 's/.*\"run_id\":\"\\([^\"]*\\)\".*/\\1/p'";
constexpr std::string_view kSessions =
    "orchestrator sessions list --json 2>/dev/null | sed -n 's/.*\"session_id\":\"\\([^\"]*\\)\".*/\\1/p'";
constexpr std::string_view kTools =
    "orchestrator tools list --json 2>/dev/null | sed -n 's/^{\"name\":\"\\([^\"]*\\)\".*/\\1/p'";

std::vector<const CommandSpec*> present_commands() {
  std::vector<const CommandSpec*> commands;
  for (const CommandSpec& command : command_table()) {
    if (command.since.empty()) {
      commands.push_back(&command);
    }
  }
  return commands;
}

std::vector<const FlagSpec*> present_flags(const CommandSpec& command) {
  std::vector<const FlagSpec*> flags;
  for (const FlagSpec& flag : command.flags) {
    if (flag.since.empty()) {
      flags.push_back(&flag);
    }
  }
  return flags;
}

/// First words of the present commands, and the second words of each.
std::string words_below(std::string_view group) {
  std::string words;
  std::set<std::string_view> seen;
  for (const CommandSpec* command : present_commands()) {
    const std::size_t space = command->name.find(' ');
    const std::string_view first = command->name.substr(0, space);
    const std::string_view word = group.empty()                                       ? first
                                  : space != std::string_view::npos && first == group ? command->name.substr(space + 1)
                                                                                      : "";
    if (!word.empty() && seen.insert(word).second) {
      words.append(words.empty() ? "" : " ").append(word);
    }
  }
  return words;
}

std::string replaced(std::string_view text, char from, char to) {
  std::string copy(text);
  std::ranges::replace(copy, from, to);
  return copy;
}

std::string bash_values(ValueKind kind, std::string_view choices) {
  switch (kind) {
    case ValueKind::choice:
      return "COMPREPLY=($(compgen -W \"" + std::string(choices) + "\" -- \"$word\"))";
    case ValueKind::file:
      return "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$word\"))";
    case ValueKind::run:
      return "COMPREPLY=($(compgen -W \"@last $(" + std::string(kRuns) + ")\" -- \"$word\"))";
    case ValueKind::session:
      return "COMPREPLY=($(compgen -W \"$(" + std::string(kSessions) + ")\" -- \"$word\"))";
    case ValueKind::tool:
      return "COMPREPLY=($(compgen -W \"$(" + std::string(kTools) + ")\" -- \"$word\"))";
    case ValueKind::text:
      return "COMPREPLY=()";
  }
  return {};
}

std::string bash_script() {
  std::string out =
      "# bash completion for orchestrator\n"
      "_orchestrator() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local command=\"${COMP_WORDS[1]}\" first=2\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"" +
      words_below("") +
      " --help --version\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$command\" in\n";
  for (const GroupSpec& group : group_table()) {
    const std::string words = words_below(group.name);
    if (words.empty()) {
      continue;
    }
    out += "    " + std::string(group.name) +
           ")\n"
           "      if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
           "        COMPREPLY=($(compgen -W \"" +
           words +
           "\" -- \"$word\"))\n"
           "        return\n"
           "      fi\n"
           "      command=\"$command ${COMP_WORDS[2]}\" first=3;;\n";
  }
  out += "  esac\n  case \"$command\" in\n";
  for (const CommandSpec* command : present_commands()) {
    out += "    \"" + std::string(command->name) + "\")\n      case \"$before\" in\n";
    std::string names;
    for (const FlagSpec* flag : present_flags(*command)) {
      names.append(names.empty() ? "" : " ").append(flag->name);
      if (!flag->value.empty()) {
        out += "        " + std::string(flag->name) + ") " + bash_values(flag->kind, flag->choices) + "; return;;\n";
      }
    }
    out +=
        "      esac\n"
        "      if [ \"${word:0:1}\" = - ]; then COMPREPLY=($(compgen -W \"" +
        names + "\" -- \"$word\")); return; fi\n";
    if (!command->arguments.empty() && command->arguments.front().kind != ValueKind::text) {
      out += std::string("      if [ \"$COMP_CWORD\" ") + (command->arguments.front().repeated ? "-ge" : "-eq") +
             " \"$first\" ]; then " + bash_values(command->arguments.front().kind, command->arguments.front().choices) +
             "; fi\n";
    }
    out += "      ;;\n";
  }
  return out + "  esac\n}\ncomplete -F _orchestrator orchestrator\n";
}

/// For zsh and fish a value in single quotes; those of the table hold none.
std::string quoted(std::string_view text) { return "'" + replaced(text, '\'', '`') + "'"; }

std::string zsh_action(ValueKind kind, std::string_view choices) {
  switch (kind) {
    case ValueKind::choice:
      return "(" + std::string(choices) + ")";
    case ValueKind::file:
      return "_files";
    case ValueKind::run:
      return "_orchestrator_runs";
    case ValueKind::session:
      return "_orchestrator_sessions";
    case ValueKind::tool:
      return "_orchestrator_tools";
    case ValueKind::text:
      return " ";
  }
  return {};
}

/// A help text inside a zsh argument specification: brackets and colons have a meaning there.
std::string zsh_help(std::string_view text) {
  return replaced(replaced(replaced(replaced(text, '[', '('), ']', ')'), ':', ','), '\'', '`');
}

std::string zsh_script() {
  std::string out =
      "#compdef orchestrator\n"
      "_orchestrator_runs() { compadd -- @last ${(f)\"$(" +
      std::string(kRuns) +
      ")\"} }\n"
      "_orchestrator_sessions() { compadd -- ${(f)\"$(" +
      std::string(kSessions) +
      ")\"} }\n"
      "_orchestrator_tools() { compadd -- ${(f)\"$(" +
      std::string(kTools) +
      ")\"} }\n"
      "_orchestrator() {\n"
      "  local command=\"${words[2]}\"\n"
      "  if (( CURRENT == 2 )); then compadd -- " +
      words_below("") +
      " --help --version; return; fi\n"
      "  case \"$command\" in\n";
  for (const GroupSpec& group : group_table()) {
    const std::string words = words_below(group.name);
    if (!words.empty()) {
      out += "    " + std::string(group.name) + ")\n      if (( CURRENT == 3 )); then compadd -- " + words +
             "; return; fi\n      command=\"$command ${words[3]}\"; shift words; (( CURRENT-- ));;\n";
    }
  }
  out += "  esac\n  shift words; (( CURRENT-- ))\n  case \"$command\" in\n";
  for (const CommandSpec* command : present_commands()) {
    out += "    " + quoted(command->name) + ")\n      _arguments";
    for (const FlagSpec* flag : present_flags(*command)) {
      out += " \\\n        '" + std::string(flag->repeated ? "*" : "") + std::string(flag->name) + "[" +
             zsh_help(flag->help) + "]";
      if (!flag->value.empty()) {
        out += ":" + zsh_help(flag->value) + ":" + zsh_action(flag->kind, flag->choices);
      }
      out += "'";
    }
    for (const ArgumentSpec& argument : command->arguments) {
      out += std::string(" \\\n        '") + (argument.repeated ? "*:" : ":") + std::string(argument.name) + ":" +
             zsh_action(argument.kind, argument.choices) + "'";
    }
    out += ";;\n";
  }
  return out + "  esac\n}\n_orchestrator \"$@\"\n";
}

std::string fish_values(ValueKind kind, std::string_view choices) {
  switch (kind) {
    case ValueKind::choice:
      return " -x -a " + quoted(choices);
    case ValueKind::file:
      return " -r -F";
    case ValueKind::run:
      return " -x -a '(__orchestrator_runs)'";
    case ValueKind::session:
      return " -x -a '(__orchestrator_sessions)'";
    case ValueKind::tool:
      return " -x -a '(__orchestrator_tools)'";
    case ValueKind::text:
      return " -x";
  }
  return {};
}

std::string fish_script() {
  std::string out =
      "# fish completion for orchestrator\n"
      "function __orchestrator_runs; echo @last; " +
      std::string(kRuns) +
      "; end\n"
      "function __orchestrator_sessions; " +
      std::string(kSessions) +
      "; end\n"
      "function __orchestrator_tools; " +
      std::string(kTools) +
      "; end\n"
      "function __orchestrator_at\n"
      "  set -l line (commandline -opc)\n"
      "  test \"$line[2..-1]\" = \"$argv\"; or string match -q -- \"$argv *\" \"$line[2..-1]\"\n"
      "end\n"
      "function __orchestrator_below\n"
      "  set -l line (commandline -opc)\n"
      "  test (count $line) -eq 2; and test \"$line[2]\" = \"$argv\"\n"
      "end\n"
      "complete -c orchestrator -f\n"
      "complete -c orchestrator -n 'test (count (commandline -opc)) -eq 1' -a " +
      quoted(words_below("")) + "\n";
  for (const GroupSpec& group : group_table()) {
    const std::string words = words_below(group.name);
    if (!words.empty()) {
      out += "complete -c orchestrator -n '__orchestrator_below " + std::string(group.name) + "' -a " + quoted(words) +
             "\n";
    }
  }
  for (const CommandSpec* command : present_commands()) {
    const std::string at = "complete -c orchestrator -n '__orchestrator_at " + std::string(command->name) + "'";
    for (const FlagSpec* flag : present_flags(*command)) {
      out += at + " -l " + std::string(flag->name.substr(2)) + " -d " + quoted(flag->help);
      if (!flag->value.empty()) {
        out += fish_values(flag->kind, flag->choices);
      }
      out += "\n";
    }
    if (!command->arguments.empty()) {
      const ArgumentSpec& argument = command->arguments.front();
      if (argument.kind != ValueKind::text) {
        out += at + fish_values(argument.kind, argument.choices) + "\n";
      }
    }
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  return shell == "bash" ? bash_script() : shell == "zsh" ? zsh_script() : shell == "fish" ? fish_script() : "";
}

}  // namespace orchestrator::cli
