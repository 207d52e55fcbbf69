// SPDX-License-Identifier: Apache-2.0
#pragma once

// Output of programs as plain text: nothing in it can move a cursor, set a title or fill a clipboard. Pure functions.

#include <string>
#include <string_view>

namespace orchestrator::harness::tools {

/// `bytes` as UTF-8 (broken sequences become U+FFFD) without escape sequences and control characters; line ends become
/// \n. A sequence that never ends is dropped up to the end of its line.
[[nodiscard]] std::string plain_text(std::string_view bytes);

/// True for bytes that are no text: they hold a zero byte.
[[nodiscard]] bool is_binary(std::string_view bytes);

/// One argument as a shell would read it back, in visible characters only: others, and those that reorder or hide text,
/// are written as $'\xNN'.
[[nodiscard]] std::string shell_quoted(std::string_view argument);

}  // namespace orchestrator::harness::tools
