// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs as files: one folder a run, one line a step. What is appended survives the end of the process; what is synced
// survives power loss. Any number of processes may read, one at a time writes a run. Any thread.
// Format: docs/journal-format.md.

#include "runtime/compiler_check.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <string>

#include "journal/disk.hpp"
#include "journal/journal_watch.hpp"
#include "journal/jsonl_writer.hpp"
#include "journal/read_places.hpp"
#include "journal/run_signal.hpp"
#include "journal/store_capabilities.hpp"
#include "journal/store_folder.hpp"
#include "orchestrator/harness/journal.hpp"
#include "runtime/run_epochs.hpp"

namespace orchestrator::harness::journal {

class JsonlStore final : public JournalStore,
                         public SelfCheckingStore,
                         public StagingStore,
                         public RewritingStore,
                         public QuarantiningStore,
                         public runtime::RunEpochs {
 public:
  /// Opens or makes the store in the folder at `path`. Errors as of `StoreFolder::open`.
  static Result<std::shared_ptr<JsonlStore>> open(const std::string& path, std::shared_ptr<Disk> disk = real_disk());
  /// Waits for the syncs that are under way.
  ~JsonlStore() override;

  [[nodiscard]] std::string url() const override { return "jsonl:" + folder().path(); }
  boost::asio::awaitable<Result<std::unique_ptr<RunWriter>>> create(RunId run_id, SessionId session_id) override;
  boost::asio::awaitable<Result<OpenedRun>> open(RunId run_id) override;
  boost::asio::awaitable<Result<std::vector<JournalLine>>> read(RunId run_id, std::uint64_t after_seq,
                                                                std::uint64_t bytes_max) override;
  boost::asio::awaitable<Result<bool>> wait(RunId run_id, std::uint64_t after_seq,
                                            std::chrono::steady_clock::time_point deadline) override;
  boost::asio::awaitable<Result<std::vector<RunSummary>>> list(RunFilter filter) override;
  boost::asio::awaitable<Result<SharedBytes>> blob(Hash hash) override;
  boost::asio::awaitable<Result<void>> remove(RunId run_id) override;
  boost::asio::awaitable<Result<std::vector<Flaw>>> check_records(std::optional<RunId> run_id) override;
  boost::asio::awaitable<Result<std::vector<RunId>>> empty_runs() override;
  boost::asio::awaitable<Result<std::unique_ptr<StagedRun>>> stage(RunId run_id, SessionId session_id,
                                                                   Staging staging) override;
  boost::asio::awaitable<Result<std::uint64_t>> epoch(RunId run_id) override;
  boost::asio::awaitable<Result<void>> rewrite(RunId run_id, RunRewrite rewrite) override;
  boost::asio::awaitable<Result<void>> drop_contents() override;
  boost::asio::awaitable<Result<std::string>> damage(RunId run_id) override;
  boost::asio::awaitable<Result<void>> set_damage(RunId run_id, std::string what) override;

 private:
  JsonlStore(std::shared_ptr<const StoreFolder> folder, std::shared_ptr<Disk> disk);

  std::unique_ptr<RunWriter> make_writer(const RunId& run_id, std::shared_ptr<JournalSync> sync,
                                         JsonlWriter::Start start);
  Result<std::vector<JournalLine>> read_lines(const RunId& run_id, std::uint64_t after_seq, std::uint64_t bytes_max);
  Result<std::vector<RunSummary>> list_runs(const RunFilter& filter) const;
  Result<std::vector<RunId>> find_ids(const RunFilter& filter) const;

  [[nodiscard]] const StoreFolder& folder() const { return *shared_.folder; }

  const JournalSync::Shared shared_;  // shared with writers
  RunSignals signals_;
  ReadPlaces places_;
  JournalWatch watch_;
  // Two pools, so that a reader never stands behind a slow disk's syncs, nor a sync behind a long list.
  boost::asio::thread_pool sync_threads_{2};
  boost::asio::thread_pool read_threads_{2};
};

}  // namespace orchestrator::harness::journal
