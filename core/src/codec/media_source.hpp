// SPDX-License-Identifier: Apache-2.0
#pragma once

// Media of a content part as providers want it on the wire: base64, or a `data:` address.
// Pure functions, safe on any thread.

#include <string>
#include <string_view>

#include "orchestrator/harness/content.hpp"

namespace orchestrator::harness::codec {

/// Appends the base64 form (RFC 4648, with padding) of `bytes`.
void append_base64(std::string& out, std::string_view bytes);

/// The address of a part: its `url`, or its bytes as `data:TYPE;base64,...`. `fallback_type` stands in for an empty
/// media type. Fails with `internal` where the bytes are a reference that nobody has loaded.
[[nodiscard]] Result<std::string> media_address(const MediaSource& source, std::string_view fallback_type);

/// The base64 form of a part's bytes; fails like `media_address`.
[[nodiscard]] Result<std::string> media_base64(const MediaSource& source);

}  // namespace orchestrator::harness::codec
