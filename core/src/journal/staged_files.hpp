// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run on its way into a jsonl store: its journal grows in the folder `incoming`, which no reader looks into, and
// moves to the runs by one rename. Functions on a store's folder block; any thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/thread_pool.hpp>

#include <memory>

#include "journal/jsonl_writer.hpp"
#include "journal/store_capabilities.hpp"
#include "journal/store_folder.hpp"

namespace orchestrator::harness::journal {

inline constexpr const char* kIncomingFolder = "incoming";

/// An empty journal, locked, in the folder of incoming runs; what killed processes left there is taken away. Errors:
/// `precondition_failed` when the id exists, `run_locked`, and those of `storage_error`.
[[nodiscard]] Result<FileDescriptor> stage_run_files(const StoreFolder& folder, const RunId& run_id);

class JsonlStagedRun final : public StagedRun {
 public:
  /// `pool` must outlive it. Takes over the lock of the journal.
  JsonlStagedRun(std::shared_ptr<JournalSync> journal, RunId run_id, SessionId session_id,
                 boost::asio::thread_pool* pool);
  ~JsonlStagedRun() override;

  boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override;
  boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override;
  boost::asio::awaitable<Result<void>> publish() override;

 private:
  std::shared_ptr<JournalSync> journal_;  // shared with its writer
  RunId run_id_;
  SessionId session_id_;
  boost::asio::thread_pool* pool_;
  JsonlWriter writer_;
  bool is_published_ = false;
};

}  // namespace orchestrator::harness::journal
