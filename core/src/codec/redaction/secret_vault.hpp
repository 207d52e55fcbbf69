// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a reversible redaction keeps what it took out. The caller owns the vault, which decides how long values live
// and who may ask for them. Neither class is made for use on several threads at once.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness::codec {

class SecretVault {
 public:
  virtual ~SecretVault() = default;
  /// The placeholder of a value, `[redacted:KIND:N]`: the same for the same kind and value, another for any other.
  /// An answer of another form, or an empty one (a full vault), is not used: `[redacted:KIND]` stands instead, and the
  /// value is lost.
  virtual std::string placeholder_for(RedactionKind kind, std::string_view value) = 0;
  /// The value behind a placeholder of this vault; nothing for any other text.
  [[nodiscard]] virtual std::optional<std::string> value_of(std::string_view placeholder) const = 0;
};

/// A vault in memory that numbers values from 1 in the order in which they come.
class MemoryVault final : public SecretVault {
 public:
  static constexpr std::size_t kValuesMax = 100'000;

  std::string placeholder_for(RedactionKind kind, std::string_view value) override;
  [[nodiscard]] std::optional<std::string> value_of(std::string_view placeholder) const override;
  [[nodiscard]] std::size_t size() const { return placeholders_.size(); }

 private:
  std::map<std::pair<RedactionKind, std::string>, std::string> placeholders_;
  std::map<std::string, std::string, std::less<>> values_;
};

/// `text` with each placeholder of the vault turned back into its value; others stay. A value that itself holds
/// placeholders (a key block around a configured secret) is resolved as well, two levels deep at most.
/// REQUIRES: `text` may be shown to whoever reads the result; the vault does not ask.
[[nodiscard]] std::string restore(std::string_view text, const SecretVault& vault);

}  // namespace orchestrator::harness::codec
