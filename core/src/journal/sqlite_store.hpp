// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs in one SQLite database. What is appended survives the end of the process; what is synced survives power loss.
// Any number of processes may read, one at a time writes: from its first new or opened run until a moment after the
// last one is let go. Any thread. Tables: `journal_schema.hpp`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <string>

#include "journal/journal_watch.hpp"
#include "journal/sqlite_file.hpp"
#include "journal/store_capabilities.hpp"
#include "journal/text_index.hpp"
#include "orchestrator/harness/journal.hpp"
#include "runtime/run_epochs.hpp"

namespace orchestrator::harness::journal {

class SqliteStore final : public JournalStore,
                          public SelfCheckingStore,
                          public StagingStore,
                          public RewritingStore,
                          public QuarantiningStore,
                          public TextIndex,
                          public runtime::RunEpochs {
 public:
  struct Place {
    std::string path;
    const char* vfs = nullptr;  // SQLite's name of a file system; null for the real one
  };
  /// Opens or makes the store in a file. Errors as of `open_store`.
  [[nodiscard]] static Result<std::shared_ptr<SqliteStore>> open(Place place);
  /// Waits for what is under way.
  ~SqliteStore() override;

  [[nodiscard]] std::string url() const override { return "sqlite:" + file_->path(); }
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
  boost::asio::awaitable<Result<std::unique_ptr<StagedRun>>> stage(RunId run_id, SessionId session_id,
                                                                   Staging staging) override;
  boost::asio::awaitable<Result<std::uint64_t>> epoch(RunId run_id) override;
  boost::asio::awaitable<Result<void>> rewrite(RunId run_id, RunRewrite rewrite) override;
  boost::asio::awaitable<Result<std::string>> damage(RunId run_id) override;
  boost::asio::awaitable<Result<void>> set_damage(RunId run_id, std::string what) override;
  boost::asio::awaitable<Result<std::vector<RunId>>> candidates(std::vector<std::string> words,
                                                                std::optional<RunId> before,
                                                                std::uint32_t limit) override;

  /// The file, for what is done to it as a whole.
  [[nodiscard]] const std::shared_ptr<SqliteFile>& file() const { return file_; }

 private:
  explicit SqliteStore(std::shared_ptr<SqliteFile> file) : file_(std::move(file)) {}

  boost::asio::awaitable<Result<std::shared_ptr<WritingUse>>> writing();
  // Its row, or one error for whoever asks.
  boost::asio::awaitable<Result<RunRow>> row_of(RunId run_id);
  // Changes a run that no process has open, in one transaction that survives power loss.
  using Change = std::function<Result<void>(RunWriting&, const RunRow&)>;
  boost::asio::awaitable<Result<void>> change(RunId run_id, Change change);

  std::shared_ptr<SqliteFile> file_;  // shared with writers and with other stores of the same file
  JournalWatch watch_;
  boost::asio::thread_pool read_threads_{2};
};

}  // namespace orchestrator::harness::journal
