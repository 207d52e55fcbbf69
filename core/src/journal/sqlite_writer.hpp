// SPDX-License-Identifier: Apache-2.0
#pragma once

// The writer of one run of an SQLite store. Used by one thread at a time; the work is done by the store's commit
// thread.

#include "runtime/compiler_check.hpp"

#include <cstdint>
#include <memory>
#include <optional>

#include "journal/commit_thread.hpp"
#include "journal/run_row.hpp"
#include "journal/run_signal.hpp"
#include "journal/sqlite_file.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

class SqliteWriter final : public RunWriter {
 public:
  /// REQUIRES: the run is held, which ends with the writer.
  SqliteWriter(std::shared_ptr<SqliteFile> file, std::shared_ptr<CommitThread> commits, const RunRow& run);
  ~SqliteWriter() override;

  boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override;
  boost::asio::awaitable<Result<void>> sync() override;
  boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override;
  [[nodiscard]] std::uint64_t epoch() const override { return epoch_; }

 private:
  [[nodiscard]] std::optional<Error> reason_to_refuse_line(const JournalLine& line) const;

  std::shared_ptr<SqliteFile> file_;       // shared with the store
  std::shared_ptr<CommitThread> commits_;  // shared with the store and its other writers
  std::shared_ptr<RunSignal> signal_;      // shared with waiters
  const std::int64_t number_;
  const std::uint64_t epoch_;
  std::uint64_t step_;
  std::uint64_t seq_;
  std::uint64_t writes_ = 1;  // one more than there were: what was there before the opening may never have been synced
  std::uint64_t synced_writes_ = 0;
};

}  // namespace orchestrator::harness::journal
