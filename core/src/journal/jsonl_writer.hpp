// SPDX-License-Identifier: Apache-2.0
#pragma once

// The writer of one run of a jsonl store. Appending is one write into the page cache, on the caller's thread; syncing
// happens on the store's threads. Used by one thread at a time.

#include "runtime/compiler_check.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "journal/disk.hpp"
#include "journal/failed_syncs.hpp"
#include "journal/file_descriptor.hpp"
#include "journal/run_signal.hpp"
#include "journal/store_folder.hpp"
#include "journal/stored_line.hpp"
#include "journal/sync_group.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// What a writer and its syncs share: the locked file, and what is still to be synced. It lives until the last of them
/// is done, and the lock with it. Any thread.
class JournalSync final {
 public:
  /// What belongs to the whole store.
  struct Shared {
    std::shared_ptr<const StoreFolder> folder;
    std::shared_ptr<Disk> disk;
    std::shared_ptr<FailedSyncs> failed_syncs;
  };
  JournalSync(Shared shared, RunId run_id, FileDescriptor journal);

  [[nodiscard]] const StoreFolder& folder() const { return *shared_.folder; }
  [[nodiscard]] Disk& disk() const { return *shared_.disk; }
  [[nodiscard]] int fd() const { return journal_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Contents of the store stay from now on as long as this object. Blocks. Errors as of `hold_contents`.
  Result<void> keep_contents();
  /// Something was appended.
  void note_append() { appends_.fetch_add(1, std::memory_order_release); }
  /// Names in this folder are new, and must last with the next sync.
  void note_folder(std::string relative);
  /// True when a sync would find nothing to do.
  [[nodiscard]] bool is_synced() const;
  /// Syncs all that was noted before the call. Blocks. After a failure it fails at once, and for good.
  Result<void> sync();

  /// Nothing may be written any more; the first reason stays.
  void poison(Error reason);
  [[nodiscard]] std::optional<Error> poisoned() const;

 private:
  Result<void> sync_files(const std::vector<std::string>& folders);

  const Shared shared_;
  const RunId run_id_;
  FileDescriptor journal_;
  std::string path_;
  std::atomic<std::uint64_t> appends_ = 0;
  std::atomic<bool> is_poisoned_ = false;
  mutable std::mutex mutex_;
  std::uint64_t synced_appends_ = 0;
  std::vector<std::string> folders_;  // at most a few, each once
  std::optional<Error> reason_;
  std::mutex contents_mutex_;
  FileDescriptor contents_lock_;  // from the first content on
};

class JsonlWriter final : public RunWriter {
 public:
  struct Start {
    LinePlace end;
    std::uint64_t epoch = 1;
  };
  /// `pool` must outlive the writer.
  JsonlWriter(std::shared_ptr<JournalSync> journal, std::shared_ptr<RunSignal> signal, boost::asio::thread_pool* pool,
              Start start);
  ~JsonlWriter() override;

  boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override;
  boost::asio::awaitable<Result<void>> sync() override;
  boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override;
  [[nodiscard]] std::uint64_t epoch() const override { return epoch_; }

 private:
  Result<void> write_line(const JournalLine& line);
  void undo_part(std::uint64_t written);

  std::shared_ptr<JournalSync> journal_;  // shared with syncs under way
  std::shared_ptr<RunSignal> signal_;     // shared with readers
  std::shared_ptr<SyncGroup> syncs_;      // shared with its jobs on the pool
  boost::asio::thread_pool* pool_;
  LinePlace end_;
  std::uint64_t epoch_;
};

/// Why `line` may not follow what ends at `step` and `seq`: a caller's bug. Nothing where it may.
[[nodiscard]] std::optional<Error> reason_to_refuse(const JournalLine& line, std::uint64_t step, std::uint64_t seq);

}  // namespace orchestrator::harness::journal
