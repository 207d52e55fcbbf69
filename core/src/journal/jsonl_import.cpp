// SPDX-License-Identifier: Apache-2.0
#include "journal/jsonl_import.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/blob_files.hpp"
#include "journal/content_hashes.hpp"
#include "journal/folder_names.hpp"
#include "journal/journal_file.hpp"
#include "journal/outer_event.hpp"
#include "journal/run_files.hpp"
#include "journal/store_folder.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

using storage::SqliteConnection;

constexpr std::uint64_t kPageBytes = 1ULL << 20;
constexpr const char* kRunMark = "imported ";  // and the id, while the import is not complete

std::string folder_mark(const std::string& folder) { return "imported jsonl:" + folder; }

// The store that is read, and what it has of contents.
struct Source {
  std::shared_ptr<const StoreFolder> folder;
  std::set<std::string> contents;
};

Result<bool> has_mark(const SqliteConnection& connection, const std::string& name) {
  auto statement = connection.prepare("SELECT 1 FROM mark WHERE name = ?");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(name);
  return statement->step();
}

Result<void> set_mark(const SqliteConnection& connection, const std::string& name) {
  auto statement = connection.prepare("INSERT INTO mark(name) VALUES (?) ON CONFLICT DO NOTHING");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(name);
  return statement->run();
}

Result<std::vector<std::string>> names_in(const StoreFolder& folder, const std::string& relative) {
  std::vector<std::string> names;
  const int error = visit_names(folder.open_folder(relative), [&names](std::string_view name) {
    names.emplace_back(name);
    return true;
  });
  if (error != 0) return runtime::storage_fail(error, "list", folder.path_of(relative));
  return names;
}

Result<Source> open_source(const std::string& path) {
  auto folder = StoreFolder::open(path);
  if (!folder) return std::unexpected(folder.error());
  Source source{*std::move(folder), {}};
  const auto groups = names_in(*source.folder, kBlobsFolder);
  if (!groups) return std::unexpected(groups.error());
  for (const std::string& group : *groups) {
    const auto hashes = names_in(*source.folder, std::string(kBlobsFolder) + "/" + group);
    if (!hashes) return std::unexpected(hashes.error());
    source.contents.insert(hashes->begin(), hashes->end());
  }
  return source;
}

// Oldest first, so that a run finds the contents of those before it.
Result<std::vector<RunId>> runs_in(const Source& source) {
  const auto names = names_in(*source.folder, kRunsFolder);
  if (!names) return std::unexpected(names.error());
  std::vector<RunId> runs;
  for (const std::string& name : *names) {
    if (const auto id = RunId::parse(name)) runs.push_back(*id);
  }
  std::ranges::sort(runs);
  return runs;
}

Result<void> put_contents(RunWriting& to, std::int64_t run_number, const Source& source, std::string_view line) {
  for (const std::string& name : content_hashes_in(line)) {
    if (!source.contents.contains(name)) continue;
    const auto hash = Hash::parse(name);
    if (!hash) continue;
    const auto bytes = read_blob_file(*source.folder, *hash);
    if (!bytes) return std::unexpected(bytes.error());
    if (auto put = to.put_blob(run_number, *bytes); !put) return put;
  }
  return {};
}

// What became of one run.
enum class Outcome : std::uint8_t { taken, empty, held, damaged };

// Copies the lines of a locked journal into a run that is made for them. What fails is for the caller to take back.
Result<Outcome> copy_lines(RunWriting& to, const Source& source, const RunId& run_id, const RecoveredRun& journal) {
  const JournalFile file{journal.journal.get(), source.folder->path_of(journal_file(run_id)), run_id};
  std::optional<RunRow> row;
  std::optional<LinePlace> place;
  for (std::uint64_t seq = 0;;) {
    const auto page = read_page(file, seq, kPageBytes, place);
    if (!page) return std::unexpected(page.error());
    if (page->lines.empty()) return row ? Outcome::taken : Outcome::empty;
    if (!row) {
      const auto first = first_event_of(page->lines.front().bytes);
      if (!first) return Outcome::damaged;
      auto made = to.create(run_id, first->meta.session_id);
      if (!made) return std::unexpected(made.error());
      row = *std::move(made);
      if (!row) return Outcome::empty;  // asked for before; not in one transaction with this
      auto set = to.set_epoch(row->number, journal.epoch);
      if (set && was_imported(*source.folder, run_id)) set = to.set_imported(row->number);
      if (!set) return std::unexpected(set.error());
    }
    for (const JournalLine& line : page->lines) {
      if (auto put = put_contents(to, row->number, source, line.bytes); !put) return std::unexpected(put.error());
      if (auto done = to.append(row->number, line); !done) return std::unexpected(done.error());
    }
    seq = page->lines.back().last_seq;
    place = page->end;
  }
}

