// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which names tell that their value is secret. A name is compared part by part, so that `apiKey`, `API_KEY`, `api-key`
// and `X-Api-Key` are one, while `max_tokens` and `tokenizer` are none. Immutable once made, safe on any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness::codec {

class SecretNames {
 public:
  /// Longer names are not looked at.
  static constexpr std::size_t kNameBytesMax = 64;

  SecretNames() = default;
  /// With further names, compared by their letters and digits alone.
  explicit SecretNames(const std::vector<std::string>& further);

  /// Is the value of something with this name secret?
  [[nodiscard]] bool is_secret(std::string_view name) const;

 private:
  std::vector<std::string> further_;  // sorted
};

/// Letters and digits of `name` in lower case.
[[nodiscard]] std::string plain_name(std::string_view name);

/// True for names that carry a secret in the query of an address only, such as `key` and `sig`.
[[nodiscard]] bool is_secret_in_query(std::string_view name);

}  // namespace orchestrator::harness::codec
