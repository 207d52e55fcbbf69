// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration/config_file.hpp"

#include <utility>

#include "cli/input/byte_reader.hpp"
#include "codec/toml_entries.hpp"

namespace orchestrator::cli {
namespace {

using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint64_t kFileBytesMax = 1ULL << 20;

}  // namespace

Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& path) {
  auto parsed = harness::codec::parse_toml(text, path);
  if (!parsed) {
    return std::unexpected(std::move(parsed.error()));
  }
  std::vector<ConfigEntry> entries;
  for (harness::codec::TomlEntry& entry : *parsed) {
    entries.push_back({std::move(entry.key), std::move(entry.value), entry.place.line, entry.place.column});
  }
  return entries;
}

Result<std::vector<ConfigEntry>> read_config_file(const std::string& path) {
  auto file = read_file(path, kFileBytesMax);
  if (!file) {
    return harness::fail(RuntimeErrorCode::configuration_invalid, "the configuration file " + path + " " + file.error(),
                         path);
  }
  return parse_config(file->bytes, path);
}

}  // namespace orchestrator::cli
