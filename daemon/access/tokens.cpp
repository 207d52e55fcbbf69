// SPDX-License-Identifier: Apache-2.0
#include "daemon/access/tokens.hpp"

#include <algorithm>

#include "daemon/access/token_file.hpp"

namespace orchestrator::daemon {
namespace {

constexpr std::chrono::seconds kWindow{10};
constexpr unsigned kWrongMax = 100;
constexpr std::string_view kScheme = "Bearer ";

}  // namespace

ApiError Tokens::refuse(std::chrono::steady_clock::time_point now) {
  if (now - window_began_ > kWindow) {
    window_began_ = now;
    wrong_in_window_ = 0;
  }
  wrong_in_window_ += 1;
  if (wrong_in_window_ > kWrongMax) {
    return {.status = 429, .code = "too_many_attempts", .message = "too many wrong tokens; wait before the next"};
  }
  return {
      .status = 401, .code = "token_invalid", .message = "the token is not one of this daemon", .at = "Authorization"};
}

std::expected<Principal, ApiError> Tokens::identify(const RequestHead& head,
                                                    std::chrono::steady_clock::time_point now) {
  const auto is_token = [](const auto& parameter) {
    return equal_names(parameter.first, "token") || equal_names(parameter.first, "access_token");
  };
  if (std::ranges::any_of(head.query, is_token)) {
    return std::unexpected(
        ApiError{.status = 401,
                 .code = "token_in_query_refused",
                 .message = "a token in the address ends up in logs; send it as Authorization: Bearer",
                 .at = "token"});
  }
  const std::size_t credentials = head.fields.count("Authorization") + head.fields.count("x-api-key");
  if (credentials > 1) {
    return std::unexpected(
        ApiError{.status = 400, .code = "two_credentials", .message = "send one credential", .at = "Authorization"});
  }
  if (credentials == 0) return Principal{};
  const auto field = head.fields.find("Authorization");
  if (!field || field->size() <= kScheme.size() || !equal_names(field->substr(0, kScheme.size()), kScheme)) {
    return std::unexpected(refuse(now));
  }
  const std::string shown(field->substr(kScheme.size()));
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (equal_secrets(entry.token, shown)) found = &entry;
  }
  if (found == nullptr) return std::unexpected(refuse(now));
  return found->principal;
}

}  // namespace orchestrator::daemon
