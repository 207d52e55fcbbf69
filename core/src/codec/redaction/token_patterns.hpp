// SPDX-License-Identifier: Apache-2.0
#pragma once

// Keys and tokens of vendors, telephone numbers (both on RE2) and addresses of e-mail, inside one stretch of text.
// Immutable once made, safe on any thread. Work is linear in the text.

#include <memory>
#include <optional>
#include <string_view>

#include "codec/redaction/text_find.hpp"

namespace re2 {
class RE2;
}

namespace orchestrator::harness::codec {

class TokenPatterns {
 public:
  TokenPatterns();
  ~TokenPatterns();
  TokenPatterns(TokenPatterns&&) noexcept;
  TokenPatterns& operator=(TokenPatterns&&) noexcept;

  /// The first vendor key of `text`. `inside` tells that a letter or digit stands before `text`. Examples of manuals
  /// (`AKIA...EXAMPLE`, `sk-xxxx`) are none.
  [[nodiscard]] std::optional<TextFind> find_vendor_key(std::string_view text, bool inside) const;
  /// The first telephone number: E.164 with its `+`, or a common national form, of 7 to 15 digits.
  [[nodiscard]] std::optional<TextFind> find_phone(std::string_view text) const;

 private:
  std::unique_ptr<const re2::RE2> vendor_;
  std::unique_ptr<const re2::RE2> phone_;
};

/// The first address of e-mail: a local part of up to 64 bytes, a domain of up to 255 with a top level of letters.
/// `git@` and names of files such as `icon@2x.png` are none.
[[nodiscard]] std::optional<TextFind> find_email(std::string_view text);

}  // namespace orchestrator::harness::codec
