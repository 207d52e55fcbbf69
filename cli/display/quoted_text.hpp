// SPDX-License-Identifier: Apache-2.0
#pragma once

// Foreign text inside a message of ours: quoted, on one line, without control characters, and short.
// Pure functions, safe on any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "codec/text_filter.hpp"

namespace orchestrator::cli {

using harness::codec::whole_characters;

/// `'text'`, with control characters and broken UTF-8 as \xNN and at most `bytes_max` bytes of it.
[[nodiscard]] std::string quoted_text(std::string_view text, std::size_t bytes_max = 80);

/// Where the first byte stands that is no part of well-formed UTF-8, counted from 0; nothing where there is none.
[[nodiscard]] std::optional<std::size_t> utf8_error_offset(std::string_view text);

}  // namespace orchestrator::cli
