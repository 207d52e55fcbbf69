// SPDX-License-Identifier: Apache-2.0
#include "journal/staged_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "journal/folder_names.hpp"
#include "journal/journal_file.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_files.hpp"
#include "journal/run_lock.hpp"
#include "runtime/storage_error.hpp"
#include "runtime/suspension.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

std::string staged_folder(const std::string& name) { return std::string(kIncomingFolder) + "/" + name; }
std::string staged_file(const std::string& name) { return staged_folder(name) + "/journal.jsonl"; }

void remove_staged(const StoreFolder& folder, const std::string& name) {
  std::vector<std::string> files;
  visit_names(folder.open_folder(staged_folder(name)), [&](std::string_view file) {
    files.push_back(staged_folder(name) + "/" + std::string(file));
    return true;
  });
  for (const std::string& file : files) ::unlinkat(folder.root(), file.c_str(), 0);
  ::unlinkat(folder.root(), staged_folder(name).c_str(), AT_REMOVEDIR);
}

// Takes away what no process holds any more.
void sweep(const StoreFolder& folder, const std::string& own_name) {
  std::vector<std::string> names;
  visit_names(folder.open_folder(kIncomingFolder), [&](std::string_view name) {
    if (name != own_name) names.emplace_back(name);
    return true;
  });
  for (const std::string& name : names) {
    const FileDescriptor journal = folder.open_file(staged_file(name), O_RDONLY);
    if (!journal.is_open() || !is_locked(journal.get())) remove_staged(folder, name);
  }
}

std::unexpected<Error> exists_already(const RunId& run_id) {
  return fail(RuntimeErrorCode::precondition_failed, "run " + run_id.str() + " exists already", run_id.str());
}

Result<void> make_folder(const StoreFolder& folder, const std::string& path) {
  const int error = folder.make_folder(path);
  if (error == 0 || error == EEXIST) return {};
  return runtime::storage_fail(error, "make the folder", folder.path_of(path));
}

Result<void> sync_folder(const StoreFolder& folder, Disk& disk, const std::string& path) {
  const FileDescriptor opened = folder.open_folder(path);
  if (opened.is_open() && disk.fsync(opened.get()) == 0) return {};
  return runtime::storage_fail(errno, "sync", folder.path_of(path));
}

// The journal of the run that is to be replaced, locked, where it is as long as it was.
Result<FileDescriptor> lock_replaced(const StoreFolder& folder, const RunId& run_id, std::uint64_t events) {
  FileDescriptor journal = folder.open_file(journal_file(run_id), O_RDWR | O_APPEND);
  if (!journal.is_open()) {
    if (errno == ENOENT) return changed_meanwhile(run_id);
    return runtime::storage_fail(errno, "write", folder.path_of(journal_file(run_id)));
  }
  if (auto locked = lock_journal(folder, run_id, journal.get()); !locked) return std::unexpected(locked.error());
  if (const std::string damage = read_damage(folder, run_id); !damage.empty()) return run_quarantined(run_id, damage);
  const auto lines = read_outer_lines({journal.get(), folder.path_of(journal_file(run_id)), run_id});
  if (!lines) return std::unexpected(lines.error());
  const auto last = numbers_of(lines->last, run_id);
  struct stat status{};
  const bool is_there = ::fstat(journal.get(), &status) == 0 && status.st_nlink > 0;
  if (!is_there || !last || last->last_seq != events) return changed_meanwhile(run_id);
  return journal;
}

// Into the folder of the run that it replaces.
Result<void> take_place(const StoreFolder& folder, Disk& disk, const RunId& run_id) {
  const std::string from = staged_file(run_id.str());
  if (::renameat(folder.root(), from.c_str(), folder.root(), journal_file(run_id).c_str()) != 0) {
    return runtime::storage_fail(errno, "move", folder.path_of(from));
  }
  Result<void> done = sync_folder(folder, disk, run_folder(run_id));
  remove_staged(folder, run_id.str());
  return done;
}

// Before the journal is there: one that is killed in between leaves a mark too many, never one too few.
Result<void> mark(const StoreFolder& folder, Disk& disk, const JsonlStagedRun::Place& place) {
  if (!place.is_imported) return {};
  const bool is_replacing = place.replaced.is_open();
  const std::string path = is_replacing ? run_folder(place.run_id) : staged_folder(place.run_id.str());
  Result<void> done = mark_imported(folder, path);
  return done && is_replacing ? sync_folder(folder, disk, path) : done;
}

