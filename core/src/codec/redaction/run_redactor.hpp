// SPDX-License-Identifier: Apache-2.0
#pragma once

// Carries the policy of a harness out on what comes into its runs, on whole values: inputs here, answers in
// answer_redactor.hpp. Immutable but for the vault; the time of every call is linear in what it is given.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/redaction/redactor.hpp"
#include "event/input.hpp"

namespace orchestrator::harness::codec {

/// Counts as events have them: none is 0, in the order of the kinds.
[[nodiscard]] std::vector<events::RedactionCount> listed(const RedactionCounts& counts);

class RunRedactor {
 public:
  /// `vault` may be empty: then `reversible` is refused. Errors as of `Redactor::compile`, and `configuration_invalid`
  /// for `metadata_only`, under which a model would be asked about nothing.
  static Result<RunRedactor> compile(RedactionPolicy policy, std::shared_ptr<SecretVault> vault);

  /// Takes out of an input what the policy says, and tells how much of it. Texts and JSON are redacted whole; of names,
  /// codes, ids, and bytes that are no text the configured secrets alone go. What stays: the declarations of tools and
  /// models, the record that undoes a call, the history of a session, which was redacted when it came, and the parts of
  /// an answer, which `AnswerRedactor` takes.
  [[nodiscard]] std::vector<events::RedactionCount> redact(event::Input::Value& input) const;

  /// The same for all that a tool gives, before any of it is shortened: a cut could leave the half of a secret.
  /// `written` may be bytes that are no text.
  [[nodiscard]] std::vector<events::RedactionCount> redact_output(std::vector<ContentPart>& parts,
                                                                  std::string& written) const;

  /// What a tool is given in place of `arguments`: with the values put back that the vault has.
  [[nodiscard]] std::string restored_arguments(std::string_view arguments) const;

  [[nodiscard]] RedactionMode mode() const { return texts_.mode(); }
  /// Of all that decides what is found, but for the values of secrets: a hash of them would let them be guessed.
  [[nodiscard]] const Hash& hash() const { return hash_; }
  /// For texts.
  [[nodiscard]] const Redactor& texts() const { return texts_; }
  /// For what is no text: the configured secrets alone.
  [[nodiscard]] const Redactor& secrets() const { return secrets_; }
  /// Null where nothing is kept. As long as this lives.
  [[nodiscard]] SecretVault* vault() const { return vault_.get(); }

 private:
  RunRedactor(Redactor texts, Redactor secrets, std::shared_ptr<SecretVault> vault, const Hash& hash)
      : texts_(std::move(texts)), secrets_(std::move(secrets)), vault_(std::move(vault)), hash_(hash) {}

  Redactor texts_;
  Redactor secrets_;
  std::shared_ptr<SecretVault> vault_;  // shared with whoever shows what was taken out
  Hash hash_;
};

/// Redacts single values and counts what it takes out. For one thread.
class ValueRedaction {
 public:
  /// REQUIRES: all outlive it. `vault` may be null.
  ValueRedaction(const Redactor& texts, const Redactor& secrets, SecretVault* vault)
      : texts_(texts), secrets_(secrets), vault_(vault) {}

  void text(std::string& value);
  /// What is no JSON that can be read becomes one string.
  void json(std::string& value);
  /// A text that has a name, which may tell that it is secret.
  void named(const std::string& name, std::string& value);
  void identifier(std::string& value);
  /// Text is redacted as such where `is_text`, also where it is no UTF-8; of all other bytes the configured secrets go.
  /// A reference stays.
  void bytes(SharedBytes& value, bool is_text);
  void media(MediaSource& source);

  [[nodiscard]] const RedactionCounts& counts() const { return counts_; }

 private:
  void take(RedactedText redacted, std::string& value);

  const Redactor& texts_;
  const Redactor& secrets_;
  SecretVault* vault_;
  RedactionCounts counts_{};
};

}  // namespace orchestrator::harness::codec
