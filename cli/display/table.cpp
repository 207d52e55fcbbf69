// SPDX-License-Identifier: Apache-2.0
#include "cli/display/table.hpp"

#include <algorithm>

#include "cli/display/text_filter.hpp"

namespace orchestrator::cli {
namespace {

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

/// At most `width` characters of `text`, with `...` for what was cut.
std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) {
    return text;
  }
  const std::size_t kept = width < 3 ? 0 : width - 3;
  std::size_t seen = 0;
  std::size_t end = 0;
  while (end < text.size() && (!starts_character(text[end]) || seen++ < kept)) {
    ++end;
  }
  return text.substr(0, end) + "...";
}

}  // namespace

void Table::add(const std::vector<std::string>& cells) {
  std::vector<std::string> row;
  std::ranges::transform(cells, std::back_inserter(row), [](const std::string& cell) { return one_line(cell); });
  rows_.push_back(std::move(row));
}

std::string Table::text(std::size_t columns) const {
  if (rows_.size() < 2) {
    return {};
  }
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], width_of(row[column]));
    }
  }
  std::string out;
  for (const auto& row : rows_) {
    std::size_t used = 0;
    for (std::size_t column = 0; column + 1 < row.size(); ++column) {
      out.append(row[column]).append(widths[column] - width_of(row[column]) + 2, ' ');
      used += widths[column] + 2;
    }
    out.append(cut(row.back(), columns > used + 10 ? columns - used : 10));
    out.erase(out.find_last_not_of(' ') + 1);
    out.push_back('\n');
  }
  return out;
}

}  // namespace orchestrator::cli
