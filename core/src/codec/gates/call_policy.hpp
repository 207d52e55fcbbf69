// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a `CallCheck` says of a call. Pure functions, safe on any thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/gates/call_targets.hpp"
#include "orchestrator/harness/safety.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness::codec {

/// Error: `configuration_invalid`, its `at` being the key that is wrong (`paths.deny[1]`): a bound passed, a host that
/// is none, the same entry allowed and denied.
[[nodiscard]] Result<void> check_call_check(const CallCheck& check);

/// Why a call is objected to, by the entry of the rule that says so; nothing where it is not. Paths are compared as
/// they are written and as the preparation found them, beneath `workspace` and absolute. A host that cannot be read is
/// one that no list allows and that every list denies.
[[nodiscard]] std::optional<std::string> objection_to(const CallCheck& check, std::string_view tool,
                                                      const CallTargets& call, std::span<const ToolTarget> targets,
                                                      std::string_view workspace);

}  // namespace orchestrator::harness::codec
