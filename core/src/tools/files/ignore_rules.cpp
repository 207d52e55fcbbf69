// SPDX-License-Identifier: Apache-2.0
#include "tools/files/ignore_rules.hpp"

#include <algorithm>

namespace orchestrator::harness::tools {
namespace {

constexpr std::size_t kRulesMax = 10'000;
constexpr std::size_t kPatternBytesMax = 1'000;
constexpr std::int64_t kPatternMemoryBytes = 1 << 20;

}  // namespace

std::shared_ptr<const re2::RE2> compile_glob(std::string_view glob) {
  std::string text = "(?s)\\A";
  for (std::size_t i = 0; i < glob.size(); ++i) {
    const char c = glob[i];
    const bool begins_name = i == 0 || glob[i - 1] == '/';
    if (begins_name && glob.substr(i).starts_with("**/")) {
      text += "(?:.*/)?";
      i += 2;
    } else if (begins_name && glob.substr(i) == "**") {
      text += ".*";
      i += 1;
    } else if (c == '*') {
      text += "[^/]*";
    } else if (c == '?') {
      text += "[^/]";
    } else if (c == '[' && glob.find(']', i + 2) != glob.npos) {
      const std::size_t end = glob.find(']', i + 2);
      std::string set(glob.substr(i + 1, end - i - 1));
      const bool is_negated = set.front() == '!' || set.front() == '^';
      if (is_negated) set.erase(0, 1);
      text += is_negated ? "[^/" : "[";
      for (const char one : set) {
        if (one == '\\' || one == '[' || one == '^') text += '\\';
        text += one;
      }
      text += "]";
      i = end;
    } else if (c == '\\' && i + 1 < glob.size()) {
      text += re2::RE2::QuoteMeta(re2::StringPiece(glob.data() + ++i, 1));
    } else {
      text += re2::RE2::QuoteMeta(re2::StringPiece(&glob[i], 1));
    }
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemoryBytes);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // names are bytes
  auto compiled = std::make_shared<const re2::RE2>(text + "\\z", options);
  return compiled->ok() ? compiled : nullptr;
}

void IgnoreRules::add(const std::string& folder, std::string_view text) {
  while (!text.empty() && rules_.size() < kRulesMax) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
    if (line.empty() || line.front() == '#' || line.size() > kPatternBytesMax) continue;
    Rule rule;
    rule.folder = folder.empty() ? "" : folder + "/";
    if (line.front() == '!') {
      rule.takes_back = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      rule.folders_only = true;
      line.remove_suffix(1);
    }
    // A slash that is not at the end ties the pattern to its folder.
    rule.anywhere = line.find('/') == line.npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    rule.expression = line.empty() ? nullptr : compile_glob(line);
    if (rule.expression) rules_.push_back(std::move(rule));
  }
}

bool IgnoreRules::ignores(std::string_view path, bool is_folder) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->folders_only && !is_folder) continue;
    if (!path.starts_with(rule->folder)) continue;
    std::string_view rest = path.substr(rule->folder.size());
    if (rule->anywhere) rest = rest.substr(rest.rfind('/') == rest.npos ? 0 : rest.rfind('/') + 1);
    if (re2::RE2::FullMatch(re2::StringPiece(rest.data(), rest.size()), *rule->expression)) return !rule->takes_back;
  }
  return false;
}

}  // namespace orchestrator::harness::tools
