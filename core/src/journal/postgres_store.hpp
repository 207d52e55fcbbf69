// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs in a PostgreSQL database, which any number of processes write and read at once. An append is one part of a
// transaction with `synchronous_commit`: it survives power loss of the server when it returns. Each run has one writer:
// the owner that its row names, under a fence that rises with every opening. Any thread. Tables: `postgres_schema.hpp`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <string>

#include "journal/postgres_database.hpp"
#include "journal/postgres_reading.hpp"
#include "journal/store_capabilities.hpp"
#include "orchestrator/harness/journal.hpp"
#include "runtime/run_epochs.hpp"

namespace orchestrator::harness::journal {

class PostgresStore final : public JournalStore,
                            public StagingStore,
                            public RewritingStore,
                            public QuarantiningStore,
                            public runtime::RunEpochs {
 public:
  /// Opens the store at a `postgres://` address, its tables made or brought up to date. Errors as of `open_store`.
  [[nodiscard]] static Result<std::shared_ptr<PostgresStore>> open(const std::string& url,
                                                                   PostgresCommits::Settings settings = {});
  /// Waits for what is under way.
  ~PostgresStore() override;

  /// Without passwords.
  [[nodiscard]] std::string url() const override { return database_->address().shown; }
  boost::asio::awaitable<Result<std::unique_ptr<RunWriter>>> create(RunId run_id, SessionId session_id) override;
  boost::asio::awaitable<Result<OpenedRun>> open(RunId run_id) override;
  boost::asio::awaitable<Result<std::vector<JournalLine>>> read(RunId run_id, std::uint64_t after_seq,
                                                                std::uint64_t bytes_max) override;
  boost::asio::awaitable<Result<bool>> wait(RunId run_id, std::uint64_t after_seq,
                                            std::chrono::steady_clock::time_point deadline) override;
  boost::asio::awaitable<Result<std::vector<RunSummary>>> list(RunFilter filter) override;
  boost::asio::awaitable<Result<SharedBytes>> blob(Hash hash) override;
  boost::asio::awaitable<Result<void>> remove(RunId run_id) override;
  boost::asio::awaitable<Result<std::uint64_t>> epoch(RunId run_id) override;
  boost::asio::awaitable<Result<void>> rewrite(RunId run_id, RunRewrite rewrite) override;
  boost::asio::awaitable<Result<std::string>> damage(RunId run_id) override;
  boost::asio::awaitable<Result<void>> set_damage(RunId run_id, std::string what) override;
  boost::asio::awaitable<Result<std::unique_ptr<StagedRun>>> stage(RunId run_id, SessionId session_id,
                                                                   Staging staging) override;

 private:
  explicit PostgresStore(std::shared_ptr<PostgresDatabase> database) : database_(std::move(database)) {}

  using Take = std::function<Result<PostgresWriting::Taking>(PostgresWriting&)>;
  boost::asio::awaitable<Result<std::shared_ptr<PostgresHold>>> hold(RunId run_id, Take take);
  boost::asio::awaitable<Result<std::unique_ptr<RunWriter>>> take(RunId run_id, Take take);
  boost::asio::awaitable<Result<PostgresRunFacts>> facts(RunId run_id);
  // Changes a run in one transaction, and tells who waits for it.
  using Change = std::function<Result<PostgresWriting::Refusal>(PostgresWriting&)>;
  boost::asio::awaitable<Result<void>> change(RunId run_id, Change change);

  std::shared_ptr<PostgresDatabase> database_;  // shared with other stores of the same address
  boost::asio::thread_pool read_threads_{2};
};

}  // namespace orchestrator::harness::journal
