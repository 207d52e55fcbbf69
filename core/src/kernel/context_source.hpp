// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where an item of a context comes from, as manifests name it. Pure.

#include "event/context_entry.hpp"

namespace orchestrator::harness::kernel {

/// The name of a source in `events::ManifestEntry`.
[[nodiscard]] constexpr const char* name_of(event::ContextSource source) {
  switch (source) {
    case event::ContextSource::history:
      return "history";
    case event::ContextSource::input:
      return "input";
    case event::ContextSource::output:
      return "output";
    case event::ContextSource::hint:
      return "hint";
    case event::ContextSource::tool_result:
      return "tool_result";
    case event::ContextSource::retry:
      return "retry";
    case event::ContextSource::pinned:
      return "pinned";
    case event::ContextSource::summary:
      return "summary";
    case event::ContextSource::memory:
      return "memory";
  }
  return "";
}

}  // namespace orchestrator::harness::kernel
