// SPDX-License-Identifier: Apache-2.0
#pragma once

// Redacts a text that comes in pieces, cut at any byte. What comes out, joined, is what `Redactor::redact` makes of the
// whole. It belongs to one stream and one thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "codec/redaction/redactor.hpp"
#include "codec/redaction/secret_matcher.hpp"

namespace orchestrator::harness::codec {

class StreamRedactor {
 public:
  /// REQUIRES: the redactor and the vault outlive it.
  explicit StreamRedactor(const Redactor& redactor, SecretVault* vault = nullptr);

  /// Takes the next piece and returns what no later piece can change: whole characters. Plain words come out as soon as
  /// they end, all else after `held_bytes_max()` at the latest.
  [[nodiscard]] std::string append(std::string_view piece);
  /// The end of the text: returns the rest. Call it once, and nothing after.
  [[nodiscard]] std::string finish();

  /// Bytes that have come in and not gone out.
  [[nodiscard]] std::size_t held_bytes() const { return taken_ - released_; }
  /// The most that is ever held: what one decision of the scanner looks at, and the longest form of a configured
  /// secret. What goes on longer and may be a secret, such as a key block without its end, is taken out as it comes.
  [[nodiscard]] std::size_t held_bytes_max() const;
  /// How often each kind was found so far.
  [[nodiscard]] RedactionCounts counts() const;

 private:
  static constexpr std::size_t kKeptBytes = 16 << 10;  // read bytes are cut off when there are more

  void take_secrets(std::string_view piece, bool final);
  std::string read(bool final);

  const Redactor::Compiled* compiled_;
  SecretVault* vault_;
  SecretScan secrets_;
  TextScanner scanner_;
  std::string raw_;  // of the stream, from `raw_begin_` on: configured secrets may be in it
  std::size_t raw_begin_ = 0;
  std::string text_;  // what the scanner reads
  std::size_t secret_count_ = 0;
  std::size_t taken_ = 0;
  std::size_t released_ = 0;
  bool content_shown_ = false;
};

}  // namespace orchestrator::harness::codec
