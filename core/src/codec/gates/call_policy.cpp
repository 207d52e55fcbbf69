// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/call_policy.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "codec/gates/command_words.hpp"
#include "codec/gates/path_glob.hpp"
#include "codec/gates/url_host.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kEntriesMax = 256;
constexpr std::size_t kEntryBytesMax = 1'000;

Result<void> check_list(const std::string& key, const std::vector<std::string>& list) {
  if (list.size() > kEntriesMax) {
    return fail(RuntimeErrorCode::configuration_invalid,
                std::to_string(list.size()) + " entries; " + std::to_string(kEntriesMax) + " are allowed", key);
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].empty() && list[i].size() <= kEntryBytesMax) continue;
    return fail(RuntimeErrorCode::configuration_invalid,
                std::to_string(list[i].size()) + " bytes; 1 to " + std::to_string(kEntryBytesMax) + " are allowed",
                key + "[" + std::to_string(i) + "]");
  }
  return {};
}

Result<void> check_kind(const std::string& kind, const AllowDeny& lists) {
  for (const auto& [key, list] : {std::pair(".allow", &lists.allow), std::pair(".deny", &lists.deny)}) {
    if (auto checked = check_list(kind + key, *list); !checked) return checked;
  }
  for (std::size_t i = 0; i < lists.deny.size(); ++i) {
    if (std::ranges::find(lists.allow, lists.deny[i]) == lists.allow.end()) continue;
    return fail(RuntimeErrorCode::configuration_invalid, "is allowed as well as denied",
                kind + ".deny[" + std::to_string(i) + "]");
  }
  return {};
}

bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  return text.find_first_of("*/@:?#") == std::string_view::npos ? host_of(text).has_value() : text.starts_with('[');
}

// `deny` goes first. Which entry objects, or that none allows.
template <class Matches>
std::optional<std::string> judge(const char* kind, const AllowDeny& lists, Matches matches) {
  for (const std::string& entry : lists.deny) {
    if (matches(entry, true)) return std::string(kind) + ".deny has '" + entry + "'";
  }
  if (lists.allow.empty()) return std::nullopt;
  const bool is_allowed =
      std::ranges::any_of(lists.allow, [&](const std::string& entry) { return matches(entry, false); });
  return is_allowed ? std::nullopt : std::optional(std::string(kind) + ".allow does not have it");
}

// The ways to name one path: as it is, from the root, and from the workspace.
std::vector<std::string> forms_of(std::string_view path, std::string_view workspace) {
  std::vector<std::string> forms = {clean_path(path)};
  if (workspace.empty()) return forms;
  const std::string root = clean_path(workspace);
  const std::string absolute = path.starts_with('/') ? forms.front() : clean_path(root + "/" + std::string(path));
  if (absolute != forms.front()) forms.push_back(absolute);
  if (absolute == root) forms.emplace_back(".");
  if (absolute.starts_with(root + "/")) {
    std::string relative = absolute.substr(root.size() + 1);
    if (relative != forms.front()) forms.push_back(std::move(relative));
  }
  return forms;
}

std::optional<std::string> judge_path(const AllowDeny& lists, std::string_view path, std::string_view workspace) {
  const std::vector<std::string> forms = forms_of(path, workspace);
  return judge("paths", lists, [&](const std::string& entry, bool) {
    return std::ranges::any_of(forms, [&](const std::string& form) { return matches_path(entry, form); });
  });
}

// What a path is never compared as: it could not match, and would deny nothing.
Result<void> check_path(const std::string& entry, const std::string& at) {
  const bool is_of_home = entry == "~" || entry.starts_with("~/") || entry.starts_with('$');
  const bool is_unclean = entry.starts_with("./") || entry.starts_with("../") || entry == ".." ||
                          entry.find("/./") != std::string::npos || entry.find("/../") != std::string::npos ||
                          entry.find("//") != std::string::npos || (entry.size() > 1 && entry.ends_with('/'));
  if (!is_of_home && !is_unclean) return {};
  return fail(RuntimeErrorCode::configuration_invalid,
              is_of_home ? "'" + entry + "' would match nothing: neither '~' nor variables are filled in"
                         : "'" + entry +
                               "' would match nothing: write it without '.', '..', doubled and final slashes; "
                               "'folder/**' is all that is in a folder",
              at);
}