// A lock and a disk may be another time what they are not now.
Outcome outcome_of(const Error& error) {
  const bool is_damage = error.code == name_of(RuntimeErrorCode::journal_damaged) ||
                         error.code == name_of(RuntimeErrorCode::not_a_journal);
  return is_damage ? Outcome::damaged : Outcome::held;
}

bool is_of_source(const Error& error, const SqliteConnection& to) { return error.at != to.path(); }

// One run, in a transaction of the caller. An error of the journal that is written is the caller's; one of the run that
// is read is what became of it.
Result<Outcome> take_run(RunWriting& to, const Source& source, const RunId& run_id) {
  SqliteConnection& connection = to.connection();
  const std::string mark = kRunMark + run_id.str();
  const auto was_taken = has_mark(connection, mark);
  if (!was_taken) return std::unexpected(was_taken.error());
  if (*was_taken || find_run(connection, run_id)) return Outcome::empty;
  const auto journal = recover_run_files(*source.folder, *real_disk(), run_id, PageCache::trusted);
  if (!journal) return outcome_of(journal.error());
  if (auto begun = connection.execute("SAVEPOINT run"); !begun) return std::unexpected(begun.error());
  auto outcome = copy_lines(to, source, run_id, *journal);
  if (!outcome && is_of_source(outcome.error(), connection)) outcome = outcome_of(outcome.error());
  if (!outcome) return outcome;
  const char* end = *outcome == Outcome::taken ? "RELEASE run" : "ROLLBACK TO run; RELEASE run";
  if (auto ended = connection.execute(end); !ended) return std::unexpected(ended.error());
  if (*outcome != Outcome::taken) return outcome;
  if (auto marked = set_mark(connection, mark); !marked) return std::unexpected(marked.error());
  return outcome;
}

Result<void> finish(RunWriting& to, const std::string& mark) {
  if (auto set = set_mark(to.connection(), mark); !set) return set;
  return to.connection().execute("DELETE FROM mark WHERE name GLOB 'imported run_*'");
}

Result<bool> was_taken_over(SqliteFile& file, const std::string& folder) {
  auto reader = file.take_reader();
  if (!reader) return std::unexpected(reader.error());
  if (*reader == nullptr) return false;
  auto found = has_mark(**reader, folder_mark(folder));
  if (found) file.give_back(*std::move(reader));
  return found;
}

void count(ImportReport& report, Outcome outcome) {
  report.taken += outcome == Outcome::taken ? 1 : 0;
  report.held += outcome == Outcome::held ? 1 : 0;
  report.damaged += outcome == Outcome::damaged ? 1 : 0;
}

}  // namespace

asio::awaitable<Result<std::optional<ImportReport>>> import_jsonl(std::shared_ptr<SqliteFile> file,
                                                                  std::string folder) {
  const std::string runs_folder = folder + "/" + kRunsFolder;
  if (::access(runs_folder.c_str(), F_OK) != 0) co_return std::nullopt;
  const auto was_done = was_taken_over(*file, folder);
  if (!was_done) co_return std::unexpected(was_done.error());
  if (*was_done) co_return std::nullopt;
  const auto use = file->writing();
  if (!use) co_return std::unexpected(use.error());
  const std::shared_ptr<CommitThread> commits = (*use)->commits();
  const auto source = open_source(folder);
  if (!source) co_return std::unexpected(source.error());
  const auto runs = runs_in(*source);
  if (!runs) co_return std::unexpected(runs.error());
  ImportReport report;
  for (const RunId& run_id : *runs) {
    const auto outcome = std::make_shared<Outcome>(Outcome::empty);
    CommitThread::Work work = [outcome, run_id, source = &*source](RunWriting& to) -> Result<void> {
      const auto taken = take_run(to, *source, run_id);
      if (!taken) return std::unexpected(taken.error());
      *outcome = *taken;
      return {};
    };
    const Result<void> done = co_await commits->commit(std::move(work), kPageBytes);
    if (!done) co_return std::unexpected(done.error());
    count(report, *outcome);
  }
  if (report.held == 0) {
    CommitThread::Work work = [mark = folder_mark(folder)](RunWriting& to) { return finish(to, mark); };
    const Result<void> done = co_await commits->commit(std::move(work), 0);
    if (!done) co_return std::unexpected(done.error());
  }
  commits->tidy_later();
  const Result<void> synced = co_await commits->sync();
  if (!synced) co_return std::unexpected(synced.error());
  co_return report;
}

}  // namespace orchestrator::harness::journal
