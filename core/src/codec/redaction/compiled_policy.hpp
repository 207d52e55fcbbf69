// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a `Redactor` is made of. Immutable, safe on any thread.

#include <string>

#include "codec/redaction/placeholder.hpp"
#include "codec/redaction/redactor.hpp"
#include "codec/redaction/secret_matcher.hpp"

namespace orchestrator::harness::codec {

struct Redactor::Compiled {
  RedactionMode mode = RedactionMode::full;
  SecretMatcher secrets;
  TextRules rules;

  /// False where configured secrets are all that is looked for: the automaton does it alone.
  [[nodiscard]] bool scans() const {
    const RedactionDetectors& use = rules.detectors;
    return use.vendor_key || use.email || use.card || use.iban || use.phone || use.name || use.entropy;
  }
  /// The vault, where the mode has a use for one.
  [[nodiscard]] SecretVault* used(SecretVault* vault) const {
    return mode == RedactionMode::reversible ? vault : nullptr;
  }
};

/// The placeholder of a find: that of the vault, where there is one and it gives a proper one.
[[nodiscard]] inline std::string placeholder_for(SecretVault* vault, RedactionKind kind, std::string_view value) {
  std::string placeholder = vault == nullptr ? std::string() : vault->placeholder_for(kind, value);
  return is_placeholder(placeholder) ? placeholder : placeholder_of(kind);
}

}  // namespace orchestrator::harness::codec
