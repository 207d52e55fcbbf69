// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which paths look as if they held secrets: keys, tokens, passwords. By their names alone, so a secret under another
// name is not known, and a harmless file may be taken for one. Pure; any thread.

#include <string_view>

namespace orchestrator::harness::tools {

/// True where the last part of `path`, or a folder on the way to it, has such a name. Case does not matter. Examples of
/// settings without values (`.env.example`) and public keys (`.pub`) are none.
[[nodiscard]] bool may_hold_secrets(std::string_view path);

}  // namespace orchestrator::harness::tools
