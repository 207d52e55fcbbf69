// SPDX-License-Identifier: Apache-2.0
#pragma once

// The simplest vault, and what puts values back. Pure but for the vault itself, which is not made for several threads.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness::codec {

/// A vault in memory for one thread, that numbers values from 1 in the order in which they come.
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

/// The same inside the strings of a JSON text, which stays one. What is no JSON is restored as a text.
[[nodiscard]] std::string restore_json(std::string_view text, const SecretVault& vault);

}  // namespace orchestrator::harness::codec
