// SPDX-License-Identifier: Apache-2.0
#include "runtime/curl_registry.hpp"

#include <memory>

#include "runtime/curl_multi.hpp"

namespace orchestrator::harness::runtime {

boost::asio::execution_context::id CurlRegistry::id;

CurlRegistry::CurlRegistry(boost::asio::execution_context& context)
    : boost::asio::execution_context::service(context) {}

void CurlRegistry::shutdown() {
  while (!multis_.empty()) {
    const std::shared_ptr<CurlMulti> multi = (*multis_.begin())->shared_from_this();
    multi->close();  // takes itself out of the set
  }
}

}  // namespace orchestrator::harness::runtime
