// SPDX-License-Identifier: Apache-2.0
#pragma once

// The writer of one run of a PostgreSQL store. Used by one thread at a time; the work is done by the database's commit
// thread. Once an append failed or was refused, everything is: another may have the run, and what was written may be
// there or not.

#include "runtime/compiler_check.hpp"

#include <cstdint>
#include <memory>
#include <optional>

#include "journal/postgres_commits.hpp"
#include "journal/run_signal.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

class PostgresWriter final : public RunWriter {
 public:
  PostgresWriter(std::shared_ptr<PostgresCommits> commits, std::shared_ptr<PostgresHold> hold,
                 std::shared_ptr<RunSignal> signal);
  ~PostgresWriter() override;

  boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override;
  /// Has nothing to do: a commit returns when it is on the server's disk.
  boost::asio::awaitable<Result<void>> sync() override;
  boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override;
  [[nodiscard]] std::uint64_t epoch() const override { return hold_->run().epoch; }

 private:
  boost::asio::awaitable<Result<void>> commit(PostgresChange change, std::uint64_t bytes);
  std::unexpected<Error> give_up(const Error& reason);

  std::shared_ptr<PostgresCommits> commits_;  // shared with the database and its other writers
  std::shared_ptr<PostgresHold> hold_;
  std::shared_ptr<RunSignal> signal_;  // shared with waiters
  std::uint64_t step_;
  std::uint64_t seq_;
  std::optional<Error> reason_;  // why nothing is accepted any more
};

}  // namespace orchestrator::harness::journal
