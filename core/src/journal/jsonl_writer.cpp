// SPDX-License-Identifier: Apache-2.0
#include "journal/jsonl_writer.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "journal/blob_files.hpp"
#include "journal/content_removal.hpp"
#include "journal/file_bytes.hpp"
#include "journal/run_files.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {

JournalSync::JournalSync(Shared shared, RunId run_id, FileDescriptor journal)
    : shared_(std::move(shared)),
      run_id_(run_id),
      journal_(std::move(journal)),
      path_(shared_.folder->path_of(journal_file(run_id))) {}

void JournalSync::note_folder(std::string relative) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(folders_, relative) == folders_.end()) folders_.push_back(std::move(relative));
}

bool JournalSync::is_synced() const {
  const std::lock_guard lock(mutex_);
  return folders_.empty() && synced_appends_ == appends_.load(std::memory_order_acquire);
}

void JournalSync::poison(Error reason) {
  const std::lock_guard lock(mutex_);
  if (!reason_) reason_ = std::move(reason);
  is_poisoned_.store(true, std::memory_order_release);
}

std::optional<Error> JournalSync::poisoned() const {
  if (!is_poisoned_.load(std::memory_order_acquire)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return reason_;
}

Result<void> JournalSync::keep_contents() {
  const std::lock_guard lock(contents_mutex_);
  if (contents_lock_.is_open()) return {};
  auto held = hold_contents(folder());
  if (!held) return std::unexpected(held.error());
  contents_lock_ = *std::move(held);
  return {};
}

Result<void> JournalSync::sync() {
  // A sync that failed may have dropped the pages it could not write: another one would succeed and prove nothing.
  if (auto reason = poisoned()) return std::unexpected(*std::move(reason));
  const std::uint64_t appends = appends_.load(std::memory_order_acquire);
  std::vector<std::string> folders;
  {
    const std::lock_guard lock(mutex_);
    folders.swap(folders_);
  }
  auto done = sync_files(folders);
  if (!done) {
    shared_.failed_syncs->note(run_id_);
    poison(done.error());
    return done;
  }
  const std::lock_guard lock(mutex_);
  synced_appends_ = appends;
  return {};
}

Result<void> JournalSync::sync_files(const std::vector<std::string>& folders) {
  if (disk().fdatasync(fd()) != 0) return runtime::storage_fail(errno, "sync", path_);
  // The name lasts with the sync of its folder, which follows that of the first line.
  const std::string own = run_folder(run_id_);
  if (std::ranges::find(folders, own) != folders.end() && file_size(fd()) > 0) note_begun(folder(), own);
  for (const std::string& relative : folders) {
    const FileDescriptor opened = folder().open_folder(relative);
    if (!opened.is_open() || disk().fsync(opened.get()) != 0) {
      return runtime::storage_fail(errno, "sync", folder().path_of(relative));
    }
  }
  return {};
}

JsonlWriter::JsonlWriter(std::shared_ptr<JournalSync> journal, std::shared_ptr<RunSignal> signal,
                         boost::asio::thread_pool* pool, Start start)
    : journal_(std::move(journal)),
      signal_(std::move(signal)),
      syncs_(std::make_shared<SyncGroup>(pool, [shared = journal_] { return shared->sync(); })),
      pool_(pool),
      end_(start.end),
      epoch_(start.epoch) {
  signal_->written(end_.seq);
}

JsonlWriter::~JsonlWriter() { signal_->released(); }

boost::asio::awaitable<Result<void>> JsonlWriter::append(std::shared_ptr<const JournalLine> line) {
  co_return write_line(*line);
}

Result<void> JsonlWriter::write_line(const JournalLine& line) {
  if (auto reason = journal_->poisoned()) return std::unexpected(*std::move(reason));
  if (auto reason = reason_to_refuse(line, end_.step, end_.seq)) return std::unexpected(*std::move(reason));
  char line_end = '\n';
  // iovec has no const form; writev does not write through it.
  std::array<iovec, 2> pieces{iovec{const_cast<char*>(line.bytes.data()), line.bytes.size()}, iovec{&line_end, 1}};
  const std::uint64_t wanted = line.bytes.size() + 1;
  std::uint64_t written = 0;
  while (written < wanted) {
    const std::size_t first = written < line.bytes.size() ? 0 : 1;
    const ssize_t put = journal_->disk().writev(journal_->fd(), pieces.data() + first, static_cast<int>(2 - first));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      const Error error = runtime::storage_error(put < 0 ? errno : ENOSPC, "append to", journal_->path());
      undo_part(written);
      journal_->poison(error);
      return std::unexpected(error);
    }
    written += static_cast<std::uint64_t>(put);
    if (written < line.bytes.size()) {
      pieces[0] = {const_cast<char*>(line.bytes.data()) + written, line.bytes.size() - written};
    }
  }
  end_ = {end_.offset + wanted, line.step, line.last_seq};
  journal_->note_append();
  signal_->written(line.last_seq);
  return {};
}

// Takes back what was written of a line, so that the journal ends with a whole one. Where that fails too, the next
// opening cuts it.
void JsonlWriter::undo_part(std::uint64_t written) {
  if (written > 0) journal_->disk().ftruncate(journal_->fd(), static_cast<off_t>(end_.offset));
}

boost::asio::awaitable<Result<void>> JsonlWriter::sync() {
  if (auto reason = journal_->poisoned()) co_return std::unexpected(*std::move(reason));
  if (journal_->is_synced()) co_return Result<void>();
  const auto join = [syncs = syncs_](runtime::Resume<Result<void>> resume) { syncs->join(std::move(resume)); };
  co_return co_await runtime::suspend<Result<void>>(join);
}

boost::asio::awaitable<Result<void>> JsonlWriter::put_blob(SharedBytes bytes) {
  if (auto reason = journal_->poisoned()) co_return std::unexpected(*std::move(reason));
  if (!bytes.is_loaded()) {
    co_return fail(RuntimeErrorCode::invalid_argument, "content " + bytes.hash().str() + " has no bytes to store");
  }
  const auto put = [journal = journal_, bytes]() -> Result<void> {
    if (auto kept = journal->keep_contents(); !kept) return kept;
    auto done = put_blob_file(journal->folder(), journal->disk(), bytes);
    if (!done) return done;
    journal->note_folder(kBlobsFolder);
    journal->note_folder(blob_folder(bytes.hash()));
    return {};
  };
  co_return co_await runtime::run_blocking(pool_, put);
}

std::optional<Error> reason_to_refuse(const JournalLine& line, std::uint64_t step, std::uint64_t seq) {
  if (line.step != step + 1 || line.first_seq != seq + 1 || line.last_seq < line.first_seq) {
    return RuntimeError{RuntimeErrorCode::precondition_failed,
                        "step " + std::to_string(line.step) + " with events " + std::to_string(line.first_seq) +
                            " to " + std::to_string(line.last_seq) + " cannot follow step " + std::to_string(step) +
                            " and event " + std::to_string(seq),
                        {},
                        {}};
  }
  if (line.bytes.size() > kLineBytesMax) {
    return RuntimeError{RuntimeErrorCode::limit_exceeded,
                        "a step of " + std::to_string(line.bytes.size()) + " bytes; at most " +
                            std::to_string(kLineBytesMax) + " are stored",
                        {},
                        {}};
  }
  if (line.bytes.find('\n') != std::string::npos) {
    return RuntimeError{RuntimeErrorCode::invalid_argument, "a step with a line end inside", {}, {}};
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness::journal
