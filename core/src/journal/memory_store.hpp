// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs in memory, for tests and for programs that keep nothing. All of them together take a bounded number of bytes:
// beyond it appending fails as on a full disk, until runs are removed. Any thread.

#include "runtime/compiler_check.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "journal/memory_contents.hpp"
#include "journal/run_signal.hpp"
#include "journal/store_capabilities.hpp"
#include "orchestrator/harness/journal.hpp"
#include "runtime/run_epochs.hpp"

namespace orchestrator::harness::journal {

/// Bytes of lines and blobs, all runs of a store together.
inline constexpr std::uint64_t kMemoryBytesDefault = 1ULL << 30;

/// One run: its lines, and whether somebody writes it. Shared by the store, its writer and its readers. Any thread.
struct MemoryRun {
  std::mutex mutex;
  SessionId session_id;
  std::vector<std::shared_ptr<const JournalLine>> lines;  // shared with whoever appended them
  std::uint64_t bytes = 0;
  bool is_held = false;
  std::uint64_t epoch = 1;
  std::string damage;  // what was found of it; empty where nothing was
  bool is_imported = false;
  RunSignal signal;
};

class MemoryStore final : public JournalStore,
                          public StagingStore,
                          public RewritingStore,
                          public QuarantiningStore,
                          public runtime::RunEpochs {
 public:
  explicit MemoryStore(std::uint64_t bytes_max = kMemoryBytesDefault);

  [[nodiscard]] std::string url() const override { return "memory:"; }
  boost::asio::awaitable<Result<std::unique_ptr<RunWriter>>> create(RunId run_id, SessionId session_id) override;
  boost::asio::awaitable<Result<OpenedRun>> open(RunId run_id) override;
  boost::asio::awaitable<Result<std::vector<JournalLine>>> read(RunId run_id, std::uint64_t after_seq,
                                                                std::uint64_t bytes_max) override;
  boost::asio::awaitable<Result<bool>> wait(RunId run_id, std::uint64_t after_seq,
                                            std::chrono::steady_clock::time_point deadline) override;
  boost::asio::awaitable<Result<std::vector<RunSummary>>> list(RunFilter filter) override;
  boost::asio::awaitable<Result<SharedBytes>> blob(Hash hash) override;
  boost::asio::awaitable<Result<void>> remove(RunId run_id) override;
  boost::asio::awaitable<Result<std::unique_ptr<StagedRun>>> stage(RunId run_id, SessionId session_id,
                                                                   Staging staging) override;
  boost::asio::awaitable<Result<std::uint64_t>> epoch(RunId run_id) override;
  boost::asio::awaitable<Result<void>> rewrite(RunId run_id, RunRewrite rewrite) override;
  boost::asio::awaitable<Result<std::string>> damage(RunId run_id) override;
  boost::asio::awaitable<Result<void>> set_damage(RunId run_id, std::string what) override;

  /// Lets everybody see a run, where there is one in its place. Errors as of `StagingStore::stage`.
  Result<void> publish(const RunId& run_id, std::shared_ptr<MemoryRun> run, std::uint64_t replaced_events = 0);

 private:
  [[nodiscard]] Result<std::shared_ptr<MemoryRun>> find(const RunId& run_id) const;
  Result<void> put_in_place(MemoryRun& run, const RunId& run_id, const RunRewrite& rewrite);
  void drop_unused(MemoryContents::Sizes contents);

  std::shared_ptr<ByteBudget> budget_;
  std::shared_ptr<MemoryContents> contents_;  // shared with writers, which may outlive the store
  mutable std::mutex mutex_;
  std::map<RunId, std::shared_ptr<MemoryRun>> runs_;  // shared with writers and readers under way
};

}  // namespace orchestrator::harness::journal
