// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run on its way into an SQLite store: its lines are there, and its row, which readers go by, says that it has none
// until it is published. Where it comes in the place of a run, its row has another id until then. Used by one thread at
// a time; the work is done by the store's commit thread.

#include "runtime/compiler_check.hpp"

#include <cstdint>
#include <memory>

#include "journal/commit_thread.hpp"
#include "journal/run_row.hpp"
#include "journal/sqlite_file.hpp"
#include "journal/store_capabilities.hpp"

namespace orchestrator::harness::journal {

class SqliteStagedRun final : public StagedRun {
 public:
  /// Takes over the hold of its row. `run_id` is what the run is called once it is published.
  SqliteStagedRun(std::shared_ptr<SqliteFile> file, std::shared_ptr<CommitThread> commits, std::int64_t number,
                  RunId run_id, Staging staging);
  ~SqliteStagedRun() override;

  boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override;
  boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override;
  boost::asio::awaitable<Result<void>> publish() override;

 private:
  std::shared_ptr<SqliteFile> file_;       // its signals, and that it stays open
  std::shared_ptr<CommitThread> commits_;  // shared with the store
  std::int64_t number_;
  RunId run_id_;
  Staging staging_;
  std::shared_ptr<const JournalLine> last_;  // shared with the work under way
  std::uint64_t bytes_ = 0;
};

}  // namespace orchestrator::harness::journal
