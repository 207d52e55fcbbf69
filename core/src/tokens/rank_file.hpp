// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rank files: the tokens of an encoding in the order of their ranks, one a line, `BASE64 RANK`. Pure but for
// `read_rank_file`, which reads the file and nothing else.

#include <cstddef>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "tokens/rank_table.hpp"

namespace orchestrator::harness::tokens {

/// The table of a file's text. `tokens` is how many the encoding has, at most `kTokensMax`: a file that is cut short,
/// or that is another encoding's, is refused. So is one without all 256 single bytes, for then some texts would have no
/// tokens. Fails with `configuration_invalid`, at `NAME:LINE` or `NAME`.
[[nodiscard]] Result<RankTable> parse_rank_file(std::string_view text, const std::string& name, std::size_t tokens);

/// The same of a file on disk, of at most 16 MiB.
[[nodiscard]] Result<RankTable> read_rank_file(const std::string& path, std::size_t tokens);

}  // namespace orchestrator::harness::tokens
