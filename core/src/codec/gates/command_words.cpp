// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/command_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace orchestrator::harness::codec {
namespace {

std::string_view last_name(std::string_view program) { return program.substr(program.rfind('/') + 1); }

// The words stand in `given` in their order, with anything between.
bool holds_in_order(std::span<const std::string> given, std::span<const std::string> words) {
  std::size_t found = 0;
  for (const std::string& word : given) {
    if (found < words.size() && word == words[found]) ++found;
  }
  return found == words.size();
}

// Where a word is the denied program, what follows has its other words. Each word is looked at, since many programs
// take a command as arguments; a file of the program's name is denied as well.
bool is_denied(std::span<const std::string> given, const std::vector<std::string>& words) {
  if (words.empty()) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (last_name(given[i]) == words.front() && holds_in_order(given.subspan(i + 1), std::span(words).subspan(1))) {
      return true;
    }
  }
  return false;
}

bool runs_others(std::string_view program) {
  constexpr std::array<std::string_view, 29> kRunners = {
      "ash",    "bash",   "busybox", "chroot",  "command", "dash",     "doas",   "env", "exec",  "find",
      "flock",  "ionice", "ksh",     "nice",    "nohup",   "parallel", "setsid", "sh",  "ssh",   "stdbuf",
      "strace", "sudo",   "time",    "timeout", "unshare", "watch",    "xargs",  "zsh", "script"};
  return std::ranges::find(kRunners, program) != kRunners.end();
}

bool is_word_byte(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || std::string_view("_-./+:@=,%").find(byte) != std::string_view::npos;
}

std::vector<std::string> script_words(std::string_view script) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char byte : script) {
    // Quotation marks and backslashes do not part a word: r'm' is rm.
    if (byte == '\'' || byte == '"' || byte == '\\') continue;
    if (is_word_byte(byte)) {
      word += byte;
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

}  // namespace

std::vector<std::string> words_of(std::string_view rule) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < rule.size();) {
    const std::size_t space = std::min(rule.find(' ', at), rule.size());
    if (space > at) words.emplace_back(rule.substr(at, space - at));
    at = space + 1;
  }
  return words;
}

bool is_allowed_command(const std::vector<std::string>& argv, const std::vector<std::string>& words) {
  return !words.empty() && argv.size() >= words.size() && std::equal(words.begin(), words.end(), argv.begin());
}

bool is_denied_command(const std::vector<std::string>& argv, const std::vector<std::string>& words) {
  if (argv.empty() || words.empty()) return false;
  if (!runs_others(last_name(argv.front()))) {
    return last_name(argv.front()) == words.front() &&
           holds_in_order(std::span(argv).subspan(1), std::span(words).subspan(1));
  }
  if (is_denied(argv, words)) return true;
  // What a shell is given as one argument.
  return std::ranges::any_of(argv, [&](const std::string& word) { return is_denied_script(word, words); });
}

bool is_denied_script(std::string_view script, const std::vector<std::string>& words) {
  return is_denied(script_words(script), words);
}

}  // namespace orchestrator::harness::codec
