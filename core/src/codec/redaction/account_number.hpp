// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers of payment cards and bank accounts, told from other numbers by issuer, length, grouping and check digits.
// Pure functions, linear in the text.

#include <cstddef>
#include <optional>
#include <string_view>

#include "codec/redaction/text_find.hpp"

namespace orchestrator::harness::codec {

/// The first card number: 13 to 19 digits, alone or in groups that single blanks, hyphens or stops part, of a known
/// issuer range and its lengths (ISO/IEC 7812), whose check digit (Luhn) is right.
[[nodiscard]] std::optional<TextFind> find_card(std::string_view text);

/// The first IBAN (ISO 13616): a known country with its length, in one piece or in groups of four, whose remainder by
/// 97 is 1. Small letters are taken in one piece only.
[[nodiscard]] std::optional<TextFind> find_iban(std::string_view text);

/// True where `text` may be the beginning of an IBAN in groups: whole groups of four, the last one perhaps shorter.
[[nodiscard]] bool begins_iban(std::string_view text);

}  // namespace orchestrator::harness::codec
