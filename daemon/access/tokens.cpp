// SPDX-License-Identifier: Apache-2.0
#include "daemon/access/tokens.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace orchestrator::daemon {
namespace {

constexpr std::chrono::seconds kWindow{10};
constexpr unsigned kWrongMax = 100;
constexpr std::string_view kScheme = "Bearer ";

/// Whether both are equal, in a time that tells nothing about how much of them is.
bool equal_hashes(const harness::Hash& left, const harness::Hash& right) {
  return CRYPTO_memcmp(left.bytes().data(), right.bytes().data(), left.bytes().size()) == 0;
}

}  // namespace

Tokens::Tokens(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    NamedToken token;
    token.name = entry.principal.name;
    token.role = entry.principal.role;
    token.hash = harness::sha256(entry.token);
    known_.push_back({std::move(token), ++numbers_, false});
  }
}

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
  const harness::Hash shown = harness::sha256(field->substr(kScheme.size()));
  const Known* found = nullptr;
  for (const Known& known : known_) {
    if (equal_hashes(known.token.hash, shown)) found = &known;
  }
  if (found == nullptr) return std::unexpected(refuse(now));
  return Principal{found->token.name, found->token.role, found->number};
}

bool Tokens::is_valid(const Principal& principal) const {
  if (principal.token_number == 0) return true;
  return std::ranges::any_of(known_, [&](const Known& known) { return known.number == principal.token_number; });
}

std::vector<Tokens::Known>::const_iterator Tokens::find(const std::string& name) const {
  return std::ranges::find_if(known_, [&](const Known& known) { return known.token.name == name; });
}

Tokens::Change Tokens::add(NamedToken token) {
  if (find(token.name) != known_.end()) return Change::name_taken;
  if (std::ranges::count_if(known_, &Known::is_named) >= static_cast<std::ptrdiff_t>(kNamedMax)) {
    return Change::too_many;
  }
  known_.push_back({std::move(token), ++numbers_, true});
  return Change::done;
}

Tokens::Change Tokens::remove(const std::string& name) {
  const auto found = find(name);
  if (found == known_.end()) return Change::not_found;
  if (!found->is_named) return Change::not_revocable;
  known_.erase(found);
  return Change::done;
}

std::vector<NamedToken> Tokens::named() const {
  std::vector<NamedToken> found;
  for (const Known& known : known_) {
    if (known.is_named) found.push_back(known.token);
  }
  std::ranges::sort(found, {}, &NamedToken::name);
  return found;
}

}  // namespace orchestrator::daemon
