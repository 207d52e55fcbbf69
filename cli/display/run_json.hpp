// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs and sessions as JSON objects for --json. Pure functions.

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::cli {

/// The fields of a summary, in a fixed order; what is unknown is null.
[[nodiscard]] boost::json::object json_of(const harness::RunSummary& run);

/// The same of a run that a search found, with where its words are.
[[nodiscard]] boost::json::object json_of(const harness::RunMatch& match);
/// `input` or `output`; lives for ever.
[[nodiscard]] std::string_view place_word(harness::RunHit::Place place);

/// Token counts; what is unknown is null.
[[nodiscard]] boost::json::object json_of(const harness::Usage& usage);

/// The object on one line with its end.
[[nodiscard]] std::string json_line(const boost::json::object& object);

}  // namespace orchestrator::cli
