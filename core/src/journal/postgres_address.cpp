// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_address.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>

namespace orchestrator::harness::journal {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Options options_of(const std::string& url) { return {PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree}; }

// libpq marks with an asterisk what is typed unseen.
std::vector<std::string> secrets_in(const PQconninfoOption* option) {
  std::vector<std::string> secrets;
  for (; option->keyword != nullptr; ++option) {
    const bool is_secret = std::string_view(option->dispchar) == "*";
    if (is_secret && option->val != nullptr && *option->val != '\0') secrets.emplace_back(option->val);
  }
  return secrets;
}

// Where the password before the host begins, with its colon, and ends.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};
Span password_of(std::string_view url, std::size_t authority) {
  const std::size_t at = url.find_first_of("@/", authority);
  if (at == std::string_view::npos || url[at] != '@') return {};
  const std::size_t colon = url.find(':', authority);
  return colon < at ? Span{colon, at} : Span{};
}

bool is_secret_parameter(std::string_view parameter) {
  constexpr std::array<std::string_view, 2> kNames{"password=", "sslpassword="};
  return std::ranges::any_of(kNames, [&](std::string_view name) { return parameter.starts_with(name); });
}

std::string without_secret_parameters(std::string_view url) {
  const std::size_t query = url.find('?');
  if (query == std::string_view::npos) return std::string(url);
  std::string kept(url.substr(0, query));
  char separator = '?';
  for (std::size_t begin = query + 1; begin <= url.size();) {
    const std::size_t end = std::min(url.find('&', begin), url.size());
    const std::string_view parameter = url.substr(begin, end - begin);
    begin = end + 1;
    if (is_secret_parameter(parameter)) continue;
    kept.append(1, separator).append(parameter);
    separator = '&';
  }
  return kept;
}

}  // namespace

bool is_postgres_url(std::string_view url) {
  return url.starts_with("postgres://") || url.starts_with("postgresql://");
}

std::string without_passwords(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const Span password = password_of(url, scheme + 3);
  std::string shown(url.substr(0, password.begin));
  return without_secret_parameters(shown.append(url.substr(password.end)));
}

Result<PostgresAddress> parse_postgres_address(const std::string& url) {
  PostgresAddress address{url, without_passwords(url), {}};
  const auto refuse = [&](const std::string& why) {
    return fail(RuntimeErrorCode::configuration_invalid, "the store " + why, "store");
  };
  // libpq's own words would repeat the part that it does not read, which may be the password.
  const Options options = options_of(url);
  if (options == nullptr) {
    return refuse("has an address that libpq does not read; expected postgres://USER@HOST:PORT/DATABASE");
  }
  address.secrets = secrets_in(options.get());
  const Options shown = options_of(address.shown);
  if (shown == nullptr || !secrets_in(shown.get()).empty()) {
    return refuse(
        "has an address with a password in an unusual place; expected postgres://USER:PASSWORD@HOST/DATABASE");
  }
  return address;
}

std::string shown_message(std::string_view message, const PostgresAddress& address) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  std::string shown(message);
  for (const std::string& secret : address.secrets) {
    for (std::size_t at = shown.find(secret); at != std::string::npos; at = shown.find(secret, at + 3)) {
      shown.replace(at, secret.size(), "***");
    }
  }
  // What follows a line end is set in with tabs.
  std::erase(shown, '\t');
  std::ranges::replace(shown, '\n', ' ');
  return shown;
}

}  // namespace orchestrator::harness::journal
