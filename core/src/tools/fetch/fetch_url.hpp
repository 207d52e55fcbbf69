// SPDX-License-Identifier: Apache-2.0
#pragma once

// `fetch_url` with its seams: who resolves names, and which addresses may be connected to. One thread.

#include <memory>

#include "orchestrator/harness/tools.hpp"
#include "tools/fetch/address_policy.hpp"
#include "tools/fetch/host_resolver.hpp"

namespace orchestrator::harness::tools {

struct FetchSeams {
  std::shared_ptr<HostResolver> resolver = system_resolver();  // shared with who else resolves
  AddressPolicy policy;
};

/// The tool `fetch_url`. One object may serve many runs at once on one thread.
[[nodiscard]] std::shared_ptr<Tool> make_fetch_url(const BuiltInToolsConfig& config, FetchSeams seams = {});

}  // namespace orchestrator::harness::tools
