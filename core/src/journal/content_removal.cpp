// SPDX-License-Identifier: Apache-2.0
#include "journal/content_removal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "event/content_references.hpp"
#include "journal/file_bytes.hpp"
#include "journal/folder_names.hpp"
#include "journal/line_reader.hpp"
#include "journal/staged_files.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

using Clock = std::chrono::steady_clock;
using Contents = std::map<Hash, std::uint64_t>;

constexpr const char* kLockFile = "contents-lock";
constexpr std::string_view kNoteEnd = ".contents";
constexpr std::size_t kNoteBytesMax = 64ULL << 20;
constexpr auto kLockPatience = std::chrono::seconds(30);
constexpr auto kLockPause = std::chrono::milliseconds(20);

// 0, or the errno; EAGAIN where another has it.
int lock_contents(int file, short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file, F_OFD_SETLK, &lock) == 0) return 0;
  return errno == EACCES ? EAGAIN : errno;
}

FileDescriptor open_lock(const StoreFolder& folder) { return folder.open_file(kLockFile, O_RDWR | O_CREAT); }

std::vector<std::string> names_in(const StoreFolder& folder, const std::string& path) {
  std::vector<std::string> names;
  visit_names(folder.open_folder(path), [&](std::string_view name) {
    names.push_back(path + "/" + std::string(name));
    return true;
  });
  return names;
}

// The notes of contents, and what they name.
Result<std::vector<std::string>> read_notes(const StoreFolder& folder, Contents& noted) {
  std::vector<std::string> notes;
  for (const std::string& name : names_in(folder, kRemovedFolder)) {
    if (!name.ends_with(kNoteEnd)) continue;
    const FileDescriptor file = folder.open_file(name, O_RDONLY);
    if (!file.is_open()) return runtime::storage_fail(errno, "read", folder.path_of(name));
    const std::string text = read_small_file(file.get(), kNoteBytesMax);
    for (std::size_t at = 0; at < text.size(); at += 2 * Hash::kBytes + 1) {
      if (const auto hash = Hash::parse(std::string_view(text).substr(at, 2 * Hash::kBytes))) noted.emplace(*hash, 0);
    }
    notes.push_back(name);
  }
  return notes;
}

// Takes out of `noted` what a journal refers to. One that was removed meanwhile refers to nothing.
Result<void> spare_used(const StoreFolder& folder, const std::string& journal, Contents& noted) {
  const FileDescriptor file = folder.open_file(journal, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return runtime::storage_fail(errno, "read", folder.path_of(journal));
  }
  const std::int64_t size = file_size(file.get());
  if (size < 0) return runtime::storage_fail(errno, "read", folder.path_of(journal));
  LineReader reader(file.get(), 0, static_cast<std::uint64_t>(size));
  while (const auto line = reader.next()) {
    Contents used;
    event::collect_references(line->bytes, used);
    for (const auto& [hash, size_bytes] : used) noted.erase(hash);
    if (noted.empty()) return {};
  }
  if (reader.failed() != 0) return runtime::storage_fail(reader.failed(), "read", folder.path_of(journal));
  return {};
}

}  // namespace

Result<void> note_dropped(const StoreFolder& folder, Disk& disk, const RunId& run_id, const Contents& contents) {
  if (contents.empty()) return {};
  std::string text;
  for (const auto& [hash, size_bytes] : contents) text += hash.str() + "\n";
  const std::string path = std::string(kRemovedFolder) + "/" + run_id.str() + std::string(kNoteEnd);
  const FileDescriptor file = folder.open_file(path, O_WRONLY | O_CREAT | O_APPEND);
  const FileDescriptor parent = folder.open_folder(kRemovedFolder);
  int error = file.is_open() ? write_all(file.get(), text) : errno;
  if (error == 0 && (disk.fdatasync(file.get()) != 0 || disk.fsync(parent.get()) != 0)) error = errno;
  if (error != 0) return runtime::storage_fail(error, "write", folder.path_of(path));
  return {};
}

Result<void> drop_noted(const StoreFolder& folder) {
  Contents noted;
  const FileDescriptor lock = open_lock(folder);
  if (!lock.is_open()) return runtime::storage_fail(errno, "open", folder.path_of(kLockFile));
  if (const int error = lock_contents(lock.get(), F_WRLCK); error == EAGAIN) {
    return fail(RuntimeErrorCode::run_locked,
                "contents that nothing uses any more stay until no run is writing contents into " + folder.path(),
                folder.path());
  } else if (error != 0) {
    return runtime::storage_fail(error, "lock", folder.path_of(kLockFile));
  }
  const auto notes = read_notes(folder, noted);
  if (!notes) return std::unexpected(notes.error());
  for (const char* place : {kRunsFolder, kIncomingFolder}) {
    for (const std::string& run : names_in(folder, place)) {
      if (noted.empty()) break;
      if (auto spared = spare_used(folder, run + "/journal.jsonl", noted); !spared) return spared;
    }
  }
  for (const auto& [hash, size_bytes] : noted) {
    const std::string path = blob_folder(hash) + "/" + hash.str();
    if (::unlinkat(folder.root(), path.c_str(), 0) != 0 && errno != ENOENT)
      return runtime::storage_fail(errno, "remove", folder.path_of(path));
  }
  for (const std::string& note : *notes) ::unlinkat(folder.root(), note.c_str(), 0);
  return {};
}

Result<FileDescriptor> hold_contents(const StoreFolder& folder) {
  FileDescriptor lock = open_lock(folder);
  if (!lock.is_open()) return runtime::storage_fail(errno, "open", folder.path_of(kLockFile));
  const auto deadline = Clock::now() + kLockPatience;
  int error = lock_contents(lock.get(), F_RDLCK);
  while (error == EAGAIN && Clock::now() < deadline) {
    std::this_thread::sleep_for(kLockPause);
    error = lock_contents(lock.get(), F_RDLCK);
  }
  if (error == EAGAIN) {
    return fail(RuntimeErrorCode::storage_unavailable, "another process takes contents out of " + folder.path(),
                folder.path());
  }
  // A file system without locks: there `drop_noted` takes nothing away either.
  return lock;
}

}  // namespace orchestrator::harness::journal
