// SPDX-License-Identifier: Apache-2.0
#include "tools/files/line_diff.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "event/character_cut.hpp"

namespace orchestrator::harness::tools {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t kContextLines = 3;
constexpr std::size_t kShownLines = 400;
constexpr std::size_t kShownBytes = 400;  // of a line
// Lines that differ in the middle of both texts; beyond their product no table is made.
constexpr std::size_t kTableCellsMax = 4'000'000;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

struct Edit {
  char sign;  // ' ', '-' or '+'
  std::string_view line;
};

// By the longest common subsequence of what is left once equal ends are taken off.
std::vector<Edit> edits_of(const Lines& before, const Lines& after, std::size_t head, std::size_t tail) {
  const std::size_t n = before.size() - head - tail;
  const std::size_t m = after.size() - head - tail;
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < head; ++i) edits.push_back({' ', before[i]});
  if (n * m > kTableCellsMax) {
    for (std::size_t i = 0; i < n; ++i) edits.push_back({'-', before[head + i]});
    for (std::size_t j = 0; j < m; ++j) edits.push_back({'+', after[head + j]});
  } else {
    std::vector<std::uint32_t> length((n + 1) * (m + 1));
    const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return length[i * (m + 1) + j]; };
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t j = m; j-- > 0;) {
        at(i, j) = before[head + i] == after[head + j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < n || j < m) {
      if (i < n && j < m && before[head + i] == after[head + j]) {
        edits.push_back({' ', before[head + i]});
        ++i;
        ++j;
      } else if (i < n && (j == m || at(i + 1, j) >= at(i, j + 1))) {
        edits.push_back({'-', before[head + i++]});
      } else {
        edits.push_back({'+', after[head + j++]});
      }
    }
  }
  for (std::size_t k = before.size() - tail; k < before.size(); ++k) edits.push_back({' ', before[k]});
  return edits;
}

void append_line(std::string& out, const Edit& edit) {
  out += edit.sign;
  if (edit.line.size() > kShownBytes) {
    const std::string_view head = event::cut_between_characters(edit.line, kShownBytes);
    out.append(head).append("[... " + std::to_string(edit.line.size() - head.size()) + " bytes more]\n");
    return;
  }
  out += edit.line;
  if (!edit.line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

}  // namespace

std::string line_diff(const std::string& path, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const Lines old_lines = lines_of(before);
  const Lines new_lines = lines_of(after);
  const std::size_t shorter = std::min(old_lines.size(), new_lines.size());
  std::size_t head = 0;
  while (head < shorter && old_lines[head] == new_lines[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail])
    ++tail;
  const std::vector<Edit> edits = edits_of(old_lines, new_lines, head, tail);

  std::string out = "--- " + path + "\n+++ " + path + "\n";
  std::size_t shown = 0;
  std::size_t old_line = 1;
  std::size_t new_line = 1;
  for (std::size_t i = 0; i < edits.size();) {
    if (edits[i].sign == ' ') {
      ++old_line;
      ++new_line;
      ++i;
      continue;
    }
    // A hunk: from here to where more than twice the context is equal.
    const std::size_t begin = i - std::min(i, kContextLines);
    std::size_t end = i + 1;
    std::size_t last_change = i;
    for (; end < edits.size() && end - last_change <= 2 * kContextLines; ++end) {
      if (edits[end].sign != ' ') last_change = end;
    }
    end = std::min(edits.size(), last_change + 1 + kContextLines);
    std::size_t old_count = 0;
    std::size_t new_count = 0;
    for (std::size_t k = begin; k < end; ++k) {
      if (edits[k].sign != '+') ++old_count;
      if (edits[k].sign != '-') ++new_count;
    }
    out += "@@ -" + std::to_string(old_line - (i - begin)) + "," + std::to_string(old_count) + " +" +
           std::to_string(new_line - (i - begin)) + "," + std::to_string(new_count) + " @@\n";
    for (std::size_t k = begin; k < end; ++k) {
      if (++shown > kShownLines) return out + "[the diff is longer: the rest of it is not shown]\n";
      append_line(out, edits[k]);
    }
    for (std::size_t k = i; k < end; ++k) {
      if (edits[k].sign != '+') ++old_line;
      if (edits[k].sign != '-') ++new_line;
    }
    i = end;
  }
  return out;
}

}  // namespace orchestrator::harness::tools
