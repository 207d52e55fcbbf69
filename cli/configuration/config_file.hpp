// SPDX-License-Identifier: Apache-2.0
#pragma once

// A configuration file as a flat list of keys and values with their places. Blocking; for any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/configuration/config_key.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// One `key = value`, with tables joined by dots.
struct ConfigEntry {
  std::string key;
  ConfigValue value;
  std::uint32_t line = 0;  // from 1
  std::uint32_t column = 0;
};

/// The entries of a TOML text in the order of the text. `path` is for the messages. Errors, all
/// `configuration_invalid` beginning with `PATH:LINE:COLUMN: `: syntax, or a kind of value that no key has.
[[nodiscard]] harness::Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& path);

/// The entries of a file of at most 1 MiB. Errors: as above, and what keeps the file from being read.
[[nodiscard]] harness::Result<std::vector<ConfigEntry>> read_config_file(const std::string& path);

}  // namespace orchestrator::cli
