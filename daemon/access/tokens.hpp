// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who a request comes from, by its credential: the daemon's own token, or one that was given away under a name. Wrong
// credentials are counted: too many in a while are answered with 429, so that nobody learns anything by trying. On the
// server's thread.

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "daemon/access/access_records.hpp"
#include "daemon/access/principal.hpp"
#include "daemon/answers/api_error.hpp"
#include "daemon/http/request.hpp"

namespace orchestrator::daemon {

class Tokens {
 public:
  /// Tokens that were given away and are not revoked, at most.
  static constexpr std::size_t kNamedMax = 100;

  struct Entry {
    std::string token;
    Principal principal;
  };
  /// Of the daemon's own tokens, which cannot be revoked while it runs.
  explicit Tokens(const std::vector<Entry>& entries);

  /// The client; one of the role `open` where it shows no credential. Errors: `token_in_query_refused` and
  /// `token_invalid` (401), `two_credentials` (400), `too_many_attempts` (429).
  [[nodiscard]] std::expected<Principal, ApiError> identify(const RequestHead& head,
                                                            std::chrono::steady_clock::time_point now);
  /// Whether the client's token still counts. One that showed none has none to lose.
  [[nodiscard]] bool is_valid(const Principal& principal) const;

  enum class Change : std::uint8_t { done, name_taken, too_many, not_found, not_revocable };
  [[nodiscard]] Change add(NamedToken token);
  [[nodiscard]] Change remove(const std::string& name);
  /// Those that were given away, in the order of their names.
  [[nodiscard]] std::vector<NamedToken> named() const;

 private:
  struct Known {
    NamedToken token;
    std::uint64_t number = 0;
    bool is_named = false;
  };
  [[nodiscard]] ApiError refuse(std::chrono::steady_clock::time_point now);
  [[nodiscard]] std::vector<Known>::const_iterator find(const std::string& name) const;

  std::vector<Known> known_;  // few
  std::uint64_t numbers_ = 0;
  std::chrono::steady_clock::time_point window_began_{};
  unsigned wrong_in_window_ = 0;
};

}  // namespace orchestrator::daemon
