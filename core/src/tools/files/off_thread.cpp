// SPDX-License-Identifier: Apache-2.0
#include "tools/files/off_thread.hpp"

namespace orchestrator::harness::tools {

boost::asio::thread_pool& file_threads() {
  static boost::asio::thread_pool threads(2);
  return threads;
}

}  // namespace orchestrator::harness::tools
