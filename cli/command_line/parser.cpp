// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/parser.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <utility>

#include "cli/display/quoted_text.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::cli {
namespace {

using Parsed = std::expected<ParsedLine, UsageError>;
using Checked = std::expected<void, UsageError>;
namespace event = harness::event;

constexpr auto kConflicts = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"--remember", "--no-remember"},
    {"--yes", "--dry-run"},
    {"--detach", "--no-daemon"},
});

std::unexpected<UsageError> refuse(std::string message, const CommandSpec* command = nullptr) {
  return std::unexpected(UsageError{std::move(message), command});
}

bool is_flag(std::string_view word) { return word.size() > 1 && word.front() == '-'; }
bool asks_help(std::string_view word) { return word == "--help" || word == "-h"; }

std::string join(const std::vector<std::string_view>& words, std::string_view between) {
  std::string text;
  for (const std::string_view word : words) {
    text.append(text.empty() ? "" : between).append(word);
  }
  return text;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

/// The first words of all commands: single commands and groups.
std::vector<std::string_view> first_words() {
  std::vector<std::string_view> words;
  for (const CommandSpec& command : command_table()) {
    const std::string_view word = command.name.substr(0, command.name.find(' '));
    if (std::ranges::find(words, word) == words.end()) {
      words.push_back(word);
    }
  }
  return words;
}

std::vector<std::string_view> second_words(std::string_view group) {
  std::vector<std::string_view> words;
  for (const CommandSpec* command : commands_of(group)) {
    words.push_back(command->name.substr(group.size() + 1));
  }
  return words;
}

std::unexpected<UsageError> unknown_command(const std::string& word) {
  const auto known = first_words();
  const std::string suggestion = event::did_you_mean(word, known);
  return refuse("unknown command " + quoted_text(word) +
                (suggestion.empty() ? "; `orchestrator --help` lists them" : suggestion));
}

/// Finds the command at the front of `words`; says how many words name it.
std::expected<std::pair<const CommandSpec*, std::size_t>, UsageError> find_at_front(
    const std::vector<std::string>& words) {
  const std::string& first = words.front();
  if (const CommandSpec* command = find_command(first); command != nullptr) {
    return std::pair(command, std::size_t{1});
  }
  if (find_group(first) == nullptr) {
    return unknown_command(first);
  }
  const auto known = second_words(first);
  if (words.size() < 2 || is_flag(words[1])) {
    return refuse("orchestrator " + first + " needs one of: " + join(known, ", "));
  }
  if (const CommandSpec* command = find_command(first + " " + words[1]); command != nullptr) {
    return std::pair(command, std::size_t{2});
  }
  const std::string suggestion = event::did_you_mean(words[1], known);
  return refuse("unknown command " + quoted_text(first + " " + words[1]) +
                (suggestion.empty() ? "; there are: " + join(known, ", ") : suggestion));
}

Parsed help_of(const std::vector<std::string>& words) {
  if (words.empty()) {
    return HelpWanted{};
  }
  if (words.size() == 1) {
    if (const GroupSpec* group = find_group(words[0]); group != nullptr) {
      return HelpWanted{nullptr, group};
    }
  }
  auto found = find_at_front(words);
  if (!found) {
    return std::unexpected(std::move(found.error()));
  }
  return HelpWanted{found->first, nullptr};
}

const FlagSpec* find_flag(const CommandSpec& command, std::string_view name) {
  const auto found = std::ranges::find(command.flags, name, &FlagSpec::name);
  return found == command.flags.end() ? nullptr : &*found;
}

std::unexpected<UsageError> unknown_flag(const CommandSpec& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string_view> known;
  for (const FlagSpec& flag : command.flags) {
    known.push_back(flag.name);
  }
  std::string suggestion = event::did_you_mean(name, known);
  if (suggestion.empty() && !command.arguments.empty()) {
    suggestion = "; text that begins with '-' goes after '--'";
  }
  return refuse("unknown flag " + quoted_text(name) + suggestion, &command);
}

/// Lets CLI11 take the flags out of `words`; what it does not know stays in order.
std::expected<std::vector<std::string>, UsageError> take_flags(std::vector<std::string> words, Invocation& invocation) {
  const CommandSpec& command = *invocation.command;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::vector<std::string>> values(command.flags.size());
  std::vector<std::pair<const FlagSpec*, CLI::Option*>> switches;
  for (std::size_t index = 0; index < command.flags.size(); ++index) {
    const FlagSpec& flag = command.flags[index];
    if (flag.value.empty()) {
      const std::string names = std::string(flag.name) + (flag.name == "--help"     ? ",-h"
                                                          : flag.name == "--follow" ? ",-f"
                                                                                    : "");
      switches.emplace_back(&flag, app.add_flag(names)->disable_flag_override());
    } else {
      app.add_option(std::string(flag.name), values[index])
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  std::ranges::reverse(words);  // the order that CLI11 takes a vector in
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    const std::string text = error.what();
    std::string name = text.substr(0, std::min(text.find(':'), text.find(' ')));
    if (!name.starts_with('-')) name = "--" + name;  // CLI11 leaves the dashes out of some messages
    const FlagSpec* flag = find_flag(command, name);
    if (flag == nullptr) {
      return refuse(text, &command);
    }
    return refuse(flag->value.empty() ? name + " takes no value" : name + " needs a value: " + std::string(flag->value),
                  &command);
  }
  for (std::size_t index = 0; index < command.flags.size(); ++index) {
    if (!values[index].empty()) {
      invocation.flags.emplace(command.flags[index].name, std::move(values[index]));
    }
  }
  for (const auto& [flag, option] : switches) {
    if (option->count() > 0) {
      invocation.flags.emplace(flag->name, std::vector<std::string>{""});
    }
  }
  return app.remaining();
}

Checked take_arguments(std::vector<std::string> rest, Invocation& invocation) {
  bool text_only = false;
  for (std::string& word : rest) {
    if (!text_only && word == "--") {
      text_only = true;
    } else if (!text_only && is_flag(word)) {
      return unknown_flag(*invocation.command, word);
    } else {
      invocation.arguments.push_back(std::move(word));
    }
  }
  return {};
}

Checked check_choice(std::string_view name, std::string_view choices, const std::string& value,
                     const CommandSpec& command) {
  const auto allowed = split_words(choices);
  if (std::ranges::find(allowed, value) != allowed.end()) {
    return {};
  }
  return refuse(std::string(name) + " is " + quoted_text(value) + "; allowed: " + join(allowed, ", "), &command);
}

Checked check_flags(const Invocation& invocation) {
  const CommandSpec& command = *invocation.command;
  for (const FlagSpec& flag : command.flags) {
    const auto found = invocation.flags.find(flag.name);
    if (found == invocation.flags.end()) {
      continue;
    }
    if (!flag.since.empty()) {
      return refuse(std::string(flag.name) + " comes with " + std::string(flag.since), &command);
    }
    if (!flag.repeated && found->second.size() > 1) {
      return refuse(std::string(flag.name) + " is given twice", &command);
    }
    if (flag.kind == ValueKind::choice) {
      if (auto checked = check_choice(flag.name, flag.choices, found->second.back(), command); !checked) {
        return checked;
      }
    }
  }
  for (const auto& [left, right] : kConflicts) {
    if (invocation.has(left) && invocation.has(right)) {
      return refuse(std::string(left) + " and " + std::string(right) + " exclude each other", &command);
    }
  }
  return {};
}

Checked check_arguments(const Invocation& invocation) {
  const CommandSpec& command = *invocation.command;
  const bool is_open = command.name == "help" || (!command.arguments.empty() && command.arguments.back().repeated);
  if (invocation.arguments.size() > command.arguments.size() && !is_open) {
    if (command.arguments.empty()) {
      return refuse("orchestrator " + std::string(command.name) + " takes no argument, got " +
                        quoted_text(invocation.arguments.front()),
                    &command);
    }
    return refuse(quoted_text(invocation.arguments[command.arguments.size()]) + " is one argument too many; quote " +
                      std::string(command.arguments.back().name) + " if it has spaces",
                  &command);
  }
  for (std::size_t index = 0; index < command.arguments.size(); ++index) {
    const ArgumentSpec& argument = command.arguments[index];
    if (index >= invocation.arguments.size()) {
      if (argument.required) {
        return refuse(std::string(argument.name) + " is missing: " + std::string(argument.help), &command);
      }
    } else if (argument.kind == ValueKind::choice) {
      if (auto checked = check_choice(argument.name, argument.choices, invocation.arguments[index], command);
          !checked) {
        return checked;
      }
    }
  }
  return {};
}

/// Text goes to journals, terminals and providers, which all want UTF-8.
Checked check_encoding(const std::vector<std::string>& words) {
  for (std::size_t index = 0; index < words.size(); ++index) {
    if (const auto offset = utf8_error_offset(words[index]); offset) {
      return refuse("argument " + std::to_string(index + 1) + " " + quoted_text(words[index]) +
                    " is not valid UTF-8 (byte " + std::to_string(*offset) + ")");
    }
  }
  return {};
}

}  // namespace

Parsed parse_command_line(const std::vector<std::string>& words) {
  if (auto checked = check_encoding(words); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  if (words.empty()) {
    return refuse("a command is missing; `orchestrator --help` lists them");
  }
  if (asks_help(words.front())) {
    return help_of({words.begin() + 1, words.end()});
  }
  if (words.front() == "--version") {
    return Invocation{find_command("version"), {}, {}};
  }
  if (is_flag(words.front())) {
    return refuse("unknown flag " + quoted_text(words.front()) + " before a command; flags follow their command");
  }
  if (words.size() == 2 && find_group(words[0]) != nullptr && asks_help(words[1])) {
    return help_of({words[0]});
  }
  auto found = find_at_front(words);
  if (!found) {
    return std::unexpected(std::move(found.error()));
  }
  const auto [command, used] = *found;
  std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(used), words.end());
  if (!command->since.empty()) {
    if (std::ranges::any_of(rest, asks_help)) {
      return HelpWanted{command, nullptr};
    }
    return refuse("orchestrator " + std::string(command->name) + " comes with " + std::string(command->since));
  }
  Invocation invocation{command, {}, {}};
  auto remaining = take_flags(std::move(rest), invocation);
  if (!remaining) {
    return std::unexpected(std::move(remaining.error()));
  }
  if (invocation.has("--help")) {
    return HelpWanted{command, nullptr};
  }
  Checked checked = take_arguments(*std::move(remaining), invocation);
  checked = checked ? check_flags(invocation) : checked;
  checked = checked ? check_arguments(invocation) : checked;
  if (!checked) {
    return std::unexpected(std::move(checked.error()));
  }
  if (command->name == "help") {
    return help_of(invocation.arguments);
  }
  return invocation;
}

}  // namespace orchestrator::cli
