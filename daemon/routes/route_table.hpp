// SPDX-License-Identifier: Apache-2.0
#pragma once

// All routes. A resource has a file of its own, which gives its part of the table. Constant data; any thread.

#include <string_view>
#include <utility>
#include <vector>

#include "daemon/routes/route.hpp"

namespace orchestrator::daemon {

/// Every route, made once. Lives for ever.
[[nodiscard]] const std::vector<Route>& route_table();

/// The schemas that routes refer to as `#/components/schemas/NAME`: pairs of a name and a JSON Schema.
[[nodiscard]] const std::vector<std::pair<std::string_view, std::string_view>>& component_schemas();

// The resources, each in the file of its name.
[[nodiscard]] std::vector<Route> derived_run_routes();
[[nodiscard]] std::vector<Route> run_control_routes();
[[nodiscard]] std::vector<Route> access_routes();
[[nodiscard]] std::vector<Route> run_events_routes();
[[nodiscard]] std::vector<Route> run_transfer_routes();
[[nodiscard]] std::vector<Route> run_views_routes();
[[nodiscard]] std::vector<Route> run_index_routes();
[[nodiscard]] std::vector<Route> runs_routes();
[[nodiscard]] std::vector<Route> service_routes();
[[nodiscard]] std::vector<Route> sessions_routes();

}  // namespace orchestrator::daemon
