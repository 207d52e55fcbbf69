// SPDX-License-Identifier: Apache-2.0
#include "daemon/routes/route_table.hpp"

#include <iterator>

namespace orchestrator::daemon {

const std::vector<Route>& route_table() {
  static const std::vector<Route> table = [] {
    std::vector<Route> all;
    for (auto* routes : {
             service_routes,
             sessions_routes,
             runs_routes,
             run_events_routes,
             run_control_routes,
             access_routes,
             derived_run_routes,
             run_transfer_routes,
             run_views_routes,
             run_index_routes,
         }) {
      std::vector<Route> some = routes();
      all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return all;
  }();
  return table;
}

}  // namespace orchestrator::daemon
