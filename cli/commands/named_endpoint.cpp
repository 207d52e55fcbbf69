// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/named_endpoint.hpp"

#include <utility>

#include "cli/configuration/key_file.hpp"

namespace orchestrator::cli {

harness::Result<NamedEndpoint> named_endpoint(const NamedProvider& named, const Environment& environment) {
  NamedEndpoint endpoint;
  endpoint.address.base_url = named.base_url;
  if (!named.api_key_env.empty()) {
    endpoint.address.api_key = environment(named.api_key_env).value_or("");
    endpoint.missing_key_help = "set " + named.api_key_env;
  } else if (!named.api_key_file.empty()) {
    auto key = read_key_file(named.api_key_file);
    if (!key) {
      return std::unexpected(std::move(key.error()));
    }
    endpoint.address.api_key = *std::move(key);
  }
  return endpoint;
}

}  // namespace orchestrator::cli
