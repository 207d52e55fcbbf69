// SPDX-License-Identifier: Apache-2.0
#include "journal/run_removal.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "event/json_slices.hpp"
#include "journal/folder_names.hpp"
#include "journal/journal_file.hpp"
#include "journal/run_lock.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

// The session that the run's first line names, for its marker; nothing when that line does not read.
std::optional<SessionId> session_of(const StoreFolder& folder, const RunId& run_id, int journal) {
  const auto lines = read_outer_lines({journal, folder.path_of(journal_file(run_id)), run_id});
  if (!lines) return std::nullopt;
  const auto events = event::member_slice(lines->first, "events");
  const auto elements = events ? event::array_slices(*events) : std::nullopt;
  if (!elements || elements->empty()) return std::nullopt;
  const auto id = event::member_slice(elements->front(), "session_id");
  return id && id->size() > 2 ? SessionId::parse(id->substr(1, id->size() - 2)) : std::nullopt;
}

void remove_marker(const StoreFolder& folder, const RunId& run_id, const std::string& session) {
  const std::string parent = std::string(kSessionsFolder) + "/" + session;
  ::unlinkat(folder.root(), (parent + "/" + run_id.str()).c_str(), 0);
  ::unlinkat(folder.root(), parent.c_str(), AT_REMOVEDIR);  // fails where other runs are in it
}

void remove_markers(const StoreFolder& folder, const RunId& run_id, const std::optional<SessionId>& session_id) {
  if (session_id) return remove_marker(folder, run_id, session_id->str());
  std::vector<std::string> sessions;
  visit_names(folder.open_folder(kSessionsFolder), [&](std::string_view name) {
    sessions.emplace_back(name);
    return true;
  });
  for (const std::string& session : sessions) remove_marker(folder, run_id, session);
}

// Empties the folder of what is removed, leftovers of a crash included.
void empty_removed(const StoreFolder& folder) {
  const auto names_in = [&](const std::string& path) {
    std::vector<std::string> names;
    visit_names(folder.open_folder(path), [&](std::string_view name) {
      names.push_back(path + "/" + std::string(name));
      return true;
    });
    return names;
  };
  for (const std::string& run : names_in(kRemovedFolder)) {
    for (const std::string& file : names_in(run)) ::unlinkat(folder.root(), file.c_str(), 0);
    ::unlinkat(folder.root(), run.c_str(), AT_REMOVEDIR);
  }
}

}  // namespace

Result<void> remove_run_files(const StoreFolder& folder, Disk& disk, const RunId& run_id) {
  const FileDescriptor journal = folder.open_file(journal_file(run_id), O_RDWR);
  if (!journal.is_open()) {
    if (errno == ENOENT) return run_not_found(run_id);
    return runtime::storage_fail(errno, "write", folder.path_of(journal_file(run_id)));
  }
  if (auto locked = lock_journal(folder, run_id, journal.get()); !locked) return locked;
  const auto session_id = session_of(folder, run_id, journal.get());
  const std::string removed = std::string(kRemovedFolder) + "/" + run_id.str();
  empty_removed(folder);
  if (::renameat(folder.root(), run_folder(run_id).c_str(), folder.root(), removed.c_str()) != 0) {
    if (errno == ENOENT) return run_not_found(run_id);
    return runtime::storage_fail(errno, "remove", folder.path_of(run_folder(run_id)));
  }
  const FileDescriptor runs = folder.open_folder(kRunsFolder);
  if (disk.fsync(runs.get()) != 0) return runtime::storage_fail(errno, "sync", folder.path_of(kRunsFolder));
  remove_markers(folder, run_id, session_id);
  empty_removed(folder);
  return {};
}

}  // namespace orchestrator::harness::journal
