// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every store must do: one suite over a kind of store. A new kind passes it by one line in its own test:
// INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(sqlite_kind()), kind_name). The tests are in
// store_conformance_test.cpp and store_operations_test.cpp.

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "journal/testing/run_lines.hpp"
#include "orchestrator/harness/journal.hpp"
#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::journal::testing {

/// A place where a store keeps its runs, made for one test and gone after it.
class StoreHost {
 public:
  virtual ~StoreHost() = default;
  /// A handle on the runs: each time another one, as another process would have it, where the kind can be shared.
  virtual std::shared_ptr<JournalStore> open() = 0;
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StoreHost>()> make_host;  // null where what it needs is not installed
  bool is_shared = false;                                 // several processes may use it at once
};

/// How a failed test shows the kind.
void PrintTo(const StoreKind& kind, std::ostream* out);

[[nodiscard]] std::string kind_name(const ::testing::TestParamInfo<StoreKind>& info);

/// Runs coroutines of a store to their end, on the calling thread.
class StoreTest {
 public:
  template <class T>
  T await(boost::asio::awaitable<T> task) {
    return runtime::testing::run_awaitable(io_, std::move(task));
  }
  /// All lines after an event, page by page.
  std::vector<JournalLine> read_all(JournalStore& store, RunId run, std::uint64_t after_seq = 0,
                                    std::uint64_t bytes_max = 1 << 20);
  /// A run with a start and `deltas` deltas, its writer open.
  std::unique_ptr<RunWriter> write_run(JournalStore& store, RunLines& lines, int deltas = 0);
  void append(RunWriter& writer, RunLines::Line line);

 private:
  boost::asio::io_context io_;
};

class StoreConformance : public StoreTest, public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::unique_ptr<StoreHost> host_;
  std::shared_ptr<JournalStore> store_;
};

}  // namespace orchestrator::harness::journal::testing
