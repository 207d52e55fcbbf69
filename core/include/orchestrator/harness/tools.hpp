// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a model is told about a tool, and what a tool may do to the world. Running tools comes with 0.1.1;
// until then a call that a model makes anyway ends as `unknown_tool` and goes back to the model.
// Plain values; safe to read from several threads.

#include <cstdint>
#include <string>

#include "orchestrator/harness/content.hpp"

namespace orchestrator::harness {

/// What a call may do to the world. A tool that says nothing is irreversible.
enum class EffectClass : std::uint8_t { pure, idempotent, reversible, irreversible };

/// How a call ended.
enum class ToolOutcome : std::uint8_t { ok, error, denied, cancelled, unknown };

/// A tool as a provider request shows it.
struct ToolSpec {
  std::string name;  // 1 to 64 of [A-Za-z0-9_-], starting with a letter or _
  std::string description;
  RawJson input_schema;  // a JSON Schema whose root is an object
  bool strict = false;
  EffectClass effect_class = EffectClass::irreversible;
  bool operator==(const ToolSpec&) const = default;
};

}  // namespace orchestrator::harness
