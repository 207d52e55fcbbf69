// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run on a time axis: a row for each attempt and each call, with what it waited for. Pure functions.

#include <cstddef>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "event/run_outline.hpp"

namespace orchestrator::cli {

/// Lines of at most `columns` characters, 40 at least, made safe for a terminal.
[[nodiscard]] std::string timeline_text(const harness::event::RunOutline& run, std::size_t columns);

/// The same for programs; times in microseconds on the run's clock, what is unknown is null.
[[nodiscard]] boost::json::object timeline_json(const harness::event::RunOutline& run);

/// The calls of tools alone, each with its turn, arguments and result.
[[nodiscard]] boost::json::array tool_calls_json(const harness::event::RunOutline& run);

}  // namespace orchestrator::cli
