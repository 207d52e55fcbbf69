// SPDX-License-Identifier: Apache-2.0
#include "journal/run_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "journal/file_bytes.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_lock.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr const char* kEpochFile = "/epoch";
constexpr const char* kNextEpochFile = "/epoch.next";
constexpr const char* kDamageFile = "/damaged";
constexpr const char* kImportedFile = "/imported";
constexpr std::size_t kSmallFileBytes = 256;
constexpr std::size_t kDamageFileBytes = 4'096;
constexpr int kOpeningsMax = 8;

// The number in a small file; 0 where there is no such file.
Result<std::uint64_t> read_number(const StoreFolder& folder, const std::string& path) {
  const FileDescriptor file = folder.open_file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return 0;
    return runtime::storage_fail(errno, "read", folder.path_of(path));
  }
  const std::string text = read_small_file(file.get(), kSmallFileBytes);
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || number == 0) {
    return fail(RuntimeErrorCode::journal_damaged, folder.path_of(path) + " does not hold a number",
                folder.path_of(path));
  }
  return number;
}

// A small file that is there whole or not at all.
Result<void> write_small(const StoreFolder& folder, Disk& disk, const RunId& run_id, const std::string& path,
                         const std::string& text) {
  const std::string draft = path + ".draft";
  const FileDescriptor file = folder.open_file(draft, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) return runtime::storage_fail(errno, "write", folder.path_of(path));
  int error = write_all(file.get(), text);
  const FileDescriptor parent = folder.open_folder(run_folder(run_id));
  if (error == 0 &&
      (disk.fdatasync(file.get()) != 0 || ::renameat(folder.root(), draft.c_str(), folder.root(), path.c_str()) != 0 ||
       disk.fsync(parent.get()) != 0)) {
    error = errno;
  }
  if (error != 0) return runtime::storage_fail(error, "write", folder.path_of(path));
  return {};
}

Result<void> write_epoch(const StoreFolder& folder, Disk& disk, const RunId& run_id, std::uint64_t epoch) {
  return write_small(folder, disk, run_id, run_folder(run_id) + kEpochFile, std::to_string(epoch) + "\n");
}

// False where the open journal is no longer the one of the run: it was removed, or another one is in its place.
bool is_current(const StoreFolder& folder, const RunId& run_id, int journal) {
  struct stat open{};
  struct stat present{};
  return ::fstat(journal, &open) == 0 &&
         ::fstatat(folder.root(), journal_file(run_id).c_str(), &present, AT_SYMLINK_NOFOLLOW) == 0 &&
         open.st_ino == present.st_ino;
}

