// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run on its way into a jsonl store: its journal grows in the folder `incoming`, which no reader looks into, and
// moves to the runs by one rename: with its folder, or into the folder of the run in whose place it comes. Functions on
// a store's folder block; any thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>

#include "journal/jsonl_writer.hpp"
#include "journal/store_capabilities.hpp"
#include "journal/store_folder.hpp"

namespace orchestrator::harness::journal {

inline constexpr const char* kIncomingFolder = "incoming";

struct StagedFiles {
  FileDescriptor journal;   // in the folder of incoming runs, empty and locked
  FileDescriptor replaced;  // that of the run in whose place it comes, locked; not open where there is none
};
/// What killed processes left in the folder of incoming runs is taken away. Errors as of `StagingStore::stage`, and
/// those of `storage_error`.
[[nodiscard]] Result<StagedFiles> stage_run_files(const StoreFolder& folder, const RunId& run_id,
                                                  std::uint64_t replaced_events);

class JsonlStagedRun final : public StagedRun {
 public:
  struct Place {
    RunId run_id;
    SessionId session_id;
    FileDescriptor replaced = {};  // kept locked until the end
    bool is_imported = false;
  };
  /// `pool` must outlive it. Takes over the lock of the journal.
  JsonlStagedRun(std::shared_ptr<JournalSync> journal, Place place, boost::asio::thread_pool* pool);
  ~JsonlStagedRun() override;

  boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override;
  boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override;
  boost::asio::awaitable<Result<void>> publish() override;

 private:
  std::shared_ptr<JournalSync> journal_;  // shared with its writer
  const Place place_;
  boost::asio::thread_pool* pool_;
  JsonlWriter writer_;
  bool is_published_ = false;
};

}  // namespace orchestrator::harness::journal
