// SPDX-License-Identifier: Apache-2.0
// Any text as a configuration file: it is refused with its place, or every entry has a place and a value whose
// check gives a value or the end of a sentence. Reading it twice gives the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/configuration/config_file.hpp"

namespace {

using namespace orchestrator;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto entries = cli::parse_config(text, "fuzz.toml");
  const auto again = cli::parse_config(text, "fuzz.toml");
  require(entries.has_value() == again.has_value());
  if (!entries) {
    require(entries.error().code == "configuration_invalid");
    require(entries.error().message.starts_with("fuzz.toml:") && entries.error().message == again.error().message);
    return 0;
  }
  require(entries->size() == again->size());
  for (const cli::ConfigEntry& entry : *entries) {
    require(entry.line >= 1 && entry.column >= 1);  // a quoted key may be empty
    const cli::ConfigKey* key = cli::find_key(entry.key);
    if (key == nullptr) {
      require(!cli::suggest_key(entry.key).empty());
      continue;
    }
    const auto checked = cli::check_value(*key, entry.value);
    require(checked.has_value() || !checked.error().empty());
  }
  return 0;
}