// Keeps what is cut off beside the journal: nobody was told of a torn line, but whole ones may follow a lost sector.
Result<void> keep_tail(const StoreFolder& folder, const RunId& run_id, int journal, const WholePart& part,
                       std::uint64_t epoch) {
  const std::string path = run_folder(run_id) + "/cut-" + std::to_string(epoch);
  const FileDescriptor file = folder.open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) return runtime::storage_fail(errno, "write", folder.path_of(path));
  std::string piece(64ULL << 10, '\0');
  for (std::uint64_t at = part.end.offset; at < part.file_bytes;) {
    const std::int64_t got = read_at(journal, piece.data(), piece.size(), at);
    if (got < 0) return runtime::storage_fail(errno, "read", folder.path_of(journal_file(run_id)));
    if (got == 0) break;
    const int error = write_all(file.get(), std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
    if (error != 0) return runtime::storage_fail(error, "write", folder.path_of(path));
    at += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<void> cut_tail(const StoreFolder& folder, Disk& disk, const RunId& run_id, int journal, std::uint64_t size) {
  if (disk.ftruncate(journal, static_cast<off_t>(size)) != 0 || disk.fdatasync(journal) != 0) {
    return runtime::storage_fail(errno, "cut", folder.path_of(journal_file(run_id)));
  }
  return {};
}

// Takes away what create_run_files made so far.
void undo_creation(const StoreFolder& folder, const RunId& run_id, const SessionId& session_id) {
  ::unlinkat(folder.root(), (session_folder(session_id) + "/" + run_id.str()).c_str(), 0);
  ::unlinkat(folder.root(), holder_file(run_id).c_str(), 0);
  ::unlinkat(folder.root(), journal_file(run_id).c_str(), 0);
  ::unlinkat(folder.root(), run_folder(run_id).c_str(), AT_REMOVEDIR);
}

}  // namespace

Result<void> mark_session(const StoreFolder& folder, const RunId& run_id, const SessionId& session_id) {
  const std::string parent = session_folder(session_id);
  if (const int error = folder.make_folder(parent); error != 0 && error != EEXIST) {
    return runtime::storage_fail(error, "make the folder", folder.path_of(parent));
  }
  const std::string path = parent + "/" + run_id.str();
  if (!folder.open_file(path, O_WRONLY | O_CREAT).is_open())
    return runtime::storage_fail(errno, "write", folder.path_of(path));
  return {};
}

Result<FileDescriptor> create_run_files(const StoreFolder& folder, const RunId& run_id, const SessionId& session_id) {
  if (const int error = folder.make_folder(run_folder(run_id)); error != 0) {
    if (error == EEXIST) {
      return fail(RuntimeErrorCode::precondition_failed, "run " + run_id.str() + " exists already", run_id.str());
    }
    return runtime::storage_fail(error, "make the folder", folder.path_of(run_folder(run_id)));
  }
  FileDescriptor journal = folder.open_file(journal_file(run_id), O_RDWR | O_APPEND | O_CREAT | O_EXCL);
  Result<void> done;
  if (!journal.is_open()) done = runtime::storage_fail(errno, "write", folder.path_of(journal_file(run_id)));
  if (done) done = lock_journal(folder, run_id, journal.get());
  if (done) done = write_holder(folder, run_id);
  if (done) done = mark_session(folder, run_id, session_id);
  if (!done) {
    undo_creation(folder, run_id, session_id);
    return std::unexpected(done.error());
  }
  return journal;
}

Result<FileDescriptor> lock_run_files(const StoreFolder& folder, const RunId& run_id) {
  // Between its opening and its locking it may be removed, or another form of it put in its place.
  for (int opening = 0; opening < kOpeningsMax; ++opening) {
    FileDescriptor journal = folder.open_file(journal_file(run_id), O_RDWR | O_APPEND);
    if (!journal.is_open()) {
      if (errno == ENOENT) return run_not_found(run_id);
      return runtime::storage_fail(errno, "write", folder.path_of(journal_file(run_id)));
    }
    if (auto locked = lock_journal(folder, run_id, journal.get()); !locked) return std::unexpected(locked.error());
    if (is_current(folder, run_id, journal.get())) return journal;
  }
  return run_not_found(run_id);
}

// The next one first: it may be confirmed in between, and then is the present one.
Result<std::uint64_t> read_epoch(const StoreFolder& folder, const RunId& run_id) {
  auto next = read_number(folder, run_folder(run_id) + kNextEpochFile);
  if (!next) return next;
  if (*next > 0 && folder.open_file(journal_draft(run_id), O_RDONLY).is_open()) *next = 0;
  const auto epoch = read_number(folder, run_folder(run_id) + kEpochFile);
  if (!epoch) return epoch;
  return std::max<std::uint64_t>({1, *next, *epoch});
}

Result<void> settle_epoch(const StoreFolder& folder, Disk& disk, const RunId& run_id) {
  const std::string next = run_folder(run_id) + kNextEpochFile;
  if (!folder.open_file(next, O_RDONLY).is_open()) return {};
  const auto epoch = read_epoch(folder, run_id);
  if (!epoch) return std::unexpected(epoch.error());
  if (auto written = write_epoch(folder, disk, run_id, *epoch); !written) return written;
  if (::unlinkat(folder.root(), next.c_str(), 0) == 0) return {};
  return runtime::storage_fail(errno, "remove", folder.path_of(next));
}

Result<void> prepare_epoch(const StoreFolder& folder, Disk& disk, const RunId& run_id, std::uint64_t epoch) {
  return write_small(folder, disk, run_id, run_folder(run_id) + kNextEpochFile, std::to_string(epoch) + "\n");
}

std::string journal_draft(const RunId& run_id) { return journal_file(run_id) + ".draft"; }

std::string read_damage(const StoreFolder& folder, const RunId& run_id) {
  const FileDescriptor file = folder.open_file(run_folder(run_id) + kDamageFile, O_RDONLY);
  if (!file.is_open()) return {};
  const std::string text = read_small_file(file.get(), kDamageFileBytes);
  // A mark that does not read is one.
  return text.empty() ? "it is marked so" : damage_text(text.substr(0, text.find('\n')));
}

Result<void> write_damage(const StoreFolder& folder, const RunId& run_id, const std::string& damage) {
  const std::string path = run_folder(run_id) + kDamageFile;
  if (damage.empty()) {
    if (::unlinkat(folder.root(), path.c_str(), 0) == 0 || errno == ENOENT) return {};
    return runtime::storage_fail(errno, "remove", folder.path_of(path));
  }
  const FileDescriptor file = folder.open_file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open() && errno == EEXIST) return {};
  if (!file.is_open()) return runtime::storage_fail(errno, "write", folder.path_of(path));
  if (const int error = write_all(file.get(), damage_text(damage) + "\n"); error != 0)
    return runtime::storage_fail(error, "write", folder.path_of(path));
  return {};
}

