// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/url_host.hpp"

#include <algorithm>

namespace orchestrator::harness::codec {
namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; }

// What two readers could take for different hosts.
bool is_doubtful(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value <= 0x20 || value >= 0x7F || byte == '\\' || byte == '%';
}

std::string lowered(std::string_view text) {
  std::string host(text);
  std::ranges::transform(host, host.begin(), lower);
  if (host.ends_with('.')) host.pop_back();
  return host;
}

}  // namespace

std::optional<std::string> host_of(std::string_view address) {
  if (const std::size_t scheme = address.find("://");
      scheme != std::string_view::npos && address.substr(0, scheme).find_first_of("/?#@[") == std::string_view::npos) {
    if (std::ranges::any_of(address.substr(0, scheme), is_doubtful)) return std::nullopt;
    address.remove_prefix(scheme + 3);
  }
  std::string_view authority = address.substr(0, std::min(address.find_first_of("/?#"), address.size()));
  if (std::ranges::any_of(authority, is_doubtful)) return std::nullopt;
  if (const std::size_t user = authority.rfind('@'); user != std::string_view::npos) authority.remove_prefix(user + 1);
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = authority.substr(0, end + 1);
    port = authority.substr(end + 1);
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty() && (port.front() != ':' || !std::ranges::all_of(port.substr(1), is_digit))) return std::nullopt;
  std::string found = lowered(host);
  if (found.empty() || found.find("..") != std::string::npos || found.starts_with('.')) return std::nullopt;
  return found;
}

bool matches_host(std::string_view pattern, std::string_view host) {
  const std::string wanted = lowered(pattern);
  if (!wanted.starts_with("*.")) return wanted == host;
  const std::string_view below = std::string_view(wanted).substr(1);
  return host.size() > below.size() && host.ends_with(below);
}

}  // namespace orchestrator::harness::codec
