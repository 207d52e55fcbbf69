// SPDX-License-Identifier: Apache-2.0
#include "tools/fetch/fetch_target.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <cstddef>

namespace orchestrator::harness::tools {

namespace {

namespace ip = boost::asio::ip;
namespace urls = boost::urls;

constexpr std::size_t kUrlBytesMax = std::size_t{8} << 10;

std::unexpected<ToolError> refuse(std::string why, std::string_view url) {
  return std::unexpected(
      ToolError{ToolErrorCode::url_not_allowed, std::move(why), std::string(url.substr(0, 200)), {}});
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// The parts of a URL as RFC 3986 splits one that is valid. Boost.URL tells whether it is; its own parts are not used,
// as 1.81 ends a host after a leading IPv4 address: of 8.8.8.8.example.com it makes the host 8.8.8.8.
struct UrlParts {
  std::string scheme;
  std::string_view authority;
  std::string_view rest;  // path and query
};

std::optional<UrlParts> split_url(std::string_view url) {
  if (!urls::parse_uri({url.data(), url.size()})) return std::nullopt;
  const std::size_t colon = url.find(':');
  UrlParts parts{lower(url.substr(0, colon)), {}, url.substr(colon + 1)};
  parts.rest = parts.rest.substr(0, parts.rest.find('#'));
  if (!parts.rest.starts_with("//")) return parts;
  const std::size_t end = std::min(parts.rest.find_first_of("/?", 2), parts.rest.size());
  parts.authority = parts.rest.substr(2, end - 2);
  parts.rest = parts.rest.substr(end);
  return parts;
}

struct Authority {
  std::string host;
  std::string_view port;
};

Authority split(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return {lower(authority), {}};
  }
  return {lower(authority.substr(0, colon)), authority.substr(colon + 1)};
}

bool is_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (std::size_t at = 0; at <= host.size();) {
    const std::size_t end = std::min(host.find('.', at), host.size());
    const std::string_view label = host.substr(at, end - at);
    const bool is_plain = std::ranges::all_of(
        label, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
    if (label.empty() || label.size() > 63 || !is_plain) return false;
    at = end + 1;
  }
  return true;
}

// What a resolver would take for a number: its last label is one, decimal, octal or hexadecimal.
bool looks_like_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (last.starts_with("0x")) return true;
  return !last.empty() && std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
}

// The reason why a host is not taken, or empty; sets the address of one that is an address.
std::string check_host(FetchTarget& target) {
  boost::system::error_code error;
  if (target.host.starts_with('[')) {
    const std::string inside = target.host.substr(1, target.host.size() - 2);
    const ip::address_v6 address = ip::make_address_v6(inside, error);
    if (error || inside.contains('%')) return "the address in brackets is not a plain IPv6 address";
    target.literal = address;
    target.host = "[" + address.to_string() + "]";
    return {};
  }
  if (target.host.ends_with('.')) return "the host ends with a dot";
  if (!is_name(target.host)) return "the host is not a plain ASCII name or address";
  if (!looks_like_number(target.host)) return {};
  const ip::address_v4 address = ip::make_address_v4(target.host, error);
  if (error || address.to_string() != target.host) return "the host is an IPv4 address in another form than a.b.c.d";
  target.literal = address;
  return {};
}

}  // namespace

std::string FetchTarget::place() const {
  return port == (is_https ? 443 : 80) ? host : host + ":" + std::to_string(port);
}

bool FetchTarget::is_granted(const std::vector<std::string>& hosts) const {
  const std::string with_port = host + ":" + std::to_string(port);
  const bool is_usual_port = port == 80 || port == 443;
  return std::ranges::any_of(hosts, [&](const std::string& granted) {
    const std::string name = lower(granted);
    return name == with_port || (is_usual_port && name == host);
  });
}

std::expected<FetchTarget, ToolError> FetchTarget::parse(std::string_view url, const std::vector<std::string>& hosts) {
  if (url.size() > kUrlBytesMax) return refuse("the URL has more than 8192 bytes", url);
  const auto parts = split_url(url);
  if (!parts) return refuse("this is not a URL: expected http(s)://HOST/PATH in ASCII", url);
  FetchTarget target;
  if (parts->scheme != "http" && parts->scheme != "https") return refuse("only http and https are fetched", url);
  if (parts->authority.contains('@')) return refuse("a URL with a user name or password is not fetched", "");
  const Authority authority = split(parts->authority);
  target.is_https = parts->scheme == "https";
  target.host = authority.host;
  target.port = target.is_https ? 443 : 80;
  if (!authority.port.empty()) {
    const char* const end = authority.port.data() + authority.port.size();
    const auto [stop, error] = std::from_chars(authority.port.data(), end, target.port);
    if (error != std::errc() || stop != end || target.port == 0) return refuse("the port is not a port", url);
  }
  if (const std::string why = check_host(target); !why.empty()) return refuse(why, url);
  if (target.port != 80 && target.port != 443 && !target.is_granted(hosts)) {
    return refuse("only the ports 80 and 443 are fetched, unless host:port is granted by the configuration", url);
  }
  target.url = parts->scheme + "://" + target.place();
  if (!parts->rest.starts_with('/')) target.url.push_back('/');
  target.url.append(parts->rest);
  return target;
}

std::expected<FetchTarget, ToolError> FetchTarget::redirected(std::string_view location,
                                                              const std::vector<std::string>& hosts) const {
  const std::string scheme = is_https ? "https" : "http";
  std::string next(location);
  if (location.starts_with("//")) {
    next = scheme + ":" + next;
  } else if (!split_url(location)) {
    // A path: resolved against one of a host that Boost.URL splits rightly, whose place the true one then takes.
    const std::string root = scheme + "://host";
    const std::string base_text = root + url.substr(url.find('/', scheme.size() + 3));
    const auto base = urls::parse_uri({base_text.data(), base_text.size()});
    const auto reference = urls::parse_relative_ref({location.data(), location.size()});
    urls::url resolved;
    if (!base || !reference || !urls::resolve(*base, *reference, resolved)) {
      return refuse("the redirect's target is not a URL", location);
    }
    next = std::string(resolved.data(), resolved.size());
    if (!next.starts_with(root + "/")) return refuse("the redirect's target is not a URL", location);
    next = scheme + "://" + place() + next.substr(root.size());
  }
  auto target = parse(next, hosts);
  if (target && is_https && !target->is_https) return refuse("a redirect from https to http is not followed", location);
  return target;
}

}  // namespace orchestrator::harness::tools