// The marker of the session first: one without its run is passed over, a run without its marker would not be found.
Result<void> move_to_runs(const StoreFolder& folder, Disk& disk, const RunId& run_id, const SessionId& session_id) {
  Result<void> done = mark_session(folder, run_id, session_id);
  if (done) done = sync_folder(folder, disk, session_folder(session_id));
  if (done) done = sync_folder(folder, disk, kSessionsFolder);
  note_begun(folder, staged_folder(run_id.str()));
  if (done) done = sync_folder(folder, disk, staged_folder(run_id.str()));
  if (!done) return done;
  const std::string from = staged_folder(run_id.str());
  if (::renameat(folder.root(), from.c_str(), folder.root(), run_folder(run_id).c_str()) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY) return exists_already(run_id);
    return runtime::storage_fail(errno, "move", folder.path_of(from));
  }
  return sync_folder(folder, disk, kRunsFolder);
}

}  // namespace

Result<StagedFiles> stage_run_files(const StoreFolder& folder, const RunId& run_id, std::uint64_t replaced_events) {
  StagedFiles files;
  if (replaced_events > 0) {
    auto replaced = lock_replaced(folder, run_id, replaced_events);
    if (!replaced) return std::unexpected(replaced.error());
    files.replaced = *std::move(replaced);
  } else if (folder.open_folder(run_folder(run_id)).is_open()) {
    return exists_already(run_id);
  }
  const std::string name = run_id.str();
  if (auto made = make_folder(folder, kIncomingFolder); !made) return std::unexpected(made.error());
  sweep(folder, name);
  if (auto made = make_folder(folder, staged_folder(name)); !made) return std::unexpected(made.error());
  FileDescriptor journal = folder.open_file(staged_file(name), O_RDWR | O_APPEND | O_CREAT);
  if (!journal.is_open()) return runtime::storage_fail(errno, "write", folder.path_of(staged_file(name)));
  if (auto locked = lock_journal(folder, run_id, journal.get()); !locked) return std::unexpected(locked.error());
  struct stat status{};
  // Swept away by another process between its opening and its locking.
  if (::fstat(journal.get(), &status) != 0 || status.st_nlink == 0) {
    return fail(RuntimeErrorCode::run_locked, "run " + name + " is being imported by another process", name);
  }
  if (::ftruncate(journal.get(), 0) != 0) {
    return runtime::storage_fail(errno, "write", folder.path_of(staged_file(name)));
  }
  files.journal = std::move(journal);
  return files;
}

// Its writer rings no reader: nobody waits for a run that is not there, and who waits for one that is replaced is told
// by its file.
JsonlStagedRun::JsonlStagedRun(std::shared_ptr<JournalSync> journal, Place place, asio::thread_pool* pool)
    : journal_(std::move(journal)),
      place_(std::move(place)),
      pool_(pool),
      writer_(journal_, std::make_shared<RunSignal>(), pool, {}) {}

JsonlStagedRun::~JsonlStagedRun() {
  if (!is_published_) remove_staged(journal_->folder(), place_.run_id.str());
}

asio::awaitable<Result<void>> JsonlStagedRun::append(std::shared_ptr<const JournalLine> line) {
  return writer_.append(std::move(line));
}

asio::awaitable<Result<void>> JsonlStagedRun::put_blob(SharedBytes bytes) { return writer_.put_blob(std::move(bytes)); }

asio::awaitable<Result<void>> JsonlStagedRun::publish() {
  Result<void> done = co_await writer_.sync();
  if (!done) co_return done;
  const auto move = [journal = journal_, place = &place_] {
    const StoreFolder& folder = journal->folder();
    if (auto marked = mark(folder, journal->disk(), *place); !marked) return marked;
    if (place->replaced.is_open()) return take_place(folder, journal->disk(), place->run_id);
    return move_to_runs(folder, journal->disk(), place->run_id, place->session_id);
  };
  done = co_await runtime::run_blocking(pool_, move);
  is_published_ = done.has_value();
  co_return done;
}

}  // namespace orchestrator::harness::journal
