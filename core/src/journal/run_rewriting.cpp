// SPDX-License-Identifier: Apache-2.0
#include "journal/run_rewriting.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "journal/content_removal.hpp"
#include "journal/file_bytes.hpp"
#include "journal/folder_names.hpp"
#include "journal/line_reader.hpp"
#include "journal/run_files.hpp"
#include "journal/run_lock.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr std::size_t kPieceBytes = 1ULL << 20;

// Writes the new form into the draft, synced. True where lines of the journal are not in it.
Result<bool> write_draft(const StoreFolder& folder, Disk& disk, const RunId& run_id, int journal, LineRewrite& form) {
  const std::string path = journal_draft(run_id);
  const FileDescriptor draft = folder.open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!draft.is_open()) return runtime::storage_fail(errno, "write", folder.path_of(path));
  const std::int64_t size = file_size(journal);
  if (size < 0) return runtime::storage_fail(errno, "read", folder.path_of(journal_file(run_id)));
  LineReader reader(journal, 0, static_cast<std::uint64_t>(size));
  std::uint64_t end = 0;
  std::string text;
  while (!form.is_done()) {
    const auto line = reader.next();
    if (reader.failed() != 0) return runtime::storage_fail(reader.failed(), "read", folder.path_of(path));
    if (!line || !line->is_ended) return form.too_short();
    end = line->offset + line->bytes.size() + 1;
    const auto next = form.next(line->bytes);
    if (!next) return std::unexpected(next.error());
    text += next->bytes;
    text += '\n';
    if (text.size() < kPieceBytes && !form.is_done()) continue;
    if (const int error = write_all(draft.get(), text); error != 0)
      return runtime::storage_fail(error, "write", folder.path_of(path));
    text.clear();
  }
  if (disk.fdatasync(draft.get()) != 0) return runtime::storage_fail(errno, "sync", folder.path_of(path));
  return end < static_cast<std::uint64_t>(size);
}

// What earlier salvages and crashes have left of the run beside its journal.
void remove_cuttings(const StoreFolder& folder, const RunId& run_id) {
  std::vector<std::string> names;
  visit_names(folder.open_folder(run_folder(run_id)), [&](std::string_view name) {
    if (name.starts_with("cut-")) names.push_back(run_folder(run_id) + "/" + std::string(name));
    return true;
  });
  for (const std::string& name : names) ::unlinkat(folder.root(), name.c_str(), 0);
}

Result<void> sync_run_folder(const StoreFolder& folder, Disk& disk, const RunId& run_id) {
  const FileDescriptor opened = folder.open_folder(run_folder(run_id));
  if (opened.is_open() && disk.fsync(opened.get()) == 0) return {};
  return runtime::storage_fail(errno, "sync", folder.path_of(run_folder(run_id)));
}

}  // namespace

Result<void> rewrite_run_files(const StoreFolder& folder, Disk& disk, const RunId& run_id, const RunRewrite& rewrite) {
  const auto journal = lock_run_files(folder, run_id);
  if (!journal) return std::unexpected(journal.error());
  if (auto settled = settle_epoch(folder, disk, run_id); !settled) return settled;
  const auto epoch = read_epoch(folder, run_id);
  if (!epoch) return std::unexpected(epoch.error());

  LineRewrite form(run_id, &rewrite);
  const std::string draft = journal_draft(run_id);
  const auto has_rest = write_draft(folder, disk, run_id, journal->get(), form);
  Result<void> done;
  if (!has_rest) done = std::unexpected(has_rest.error());
  if (done) done = note_dropped(folder, disk, run_id, form.dropped());
  if (done) done = prepare_epoch(folder, disk, run_id, *epoch + 1);
  if (!done) {
    ::unlinkat(folder.root(), draft.c_str(), 0);
    return done;
  }
  if (*has_rest && rewrite.keeps_rest) {
    const std::string kept = run_folder(run_id) + "/cut-" + std::to_string(*epoch + 1);
    const bool is_kept =
        ::linkat(folder.root(), journal_file(run_id).c_str(), folder.root(), kept.c_str(), 0) == 0 || errno == EEXIST;
    if (!is_kept) {
      done = runtime::storage_fail(errno, "keep", folder.path_of(kept));
      ::unlinkat(folder.root(), draft.c_str(), 0);
      return done;
    }
  }
  if (::renameat(folder.root(), draft.c_str(), folder.root(), journal_file(run_id).c_str()) != 0)
    return runtime::storage_fail(errno, "write", folder.path_of(journal_file(run_id)));
  if (!rewrite.keeps_rest) remove_cuttings(folder, run_id);
  if (done = write_damage(folder, run_id, {}); done) done = settle_epoch(folder, disk, run_id);
  if (done) done = sync_run_folder(folder, disk, run_id);
  return done;
}

}  // namespace orchestrator::harness::journal
