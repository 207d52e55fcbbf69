// SPDX-License-Identifier: Apache-2.0
#pragma once

// The system calls that commands are denied: those by which they would leave the sandbox or look into other processes.
// Everything else is allowed. Any thread.

#include <expected>
#include <string>

#include "tools/process/descriptor.hpp"

namespace orchestrator::harness::tools {

/// The filter as a file in memory, as `bwrap --seccomp` reads it, at its beginning. An error says which step failed.
[[nodiscard]] std::expected<Descriptor, std::string> seccomp_filter();

}  // namespace orchestrator::harness::tools
