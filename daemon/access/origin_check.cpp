// SPDX-License-Identifier: Apache-2.0
#include "daemon/access/origin_check.hpp"

#include <algorithm>

namespace orchestrator::daemon {

OriginCheck::OriginCheck(const ListenAddress& address) {
  const auto add = [this](const std::string& host) {
    if (std::ranges::find(hosts_, host) == hosts_.end()) hosts_.push_back(host);
  };
  const std::string port = ":" + std::to_string(address.port);
  add(address.str());
  if (address.is_loopback()) {
    for (const char* name : {"127.0.0.1", "localhost", "[::1]"}) {
      add(name + port);
      if (address.port == 80) add(name);  // what clients leave out
    }
  }
}

bool OriginCheck::is_known(std::string_view host, bool is_local) const {
  // Names compare without case; addresses have none.
  return std::ranges::any_of(hosts_, [&](const std::string& known) { return equal_names(known, host); }) ||
         (is_local && equal_names(host, "localhost"));
}

std::expected<void, ApiError> OriginCheck::check(const RequestHead& head) const {
  const std::string_view host = head.fields.find("Host").value_or("");
  if (!is_known(host, head.is_local)) {
    return std::unexpected(ApiError{.status = 421,
                                    .code = "host_not_allowed",
                                    .message = "this daemon is not called so; ask it as " + hosts_.front(),
                                    .at = "Host"});
  }
  const auto refuse = [](std::string at) {
    return std::unexpected(ApiError{.status = 403,
                                    .code = "origin_not_allowed",
                                    .message = "requests from pages of other origins are refused",
                                    .at = std::move(at)});
  };
  if (head.fields.count("Origin") > 1 || head.fields.count("Sec-Fetch-Site") > 1) return refuse("Origin");
  if (const auto origin = head.fields.find("Origin"); origin) {
    constexpr std::string_view kScheme = "http://";
    if (!origin->starts_with(kScheme) || !equal_names(origin->substr(kScheme.size()), host)) return refuse("Origin");
  }
  if (const auto site = head.fields.find("Sec-Fetch-Site"); site && *site != "same-origin" && *site != "none") {
    return refuse("Sec-Fetch-Site");
  }
  return {};
}

}  // namespace orchestrator::daemon
