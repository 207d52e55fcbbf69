// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the bodies of a fork and of an undo say. Values and pure functions.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

#include "orchestrator/harness/compensation.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/events.hpp"
#include "orchestrator/harness/fork.hpp"

namespace orchestrator::daemon {

struct ForkOrder {
  harness::ForkOptions options;
  std::string at_label;          // empty: `options.at_seq` says where
  boost::json::object settings;  // on top of those of the run
  boost::json::object budgets;   // likewise
};

/// Whether a body lets a run act that came out of a file.
[[nodiscard]] bool trusts_imported(const boost::json::object& body);

/// Reads a body that fits the schema of its route. Errors: `invalid_argument` with a JSON pointer as `at`.
[[nodiscard]] harness::Result<ForkOrder> read_fork_order(const boost::json::object& body);

/// Puts settings and budgets of the order on top of those that the run began with. Error: `invalid_argument` at the
/// setting.
[[nodiscard]] harness::Result<void> complete_fork(ForkOrder& order, const harness::events::RunStarted& source);

/// Reads a body that fits the schema of its route.
[[nodiscard]] harness::UndoOptions read_undo_order(const boost::json::object& body);

}  // namespace orchestrator::daemon
