// SPDX-License-Identifier: Apache-2.0
#pragma once

// Taking back what tools did. Effect classes are part of every tool's declaration and of every recorded call from the
// first version on; undo itself comes with 0.2.2. Plain functions.

#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness {

/// True for effects that can be taken back by a recorded compensation.
[[nodiscard]] constexpr bool can_be_undone(EffectClass effect_class) {
  return effect_class == EffectClass::pure || effect_class == EffectClass::reversible;
}

}  // namespace orchestrator::harness
