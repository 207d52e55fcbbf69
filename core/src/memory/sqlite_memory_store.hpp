// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memories in an SQLite database, in a file or in memory. Any thread; the work is done by one thread of the store's
// own, to which the connection belongs, so that nothing else guards it. Destroying the store waits for what is under
// way.

#include "runtime/compiler_check.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memory/memory_database.hpp"
#include "orchestrator/harness/memory.hpp"

namespace orchestrator::harness::memory {

class SqliteMemoryStore final : public MemoryStore {
 public:
  explicit SqliteMemoryStore(std::unique_ptr<MemoryDatabase> database);
  ~SqliteMemoryStore() override;

  [[nodiscard]] std::string url() const override { return url_; }
  boost::asio::awaitable<Result<MemoryPut>> put(Memory memory) override;
  boost::asio::awaitable<Result<std::vector<MemoryHit>>> search(MemoryQuery query) override;
  boost::asio::awaitable<Result<std::vector<Memory>>> list(MemoryFilter filter, std::optional<MemoryId> after,
                                                           std::uint32_t limit) override;
  boost::asio::awaitable<Result<std::uint64_t>> forget(MemoryFilter filter) override;

 private:
  const std::string url_;
  std::unique_ptr<MemoryDatabase> database_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace orchestrator::harness::memory
