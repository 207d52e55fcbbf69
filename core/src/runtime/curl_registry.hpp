// SPDX-License-Identifier: Apache-2.0
#pragma once

// Closes every `CurlMulti` of an execution context when that context is shut down. Without it, a
// coroutine that waits on a stream would own the stream and be owned by it, for ever.
// One thread: that of the context.

#include <boost/asio/execution_context.hpp>
#include <set>

namespace orchestrator::harness::runtime {

class CurlMulti;

class CurlRegistry final : public boost::asio::execution_context::service {
 public:
  static boost::asio::execution_context::id id;

  explicit CurlRegistry(boost::asio::execution_context& context);

  void add(CurlMulti& multi) { multis_.insert(&multi); }
  void remove(CurlMulti& multi) { multis_.erase(&multi); }

 private:
  void shutdown() override;

  std::set<CurlMulti*> multis_;  // not owned; the order plays no part
};

}  // namespace orchestrator::harness::runtime