// A mark that cannot be read is one.
bool was_imported(const StoreFolder& folder, const RunId& run_id) {
  return folder.open_file(run_folder(run_id) + kImportedFile, O_RDONLY).is_open() || errno != ENOENT;
}

Result<void> mark_imported(const StoreFolder& folder, const std::string& run_folder) {
  const std::string path = run_folder + kImportedFile;
  if (folder.open_file(path, O_WRONLY | O_CREAT).is_open()) return {};
  return runtime::storage_fail(errno, "write", folder.path_of(path));
}

void note_begun(const StoreFolder& folder, const std::string& run_folder) {
  static_cast<void>(folder.open_file(run_folder + kBegunFile, O_WRONLY | O_CREAT));
}

bool has_begun(const StoreFolder& folder, const RunId& run_id) {
  return folder.open_file(run_folder(run_id) + kBegunFile, O_RDONLY).is_open();
}

Result<RecoveredRun> recover_run_files(const StoreFolder& folder, Disk& disk, const RunId& run_id, PageCache cache) {
  RecoveredRun run;
  auto journal = lock_run_files(folder, run_id);
  if (!journal) return std::unexpected(journal.error());
  run.journal = *std::move(journal);
  if (const std::string damage = read_damage(folder, run_id); !damage.empty()) return run_quarantined(run_id, damage);

  // Pages whose writing failed count as clean; dropped, they are read from the disk.
  if (cache == PageCache::distrusted) ::posix_fadvise(run.journal.get(), 0, 0, POSIX_FADV_DONTNEED);

  const JournalFile file{run.journal.get(), folder.path_of(journal_file(run_id)), run_id};
  const auto part = scan_journal(file);
  if (!part) return std::unexpected(part.error());
  const auto epoch = read_epoch(folder, run_id);
  if (!epoch) return std::unexpected(epoch.error());
  run.end = part->end;
  run.cut_bytes = part->file_bytes - part->end.offset;
  const bool is_rebooted = part->file_bytes > 0 && read_holder(folder, run_id).boot != this_process().boot;
  run.epoch = *epoch + (run.cut_bytes > 0 || is_rebooted ? 1 : 0);

  Result<void> done;
  // The new epoch first: a crash in between raises it twice, which is harmless, and never hides a cut.
  if (run.epoch != *epoch) done = write_epoch(folder, disk, run_id, run.epoch);
  if (done && run.cut_bytes > 0) done = keep_tail(folder, run_id, run.journal.get(), *part, run.epoch);
  if (done && run.cut_bytes > 0) done = cut_tail(folder, disk, run_id, run.journal.get(), run.end.offset);
  if (done) done = write_holder(folder, run_id);
  if (!done) return std::unexpected(done.error());
  return run;
}

Result<FileDescriptor> open_journal(const StoreFolder& folder, const RunId& run_id) {
  FileDescriptor journal = folder.open_file(journal_file(run_id), O_RDONLY);
  if (!journal.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return run_not_found(run_id);
    return runtime::storage_fail(errno, "read", folder.path_of(journal_file(run_id)));
  }
  return journal;
}

}  // namespace orchestrator::harness::journal
