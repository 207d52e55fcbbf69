// SPDX-License-Identifier: Apache-2.0
#pragma once

// Columns of text under headings, cut to a width. Widths are counted in characters, not in bytes. For one thread.

#include <cstddef>
#include <string>
#include <vector>

namespace orchestrator::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}

  /// One row, made safe for a terminal; as many cells as headings.
  void add(const std::vector<std::string>& cells);
  /// The lines with headings; the last column is cut so that no line is longer than `columns`. Empty without rows.
  [[nodiscard]] std::string text(std::size_t columns) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace orchestrator::cli
