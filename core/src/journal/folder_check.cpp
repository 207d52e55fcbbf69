// SPDX-License-Identifier: Apache-2.0
#include "journal/folder_check.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "journal/blob_files.hpp"
#include "journal/file_bytes.hpp"
#include "journal/folder_names.hpp"
#include "journal/journal_file.hpp"
#include "journal/run_files.hpp"
#include "journal/run_lock.hpp"
#include "journal/run_summary.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

class FolderCheck final {
 public:
  explicit FolderCheck(const StoreFolder* folder) : folder_(*folder) {}

  Result<void> check_run(const RunId& run_id) {
    const auto journal = open_journal(folder_, run_id);
    if (!journal) {
      if (journal.error().code != name_of(RuntimeErrorCode::run_not_found)) return std::unexpected(journal.error());
      // A folder with nothing in it is one whose making was cut short.
      if (!names_in(run_folder(run_id)).empty()) add(run_id, folder_.path_of(journal_file(run_id)) + " is missing");
      return {};
    }
    const auto lines = read_outer_lines({journal->get(), folder_.path_of(journal_file(run_id)), run_id});
    if (!lines) return std::unexpected(lines.error());
    if (lines->first.empty()) {  // a list passes such a run over
      const bool is_cut = lines->file_bytes > 0 && !is_locked(journal->get());
      if (is_cut || has_begun(folder_, run_id)) {
        add(run_id, folder_.path_of(journal_file(run_id)) +
                        (lines->file_bytes > 0 ? " has no whole line" : " was emptied: its first step is gone"));
      }
      return {};
    }
    const RunSummary summary = summarise({run_id, lines->first, lines->last, lines->file_bytes, false});
    if (summary.damaged) return {};  // reading the run says more
    const std::string marker = session_folder(summary.session_id) + "/" + run_id.str();
    if (!folder_.open_file(marker, O_RDONLY).is_open()) add(run_id, folder_.path_of(marker) + " is missing");
    return {};
  }

  Result<void> check_runs() {
    for (const std::string& name : names_in(kRunsFolder)) {
      const auto run_id = RunId::parse(name);
      if (!run_id || run_id->str() != name) {
        add({}, folder_.path_of(std::string(kRunsFolder) + "/" + name) + " is not the folder of a run");
        continue;
      }
      if (auto checked = check_run(*run_id); !checked) return checked;
    }
    return {};
  }

  void check_sessions() {
    for (const std::string& session : names_in(kSessionsFolder)) {
      const std::string path = std::string(kSessionsFolder) + "/" + session;
      if (!SessionId::parse(session)) add({}, folder_.path_of(path) + " is not the folder of a session");
      for (const std::string& name : names_in(path)) check_marker(path + "/" + name, name);
    }
  }

  Result<void> check_contents() {
    for (const std::string& group : names_in(kBlobsFolder)) {
      const std::string path = std::string(kBlobsFolder) + "/" + group;
      for (const std::string& name : names_in(path)) {
        if (name.find(".draft-") != std::string::npos) continue;
        const auto hash = Hash::parse(name);
        if (!hash || blob_folder(*hash) != path) {
          add({}, folder_.path_of(path + "/" + name) + " is not named by a hash");
          continue;
        }
        const auto content = read_blob_file(folder_, *hash);
        if (content) continue;
        if (content.error().code != name_of(RuntimeErrorCode::journal_damaged)) return std::unexpected(content.error());
        add({}, content.error().message);
      }
    }
    return {};
  }

  std::vector<Flaw> take() && { return std::move(flaws_); }

 private:
  void add(std::optional<RunId> run_id, std::string what) {
    if (flaws_.size() < RunCheck::kFlawsMax) flaws_.push_back({run_id, 0, 0, std::move(what)});
  }

  std::vector<std::string> names_in(const std::string& path) const {
    std::vector<std::string> names;
    visit_names(folder_.open_folder(path), [&](std::string_view name) {
      names.emplace_back(name);
      return true;
    });
    std::ranges::sort(names);
    return names;
  }

  // The marker of a run that is being removed goes last.
  void check_marker(const std::string& path, const std::string& name) {
    const auto run_id = RunId::parse(name);
    if (!run_id) {
      add({}, folder_.path_of(path) + " does not name a run");
    } else if (!folder_.open_folder(run_folder(*run_id)).is_open() &&
               !folder_.open_folder(std::string(kRemovedFolder) + "/" + name).is_open()) {
      add(run_id, folder_.path_of(path) + " names a run that is not there");
    }
  }

  const StoreFolder& folder_;
  std::vector<Flaw> flaws_;
};

}  // namespace

Result<std::vector<Flaw>> check_folder(const StoreFolder& folder, const std::optional<RunId>& run_id) {
  FolderCheck check(&folder);
  Result<void> done = run_id ? check.check_run(*run_id) : check.check_runs();
  if (done && !run_id) {
    check.check_sessions();
    done = check.check_contents();
  }
  if (!done) return std::unexpected(done.error());
  return std::move(check).take();
}

// What a process leaves that was killed before the first step, or what is left of a run of an earlier version.
Result<std::vector<RunId>> find_empty_runs(const StoreFolder& folder) {
  std::vector<RunId> empty;
  const int error = visit_names(folder.open_folder(kRunsFolder), [&](std::string_view name) {
    const auto run_id = RunId::parse(name);
    if (!run_id || has_begun(folder, *run_id)) return true;
    const auto journal = open_journal(folder, *run_id);
    if (journal && file_size(journal->get()) == 0 && !is_locked(journal->get())) empty.push_back(*run_id);
    return true;
  });
  if (error != 0) return runtime::storage_fail(error, "list", folder.path_of(kRunsFolder));
  std::ranges::sort(empty);
  return empty;
}

}  // namespace orchestrator::harness::journal
