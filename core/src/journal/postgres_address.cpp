// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_address.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <ranges>

namespace orchestrator::harness::journal {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Options options_of(const std::string& url) { return {PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree}; }

// Parameters that are not shown. libpq marks more of them: what is typed unseen has an asterisk.
constexpr std::array<std::string_view, 6> kUnseen{"password",         "sslpassword",      "passfile",
                                                  "scram_client_key", "scram_server_key", "oauth_client_secret"};

bool is_unseen(std::string_view keyword) { return std::ranges::find(kUnseen, keyword) != kUnseen.end(); }

std::vector<std::string> secrets_in(const PQconninfoOption* option) {
  std::vector<std::string> secrets;
  for (; option->keyword != nullptr; ++option) {
    const bool is_secret = std::string_view(option->dispchar) == "*" || is_unseen(option->keyword);
    if (is_secret && option->val != nullptr && *option->val != '\0') secrets.emplace_back(option->val);
  }
  return secrets;
}

// libpq looks at ports when it connects, and then repeats one that is none: it may be what a password was cut to.
bool is_port(std::string_view text) {
  constexpr int kPortMost = 65'535;
  if (text.empty()) return true;
  int port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && port > 0 && port <= kPortMost;
}

bool has_ports(const PQconninfoOption* option) {
  for (; option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) != "port" || option->val == nullptr) continue;
    const auto is_one = [](auto part) { return is_port(std::string_view(part)); };
    return std::ranges::all_of(std::string_view(option->val) | std::views::split(','), is_one);
  }
  return true;
}

// Where the text behind the scheme begins; npos where no scheme is.
std::size_t authority_of(std::string_view url) {
  constexpr std::string_view kMark = "://";
  const auto is_letter = [](char one) {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') || one == '+' ||
           one == '-' || one == '.';
  };
  const std::size_t mark = url.find(kMark);
  const bool is_scheme = mark != std::string_view::npos && std::ranges::all_of(url.substr(0, mark), is_letter);
  return is_scheme ? mark + kMark.size() : std::string_view::npos;
}

// What ends at the last `@` is one user information only where no other `@` and no `/` stands in it.
bool is_ambiguous(std::string_view url, std::size_t authority) {
  const std::size_t last = url.rfind('@');
  return last != std::string_view::npos && last >= authority && url.find_first_of("@/", authority) != last;
}

std::string without_unseen(std::string_view url, std::size_t start) {
  const std::size_t query = url.find('?', start);
  if (query == std::string_view::npos) return std::string(url);
  std::string kept(url.substr(0, query));
  char separator = '?';
  for (std::size_t begin = query + 1; begin <= url.size();) {
    const std::size_t end = std::min(url.find('&', begin), url.size());
    const std::string_view parameter = url.substr(begin, end - begin);
    begin = end + 1;
    if (is_unseen(parameter.substr(0, parameter.find('=')))) continue;
    kept.append(1, separator).append(parameter);
    separator = '&';
  }
  return kept;
}

// A file is named as it is; else a colon before an `@`, and what is set as in libpq's words, may be a password.
std::string without_scheme(std::string_view text) {
  constexpr std::array<std::string_view, 3> kFiles{"jsonl:", "sqlite:", "memory:"};
  if (std::ranges::any_of(kFiles, [&](std::string_view file) { return text.starts_with(file); })) {
    return std::string(text);
  }
  const std::size_t last = text.rfind('@');
  const bool is_user = last != std::string_view::npos && text.find(':') < last;
  const bool is_set = text.contains("pass") && text.contains('=');
  return is_user || is_set ? "..." : std::string(text);
}

// Whether no password stands where ports do, as in an address that was cut off before its `@`.
bool has_host(std::string_view url, std::size_t authority) {
  if (url.find('@', authority) != std::string_view::npos) return true;
  const std::string_view hosts = url.substr(authority, url.find_first_of("/?#", authority) - authority);
  return std::ranges::all_of(hosts | std::views::split(','), [](auto part) {
    const std::string_view host(part);
    const std::size_t colon = host.find(':', host.rfind(']') + 1);
    return colon == std::string_view::npos || is_port(host.substr(colon + 1));
  });
}

std::string stripped(std::string_view url) {
  const std::size_t authority = authority_of(url);
  if (authority == std::string_view::npos) return without_scheme(url);
  if (is_ambiguous(url, authority) || !has_host(url, authority)) return std::string(url.substr(0, authority)) + "...";
  const std::size_t at = url.find('@', authority);
  if (at == std::string_view::npos) return without_unseen(url, authority);
  const std::size_t colon = std::min(url.find(':', authority), at);
  std::string shown(url.substr(0, colon));
  return without_unseen(shown.append(url.substr(at)), colon);
}

}  // namespace

bool is_postgres_url(std::string_view url) {
  return url.starts_with("postgres://") || url.starts_with("postgresql://");
}

Result<PostgresAddress> parse_postgres_address(const std::string& url) {
  PostgresAddress address{url, stripped(url), {}};
  // libpq's own words would repeat the part that it does not read, which may be the password.
  const auto refuse = [](const std::string& why) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the store has an address " + why +
                    "; in a password, @ / : % are written percent-encoded (%40 %2F %3A %25), and a file that "
                    "PGPASSFILE names is better; expected postgres://USER@HOST:PORT/DATABASE",
                "store");
  };
  const std::size_t authority = authority_of(url);
  if (authority == std::string::npos || is_ambiguous(url, authority)) return refuse("that can be read in several ways");
  const Options options = options_of(url);
  if (options == nullptr || !has_ports(options.get())) return refuse("that libpq does not read");
  address.secrets = secrets_in(options.get());
  const Options shown = options_of(address.shown);
  if (shown == nullptr || !secrets_in(shown.get()).empty()) return refuse("with a password in an unusual place");
  return address;
}

std::string without_passwords(std::string_view url) {
  if (!is_postgres_url(url)) return stripped(url);
  const auto address = parse_postgres_address(std::string(url));
  return address ? address->shown : std::string(url.substr(0, authority_of(url))) + "...";
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
