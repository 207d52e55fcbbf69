// SPDX-License-Identifier: Apache-2.0
#pragma once

// The version of this build, as runs record it. One file knows it, so that a new one builds little anew.

#include <string_view>

namespace orchestrator::harness::event {

/// Such as `0.2.1`: the text of the file VERSION. Static lifetime.
[[nodiscard]] std::string_view runtime_version();

}  // namespace orchestrator::harness::event
