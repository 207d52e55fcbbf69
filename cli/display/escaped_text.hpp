// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text that a person decides by: nothing of it is left out, and nothing of it can look like something else. Pure
// functions, safe on any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace orchestrator::cli {

/// All of `text`, with what is invisible or moves what is shown written as \u{HEX}: control characters but line end
/// and tab, carriage returns, marks of direction, characters without width, fillers, and tags. Bytes that are no
/// UTF-8 become \x{HEX}. A backslash that would look like such an escape is escaped itself.
[[nodiscard]] std::string escaped_text(std::string_view text);

/// `escaped_text` on one line: line ends and tabs are escaped, too.
[[nodiscard]] std::string escaped_line(std::string_view text);

/// `escaped_text`, each line behind `| `, with a line end. Lines that are longer than `columns` go on behind `: `, so
/// that no text leaves its margin on a terminal of that width; 0: lines are not broken.
[[nodiscard]] std::string escaped_block(std::string_view text, std::size_t columns);

}  // namespace orchestrator::cli
