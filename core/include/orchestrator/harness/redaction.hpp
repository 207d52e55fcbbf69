// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is taken out of texts before they are kept or shown: which secrets, which kinds of personal data, and what
// stands in their place. Plain values: copyable, and safe to read from several threads. The engine that carries a
// policy out is `codec/redaction/redactor.hpp`, which also checks the bounds named here.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace orchestrator::harness
