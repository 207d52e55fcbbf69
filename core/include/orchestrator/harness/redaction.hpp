// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is taken out of texts before they are kept or shown: which secrets, which kinds of personal data, and what
// stands in their place; and the vaults that keep what was taken out where it shall be put back. Policies are plain
// values: copyable, and safe to read from several threads. `HarnessBuilder::redaction` puts runs under one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness {

/// What becomes of a text.
enum class RedactionMode : std::uint8_t {
  none,           // it stays as it is
  metadata_only,  // nothing of its content stays: one placeholder for all of it; JSON keeps names, flags and its shape
  full,           // each find is replaced by `[redacted:KIND]`; what it was is lost
  reversible      // each find is replaced by `[redacted:KIND:N]`, and a vault keeps what it was
};

/// What was found. The order decides between two finds of the same bytes: the first one names the placeholder.
enum class RedactionKind : std::uint8_t {
  secret,      // a configured value, in plain or encoded
  vendor_key,  // a key, token or private key of known form, or the password of an address
  email,
  card,    // a payment card number with a valid check digit
  iban,    // a bank account number with valid check digits
  phone,   // a telephone number
  name,    // the value of something that is called like a secret: `password=...`
  entropy  // a long token that looks random
};
inline constexpr std::size_t kRedactionKinds = 8;

/// The stable text name of a kind, as placeholders show it. Static lifetime.
[[nodiscard]] constexpr std::string_view name_of(RedactionKind kind) {
  constexpr std::array<std::string_view, kRedactionKinds> kNames{"secret", "vendor_key", "email", "card",
                                                                 "iban",   "phone",      "name",  "entropy"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// A value that must never appear, such as the key of a provider.
struct ConfiguredSecret {
  std::string name;   // for messages only; 1 to 64 bytes
  std::string value;  // 6 to 4,096 bytes; found in plain, base64, hex, percent-encoded and JSON-escaped
  bool operator==(const ConfiguredSecret&) const = default;
};

/// True for what is long enough to be the key of a provider: 16 to 4,096 bytes. Shorter ones are words such as
/// `ollama`, which servers without keys are given, and which texts may hold.
[[nodiscard]] constexpr bool is_protected_key(std::string_view key) { return key.size() >= 16 && key.size() <= 4'096; }

/// Which kinds are looked for. `phone` is off: numbers of tables and logs look like telephone numbers too often.
struct RedactionDetectors {
  bool secret = true;
  bool vendor_key = true;
  bool email = true;
  bool card = true;
  bool iban = true;
  bool phone = false;
  bool name = true;
  bool entropy = true;
  bool operator==(const RedactionDetectors&) const = default;
};

/// What to do with the texts of a run.
struct RedactionPolicy {
  RedactionMode mode = RedactionMode::full;
  std::vector<ConfiguredSecret> secrets = {};  // at most 64
  std::vector<std::string> secret_names = {};  // further names whose values are secret; at most 64 of 2 to 64 bytes
  RedactionDetectors detectors = {};
  bool operator==(const RedactionPolicy&) const = default;
};

/// Where a reversible redaction keeps what it took out, apart from all journals. Of a harness's vault the calls come
/// from its thread and from whoever restores texts: an implementation is safe on several threads at once.
class SecretVault {
 public:
  virtual ~SecretVault() = default;
  /// The placeholder of a value, `[redacted:KIND:N]`: the same for the same kind and value, another for any other.
  /// An answer of another form, or an empty one (a full vault, or one that cannot write), is not used:
  /// `[redacted:KIND]` stands instead, and the value is lost.
  virtual std::string placeholder_for(RedactionKind kind, std::string_view value) = 0;
  /// The value behind a placeholder of this vault; nothing for any other text.
  [[nodiscard]] virtual std::optional<std::string> value_of(std::string_view placeholder) const = 0;
};

/// A vault of at most 100,000 values in memory, which numbers them from 1. What it keeps is gone with it.
[[nodiscard]] std::shared_ptr<SecretVault> memory_vault();

/// A vault of at most 100,000 values and 64 MiB in a file, for values that outlive a process. Several processes may use
/// one file at once. The file is made with mode 0600, folders that are missing above it with 0700. Numbers are random,
/// so that a placeholder whose value was lost never stands for another. After a power loss the newest values may be
/// gone. Errors: `configuration_invalid` (others may read the file), `storage_failed` (it cannot be used, or is no
/// vault).
[[nodiscard]] Result<std::shared_ptr<SecretVault>> file_vault(const std::string& path);

/// `text` with each placeholder of the vault turned back into its value; others stay. A value that itself holds
/// placeholders (a key block around a configured secret) is resolved as well, two levels deep at most.
/// REQUIRES: `text` may be shown to whoever reads the result; the vault does not ask.
[[nodiscard]] std::string restore(std::string_view text, const SecretVault& vault);

}  // namespace orchestrator::harness
