// SPDX-License-Identifier: Apache-2.0
#pragma once

// Long tokens that look random, told from identifiers, paths, digests, ids and encoded text. Pure functions, linear in
// the text, in whole numbers only.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/redaction/text_find.hpp"

namespace orchestrator::harness::codec {

/// Shorter tokens are too near to words, longer ones are data rather than keys.
inline constexpr std::size_t kRandomBytesMin = 20;
inline constexpr std::size_t kRandomBytesMax = 512;

/// The first random-looking token: a run of [A-Za-z0-9+/_-] of those lengths whose mixed parts have the entropy
/// (Shannon, over the characters of the token) and the changes of class that random text has. Stays: hex of any
/// length, UUIDs, ULIDs, ids with the prefixes of this system and of providers, digests with their algorithm before
/// them, public keys, paths, words in any case, and base64 of text. `before` is what stands in front of `text`: data
/// addresses (`base64,`) and checksums (`h1:`) are told by it. A token at the front that continues a run stays.
[[nodiscard]] std::optional<TextFind> find_random(std::string_view text, std::string_view before);

/// The Shannon entropy of `text` in 1/65,536 bit for each byte; 0 for an empty text. Only the first 512 bytes count.
[[nodiscard]] std::uint32_t entropy_q16(std::string_view text);

}  // namespace orchestrator::harness::codec
