// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes secrets and personal data out of texts, as a policy says. Text goes first through the automaton of the
// configured secrets, then through the scanner of everything else (text_scanner.hpp). A redactor is immutable once
// compiled and safe on any thread; a vault is used by one call at a time. The time of every call is linear in its text.

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/redaction/secret_vault.hpp"
#include "codec/redaction/text_scanner.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness::codec {

/// How often each kind was found, in the order of `RedactionKind`. A find inside a key block counts, too.
using RedactionCounts = std::array<std::size_t, kRedactionKinds>;

struct RedactedText {
  std::string text;
  RedactionCounts counts{};
  /// In order and apart, in bytes of the text that was given.
  std::vector<RedactedSpan> spans;
};

class Redactor {
 public:
  /// Deeper JSON is refused.
  static constexpr std::size_t kJsonDepthMax = 128;

  /// Fails with `configuration_invalid` for more than 64 secrets or names, a secret of less than 6 or more than 4,096
  /// bytes, and a name of less than 2 or more than 64 bytes; the message never holds a value.
  static Result<Redactor> compile(RedactionPolicy policy);
  ~Redactor();
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;

  /// `text` with a placeholder for each find. What is no UTF-8 is read as bytes; no character is cut. Redacting the
  /// result changes nothing more. The vault counts under `RedactionMode::reversible` alone; without one the
  /// placeholders are those of `full`.
  [[nodiscard]] RedactedText redact(std::string_view text, SecretVault* vault = nullptr) const;

  /// The same for one JSON text, inside the decoded strings and names of it; all else stays byte by byte. The value of
  /// a member with a secret name is replaced whole, a number by a string; lists under such a name likewise. Under
  /// `metadata_only` every string and number becomes the placeholder of content. Escaped halves of surrogate pairs may
  /// become U+FFFD. Fails with `invalid_argument` for what is no JSON, or is nested deeper than `kJsonDepthMax`, or has
  /// more than 524,288 values; under `none` nothing is checked.
  [[nodiscard]] Result<RedactedText> redact_json(std::string_view json, SecretVault* vault = nullptr) const;

  [[nodiscard]] RedactionMode mode() const;

 private:
  friend class JsonStreamRedactor;
  friend class StreamRedactor;
  struct Compiled;
  explicit Redactor(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace orchestrator::harness::codec
