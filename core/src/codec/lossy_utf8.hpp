// SPDX-License-Identifier: Apache-2.0
#pragma once

// UTF-8 as the WHATWG decoder reads it: well-formed bytes stay, each broken sequence becomes one U+FFFD.
// A pure function, safe on any thread.

#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

/// Appends `bytes` with U+FFFD for every maximal part of a broken sequence.
void append_lossy_utf8(std::string& out, std::string_view bytes);

}  // namespace orchestrator::harness::codec