// A shell's text without quotation marks, and with blanks where its signs part words.
std::string without_signs(std::string_view script) {
  std::string plain;
  for (const char c : script) {
    if (std::string_view("\"'\\").find(c) != std::string_view::npos) continue;
    plain.push_back(std::string_view(";|&<>()`\n\t").find(c) != std::string_view::npos ? ' ' : c);
  }
  return plain;
}

// The words of a command that may be paths; `--file=PATH` names one behind its sign. Only what is denied counts: what
// is allowed is for paths that a tool says are paths.
std::optional<std::string> judge_words(const AllowDeny& lists, const std::vector<std::string>& words,
                                       std::string_view workspace) {
  const AllowDeny denied{{}, lists.deny};
  for (const std::string& word : words) {
    if (auto found = judge_path(denied, word, workspace)) return found;
    const std::size_t sign = word.find('=');
    if (sign == std::string::npos) continue;
    if (auto found = judge_path(denied, std::string_view(word).substr(sign + 1), workspace)) return found;
  }
  return std::nullopt;
}

}  // namespace

Result<void> check_call_check(const CallCheck& check) {
  if (check.tools.is_empty() && check.paths.is_empty() && check.hosts.is_empty() && check.commands.is_empty()) {
    return fail(RuntimeErrorCode::configuration_invalid, "names nothing that is allowed or denied", "name");
  }
  for (const auto& [kind, lists] : {std::pair("tools", &check.tools), std::pair("paths", &check.paths),
                                    std::pair("hosts", &check.hosts), std::pair("commands", &check.commands)}) {
    if (auto checked = check_kind(kind, *lists); !checked) return checked;
  }
  for (const auto& [key, list] :
       {std::pair("paths.allow", &check.paths.allow), std::pair("paths.deny", &check.paths.deny)}) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (auto clean = check_path((*list)[i], std::string(key) + "[" + std::to_string(i) + "]"); !clean) return clean;
    }
  }
  for (const auto& [key, list] :
       {std::pair("hosts.allow", &check.hosts.allow), std::pair("hosts.deny", &check.hosts.deny)}) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (is_host_pattern((*list)[i])) continue;
      return fail(RuntimeErrorCode::configuration_invalid,
                  "is no host: a name such as 'example.org', or '*.example.org' for all below it, is allowed",
                  std::string(key) + "[" + std::to_string(i) + "]");
    }
  }
  return {};
}

std::optional<std::string> objection_to(const CallCheck& check, std::string_view tool, const CallTargets& call,
                                        std::span<const ToolTarget> targets, std::string_view workspace) {
  if (auto found =
          judge("tools", check.tools, [&](const std::string& entry, bool) { return matches_name(entry, tool); })) {
    return found;
  }
  for (const std::string& path : call.paths) {
    if (auto found = judge_path(check.paths, path, workspace)) return found;
  }
  // The target of a command is its program, that of a fetch its host: no list of allowed paths is about them.
  const bool is_of_files = call.hosts.empty() && call.commands.empty() && call.scripts.empty();
  const AllowDeny of_targets{is_of_files ? check.paths.allow : std::vector<std::string>(), check.paths.deny};
  for (const ToolTarget& target : targets) {
    if (auto found = judge_path(of_targets, target.name, workspace)) return found;
  }
  for (const std::optional<std::string>& host : call.hosts) {
    const auto matches = [&](const std::string& entry, bool denies) {
      return host ? matches_host(entry, *host) : denies;
    };
    if (auto found = judge("hosts", check.hosts, matches)) return found;
  }
  for (const std::vector<std::string>& argv : call.commands) {
    const auto matches = [&](const std::string& entry, bool denies) {
      return denies ? is_denied_command(argv, words_of(entry)) : is_allowed_command(argv, words_of(entry));
    };
    if (auto found = judge("commands", check.commands, matches)) return found;
    if (auto found = judge_words(check.paths, argv, workspace)) return found;
  }
  for (const std::string& script : call.scripts) {
    if (auto found = judge_words(check.paths, words_of(without_signs(script)), workspace)) return found;
    // Of a shell only the very text is allowed: what its words do depends on the rest.
    const auto matches = [&](const std::string& entry, bool denies) {
      return denies ? is_denied_script(script, words_of(entry)) : entry == script;
    };
    if (auto found = judge("commands", check.commands, matches)) return found;
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness::codec
