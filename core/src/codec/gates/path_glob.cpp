// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/path_glob.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace orchestrator::harness::codec {
namespace {

std::vector<std::string_view> names_of(std::string_view path) {
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    names.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return names;
}

// The one place to go back to is the last wildcard: an earlier one could not do better.
template <class Sequence, class IsWild, class IsEqual>
bool matches(const Sequence& pattern, const Sequence& value, IsWild is_wild, IsEqual is_equal) {
  std::size_t p = 0;
  std::size_t v = 0;
  std::optional<std::size_t> wild;
  std::size_t taken = 0;
  while (v < value.size()) {
    if (p < pattern.size() && is_wild(pattern[p])) {
      wild = p++;
      taken = v;
    } else if (p < pattern.size() && is_equal(pattern[p], value[v])) {
      ++p;
      ++v;
    } else if (wild) {
      p = *wild + 1;
      v = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && is_wild(pattern[p])) ++p;
  return p == pattern.size();
}

bool is_star(char sign) { return sign == '*'; }

bool matches_one_name(std::string_view glob, std::string_view name) {
  return matches(glob, name, is_star, [](char sign, char byte) { return sign == '?' || sign == byte; });
}

}  // namespace

std::string clean_path(std::string_view path) {
  const bool is_absolute = path.starts_with('/');
  std::vector<std::string_view> kept;
  for (const std::string_view name : names_of(path)) {
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      kept.push_back(name);
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!is_absolute) {
      kept.push_back(name);
    }
  }
  std::string clean = is_absolute ? "/" : "";
  for (const std::string_view name : kept) {
    if (!clean.empty() && clean.back() != '/') clean += '/';
    clean += name;
  }
  return clean.empty() ? "." : clean;
}

bool matches_path(std::string_view glob, std::string_view path) {
  return matches(names_of(glob), names_of(path), [](std::string_view name) { return name == "**"; }, matches_one_name);
}

bool matches_name(std::string_view glob, std::string_view name) {
  return matches(glob, name, is_star, [](char sign, char byte) { return sign == byte; });
}

}  // namespace orchestrator::harness::codec
