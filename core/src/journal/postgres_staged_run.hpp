// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run on its way into a PostgreSQL store: its lines are there, and its row, which readers go by, says that it has
// none until one transaction publishes it. Where it comes in the place of a run, its row has another id until then.
// Used by one thread at a time; the work is done by the database's commit thread.

#include "runtime/compiler_check.hpp"

#include <cstdint>
#include <memory>

#include "journal/postgres_commits.hpp"
#include "journal/run_signal.hpp"
#include "journal/store_capabilities.hpp"

namespace orchestrator::harness::journal {

class PostgresStagedRun final : public StagedRun {
 public:
  /// `hold` is of its row; `run_id` is what the run is called once it is published, `signal` that of its readers.
  PostgresStagedRun(std::shared_ptr<PostgresCommits> commits, std::shared_ptr<PostgresHold> hold, RunId run_id,
                    Staging staging, std::shared_ptr<RunSignal> signal);

  boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override;
  boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override;
  boost::asio::awaitable<Result<void>> publish() override;

 private:
  std::shared_ptr<PostgresCommits> commits_;  // shared with the database and its writers
  std::shared_ptr<PostgresHold> hold_;
  RunId run_id_;
  Staging staging_;
  std::shared_ptr<RunSignal> signal_;        // shared with waiters
  std::shared_ptr<const JournalLine> last_;  // shared with the work under way
  std::uint64_t bytes_ = 0;
};

}  // namespace orchestrator::harness::journal
