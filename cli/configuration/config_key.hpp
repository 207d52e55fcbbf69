// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every key that a configuration file may have, what its value must be, and whether a project's file may set it.
// Constant data and pure functions, safe on any thread.

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace orchestrator::cli {

/// A value out of a file, the environment or a flag.
using ConfigValue = std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;

enum class ValueType : std::uint8_t { text, texts, choice, duration, size, count, model, store };

struct ConfigKey {
  std::string_view name;  // such as `timeouts.idle`, or `providers.NAME.base_url`
  ValueType type = ValueType::text;
  bool in_project = false;  // may stand in orchestrator.toml
  std::uint64_t least = 0;  // of `count` and `size`
  std::uint64_t most = 0;
  std::string_view choices = {};   // of `choice`, separated by one space
  std::string_view variable = {};  // the environment variable that sets it
};

[[nodiscard]] std::span<const ConfigKey> config_keys();

/// The key's rule; `providers.anything.kind` finds `providers.NAME.kind`. Null where there is no such key.
[[nodiscard]] const ConfigKey* find_key(std::string_view name);

/// `; did you mean 'NAME'?`, or the keys that there are.
[[nodiscard]] std::string suggest_key(std::string_view name);

/// Checks a value and brings it into its final form: durations to milliseconds, sizes to bytes (both std::int64_t).
/// An error is the end of a sentence whose subject is the key.
[[nodiscard]] std::expected<ConfigValue, std::string> check_value(const ConfigKey& key, const ConfigValue& value);

}  // namespace orchestrator::cli
