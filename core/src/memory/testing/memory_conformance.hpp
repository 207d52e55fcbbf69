// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every memory store must do: one suite over a kind of store. A new kind passes it by one line in its own test:
// INSTANTIATE_TEST_SUITE_P(Postgres, MemoryConformance, testing::Values(postgres_kind()), kind_name). The tests are in
// memory_conformance_test.cpp, memory_search_test.cpp and memory_operations_test.cpp. One thread.

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/memory.hpp"
#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::memory::testing {

/// A place where a store keeps its memories, made for one test and gone after it.
class MemoryHost {
 public:
  virtual ~MemoryHost() = default;
  /// A handle on the memories: each time another one, as another process would have it, where the kind can be shared.
  virtual std::shared_ptr<MemoryStore> open() = 0;
};

struct MemoryKind {
  std::string name;
  std::function<std::unique_ptr<MemoryHost>(const MemoryBounds&)> make_host;
  bool is_shared = false;  // several processes may use it at once
};

/// `memory:` and `sqlite:`, the second with its file in memory, where a sync costs nothing.
[[nodiscard]] MemoryKind in_memory_kind();
[[nodiscard]] MemoryKind sqlite_kind();

/// How a failed test shows the kind.
void PrintTo(const MemoryKind& kind, std::ostream* out);
[[nodiscard]] std::string kind_name(const ::testing::TestParamInfo<MemoryKind>& info);

[[nodiscard]] MemoryId memory_id(std::uint64_t number);
[[nodiscard]] SessionId session_id(std::uint64_t number);
/// A fact of the user "ann", `number` seconds after the epoch.
[[nodiscard]] Memory fact(std::uint64_t number, std::string text);
/// A working memory of "ann" in session 1, `number` seconds after the epoch.
[[nodiscard]] Memory note(std::uint64_t number, std::string text);
/// A question of the user "ann", asked long after all of those.
[[nodiscard]] MemoryQuery question(std::string text);
[[nodiscard]] Embedding embedding(std::vector<float> values, std::string model = "test/model");

/// The numbers of memories that `memory_id` made, in order.
[[nodiscard]] std::vector<std::uint64_t> numbers_of(const std::vector<MemoryHit>& hits);
[[nodiscard]] std::vector<std::uint64_t> numbers_of(const std::vector<Memory>& memories);
[[nodiscard]] std::vector<std::uint64_t> numbers_of(const std::vector<MemoryId>& ids);

/// "ok", or the code of the error.
template <class T>
[[nodiscard]] std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

/// Runs coroutines of a store to their end, on the calling thread; a call that fails is a failure of the test.
class MemoryCalls {
 public:
  template <class T>
  T await(boost::asio::awaitable<T> task) {
    return runtime::testing::run_awaitable(io_, std::move(task));
  }
  MemoryPut put(MemoryStore& store, Memory memory);
  std::vector<MemoryHit> search(MemoryStore& store, MemoryQuery query);
  std::vector<Memory> list(MemoryStore& store, MemoryFilter filter = {});
  std::uint64_t forget(MemoryStore& store, MemoryFilter filter);

 private:
  boost::asio::io_context io_;
};

class MemoryConformance : public MemoryCalls, public ::testing::TestWithParam<MemoryKind> {
 protected:
  void SetUp() override { use(MemoryBounds()); }
  void TearDown() override;
  /// A new, empty store with these bounds.
  void use(const MemoryBounds& bounds);

  std::unique_ptr<MemoryHost> host_;
  std::shared_ptr<MemoryStore> store_;
};

}  // namespace orchestrator::harness::memory::testing
