// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the body of a creation says about a run, on top of what the configuration says. A value and a pure function.

#include <boost/json/value.hpp>

#include <optional>
#include <string>

#include "cli/commands/run_request.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::daemon {

struct RunOrder {
  std::string input;
  std::optional<harness::SessionId> session_id;  // empty: a new one
  bool only_if_idle = false;
  cli::RunRequest request;
};

/// Reads a body that fits the schema of its route. Errors: `invalid_argument` with a JSON pointer as `at`.
[[nodiscard]] harness::Result<RunOrder> read_run_order(const boost::json::value& body, cli::RunRequest defaults);

}  // namespace orchestrator::daemon
