// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs and sessions as JSON objects for --json. Pure functions.

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "orchestrator/harness/journal.hpp"

namespace orchestrator::cli {

/// The fields of a summary, in a fixed order; what is unknown is null.
[[nodiscard]] boost::json::object json_of(const harness::RunSummary& run);

/// Token counts; what is unknown is null.
[[nodiscard]] boost::json::object json_of(const harness::Usage& usage);

/// The object on one line with its end.
[[nodiscard]] std::string json_line(const boost::json::object& object);

}  // namespace orchestrator::cli
