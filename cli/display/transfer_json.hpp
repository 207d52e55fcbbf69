// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a check of a run and an import came to, as JSON objects. Pure functions.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <vector>

#include "journal/run_import.hpp"
#include "journal/run_verification.hpp"

namespace orchestrator::cli {

/// One object a flaw; what it is not about is null.
[[nodiscard]] boost::json::array json_of(const std::vector<harness::journal::Flaw>& flaws);
/// What was checked of a run, and what is wrong with it.
[[nodiscard]] boost::json::object json_of(const harness::journal::RunVerdict& verdict);
/// What became of a run of a file.
[[nodiscard]] boost::json::object json_of(const harness::journal::ImportedRun& run);

}  // namespace orchestrator::cli
