// SPDX-License-Identifier: Apache-2.0
#pragma once

// A TOML text as a flat list of keys and values with their places. Read by toml++, which no other file knows. A pure
// function, safe on any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::codec {

struct TomlPlace {
  std::uint32_t line = 0;  // from 1
  std::uint32_t column = 0;
  bool operator==(const TomlPlace&) const = default;
};
using TomlValue = std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;

/// One `key = value`, with tables joined by dots; the tables of an array have its key and their number: `rule[0].name`.
/// An empty table of an array is an entry of its own with an empty list.
struct TomlEntry {
  std::string key;
  TomlValue value;
  TomlPlace place;                  // of the key
  std::vector<TomlPlace> elements;  // of the texts of a list
};

/// The entries in the order of the text, at most 10,000. `path` is for the messages. Errors, all
/// `configuration_invalid` beginning with `PATH:LINE:COLUMN: `: syntax, a list that holds something else than texts or
/// tables, a date or time.
[[nodiscard]] Result<std::vector<TomlEntry>> parse_toml(std::string_view text, const std::string& path);

}  // namespace orchestrator::harness::codec
