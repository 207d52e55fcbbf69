// SPDX-License-Identifier: Apache-2.0
#include "daemon/runs/store_work.hpp"

namespace orchestrator::daemon {

boost::asio::thread_pool& store_threads() {
  static boost::asio::thread_pool threads(2);
  return threads;
}

}  // namespace orchestrator::daemon
