// SPDX-License-Identifier: Apache-2.0
#pragma once

// Work that file threads do for a context: while there is some, the context does not end, since its result is handed to
// it. A service of Asio's, one for each context, which is shut down before the context goes.

#include <boost/asio/execution_context.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace orchestrator::harness::tools {

class FileWork final : public boost::asio::execution_context::service {
 public:
  using key_type = FileWork;
  static boost::asio::execution_context::id id;

  explicit FileWork(boost::asio::execution_context& context) : service(context) {}

  /// Counts one piece of work for the context. On its thread, while it lives. The result is valid until `end`.
  [[nodiscard]] static FileWork* begin(boost::asio::execution_context& context);
  /// The work has handed over its result, and touches nothing of the context any more. Any thread.
  void end();

 private:
  /// Waits for the work that is under way.
  void shutdown() override;

  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t under_way_ = 0;
};

}  // namespace orchestrator::harness::tools
