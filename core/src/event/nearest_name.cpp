// SPDX-License-Identifier: Apache-2.0
#include "event/nearest_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace orchestrator::harness::event {
namespace {

constexpr std::size_t kWordBytesMax = 64;
using Row = std::array<std::size_t, kWordBytesMax + 1>;

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

bool same(char left, char right) { return lower(left) == lower(right); }

/// Optimal string alignment distance. REQUIRES: both at most kWordBytesMax bytes.
std::size_t distance(std::string_view left, std::string_view right) {
  Row before_last{};
  Row last{};
  Row row{};
  for (std::size_t column = 0; column <= right.size(); ++column) {
    last[column] = column;
  }
  for (std::size_t line = 1; line <= left.size(); ++line) {
    row[0] = line;
    for (std::size_t column = 1; column <= right.size(); ++column) {
      const std::size_t replace = last[column - 1] + (same(left[line - 1], right[column - 1]) ? 0 : 1);
      row[column] = std::min({last[column] + 1, row[column - 1] + 1, replace});
      if (line > 1 && column > 1 && same(left[line - 1], right[column - 2]) &&
          same(left[line - 2], right[column - 1])) {
        row[column] = std::min(row[column], before_last[column - 2] + 1);
      }
    }
    before_last = last;
    last = row;
  }
  return last[right.size()];
}

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), text.begin(), same);
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kWordBytesMax) {
    return std::nullopt;
  }
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  std::optional<std::string_view> begun;
  std::size_t begun_count = 0;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > kWordBytesMax) {
      continue;
    }
    if (begins_with(candidate, word)) {
      begun = candidate;
      ++begun_count;
    }
    const std::size_t allowed = std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
    const std::size_t found = distance(word, candidate);
    if (found <= allowed && found < candidate.size() && (!best || found < best_distance)) {
      best = candidate;
      best_distance = found;
    }
  }
  return best || begun_count != 1 ? best : begun;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto nearest = nearest_name(word, candidates);
  return nearest ? "; did you mean '" + std::string(*nearest) + "'?" : std::string();
}

}  // namespace orchestrator::harness::event
