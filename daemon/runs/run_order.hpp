// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the body of a creation says about a run, on top of what the configuration says. A value and a pure function.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

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

// The parts that other orders have as well; what a part does not say stays as it is in `into`.

/// Errors: `invalid_argument` at the setting.
[[nodiscard]] harness::Result<void> read_settings(const boost::json::object& settings,
                                                  harness::GenerationSettings& into);
void read_budgets(const boost::json::object& budgets, harness::Budgets& into);
[[nodiscard]] harness::ApprovalMode approval_of_word(std::string_view word);

/// Reads a body that fits the schema of its route. Errors: `invalid_argument` with a JSON pointer as `at`.
[[nodiscard]] harness::Result<RunOrder> read_run_order(const boost::json::value& body, cli::RunRequest defaults);

}  // namespace orchestrator::daemon
