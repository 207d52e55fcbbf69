// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/daemon_token.hpp"

#include <utility>

#include "cli/daemon/private_file.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::cli {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

Result<std::optional<std::string>> read_token(const std::string& path) {
  constexpr std::size_t kTokenBytes = kTokenPrefix.size() + 64;
  auto text = read_private_file(path, kTokenBytes + 1);
  if (!text) {
    text.error().message = "the token file " + text.error().message;
    return text;
  }
  if (!*text) return std::nullopt;
  std::string token = **std::move(text);
  if (token.ends_with('\n')) token.pop_back();
  if (token.size() != kTokenBytes || !token.starts_with(kTokenPrefix) ||
      !harness::Hash::parse(std::string_view(token).substr(kTokenPrefix.size()))) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the token file " + path + " holds no token; remove it, and the next start makes a new one", path);
  }
  return token;
}

}  // namespace orchestrator::cli
