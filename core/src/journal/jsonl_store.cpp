// SPDX-License-Identifier: Apache-2.0
#include "journal/jsonl_store.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "journal/blob_files.hpp"
#include "journal/content_removal.hpp"
#include "journal/folder_check.hpp"
#include "journal/folder_names.hpp"
#include "journal/jsonl_writer.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_files.hpp"
#include "journal/run_lock.hpp"
#include "journal/run_removal.hpp"
#include "journal/run_rewriting.hpp"
#include "journal/run_summary.hpp"
#include "journal/run_wait.hpp"
#include "journal/staged_files.hpp"
#include "runtime/storage_error.hpp"
#include "runtime/suspension.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

Result<std::shared_ptr<JsonlStore>> JsonlStore::open(const std::string& path, std::shared_ptr<Disk> disk) {
  auto folder = StoreFolder::open(path);
  if (!folder) return std::unexpected(folder.error());
  return std::shared_ptr<JsonlStore>(new JsonlStore(*std::move(folder), std::move(disk)));
}

JsonlStore::JsonlStore(std::shared_ptr<const StoreFolder> folder, std::shared_ptr<Disk> disk)
    : shared_{std::move(folder), std::move(disk), std::make_shared<FailedSyncs>()} {}

JsonlStore::~JsonlStore() {
  read_threads_.join();
  sync_threads_.join();
}

// The first sync also makes the names of the run's files last.
std::unique_ptr<RunWriter> JsonlStore::make_writer(const RunId& run_id, std::shared_ptr<JournalSync> sync,
                                                   JsonlWriter::Start start) {
  sync->note_folder(run_folder(run_id));
  sync->note_folder(kRunsFolder);
  return std::make_unique<JsonlWriter>(std::move(sync), signals_.of(run_id), &sync_threads_, start);
}

// On the caller's thread: it syncs nothing, and stands before a run's first token.
asio::awaitable<Result<std::unique_ptr<RunWriter>>> JsonlStore::create(RunId run_id, SessionId session_id) {
  auto journal = create_run_files(folder(), run_id, session_id);
  if (!journal) co_return std::unexpected(journal.error());
  auto sync = std::make_shared<JournalSync>(shared_, run_id, *std::move(journal));
  sync->note_folder(session_folder(session_id));
  sync->note_folder(kSessionsFolder);
  co_return make_writer(run_id, std::move(sync), {});
}

asio::awaitable<Result<std::unique_ptr<StagedRun>>> JsonlStore::stage(RunId run_id, SessionId session_id,
                                                                      Staging staging) {
  const auto make = [this, run_id, staging] { return stage_run_files(folder(), run_id, staging.replaced_events); };
  auto files = co_await runtime::run_blocking(&sync_threads_, make);
  if (!files) co_return std::unexpected(files.error());
  auto journal = std::make_shared<JournalSync>(shared_, run_id, std::move(files->journal));
  JsonlStagedRun::Place place{run_id, session_id, std::move(files->replaced), staging.is_imported};
  co_return std::make_unique<JsonlStagedRun>(std::move(journal), std::move(place), &sync_threads_);
}

asio::awaitable<Result<std::vector<Flaw>>> JsonlStore::check_records(std::optional<RunId> run_id) {
  const auto check = [this, run_id] { return check_folder(folder(), run_id); };
  co_return co_await runtime::run_blocking(&read_threads_, check);
}

asio::awaitable<Result<std::vector<RunId>>> JsonlStore::empty_runs() {
  const auto find = [this] { return find_empty_runs(folder()); };
  co_return co_await runtime::run_blocking(&read_threads_, find);
}

asio::awaitable<Result<OpenedRun>> JsonlStore::open(RunId run_id) {
  const auto recover = [this, run_id] {
    const auto cache = shared_.failed_syncs->take(run_id) ? PageCache::distrusted : PageCache::trusted;
    return recover_run_files(folder(), *shared_.disk, run_id, cache);
  };
  auto run = co_await runtime::run_blocking(&read_threads_, recover);
  if (!run) co_await note_damage(this, run_id, run.error());
  if (!run) co_return std::unexpected(run.error());
  auto sync = std::make_shared<JournalSync>(shared_, run_id, std::move(run->journal));
  co_return OpenedRun{make_writer(run_id, std::move(sync), {run->end, run->epoch}), run->cut_bytes};
}

Result<std::vector<JournalLine>> JsonlStore::read_lines(const RunId& run_id, std::uint64_t after_seq,
                                                        std::uint64_t bytes_max) {
  const auto journal = open_journal(folder(), run_id);
  if (!journal) return std::unexpected(journal.error());
  const JournalFile file{journal->get(), folder().path_of(journal_file(run_id)), run_id};
  auto page = read_page(file, after_seq, bytes_max, places_.find(run_id, after_seq));
  if (!page) return std::unexpected(page.error());
  if (!page->lines.empty()) places_.keep(run_id, page->end);
  return std::move(page->lines);
}

asio::awaitable<Result<std::vector<JournalLine>>> JsonlStore::read(RunId run_id, std::uint64_t after_seq,
                                                                   std::uint64_t bytes_max) {
  const auto read_them = [this, run_id, after_seq, bytes_max] { return read_lines(run_id, after_seq, bytes_max); };
  auto lines = co_await runtime::run_blocking(&read_threads_, read_them);
  if (!lines) co_await note_damage(this, run_id, lines.error());
  co_return lines;
}

asio::awaitable<Result<bool>> JsonlStore::wait(RunId run_id, std::uint64_t after_seq, Clock::time_point deadline) {
  const auto look = [this, run_id, after_seq]() -> Result<bool> {
    const auto lines = read_lines(run_id, after_seq, 1);
    if (!lines) return std::unexpected(lines.error());
    return !lines->empty();
  };
  RunWait wait{signals_.of(run_id), &watch_, folder().path_of(journal_file(run_id)), &read_threads_, look,
               after_seq,           deadline};
  co_return co_await wait_for_more(std::move(wait));
}

Result<std::vector<RunId>> JsonlStore::find_ids(const RunFilter& filter) const {
  const std::string relative = filter.session_id ? session_folder(*filter.session_id) : std::string(kRunsFolder);
  std::vector<RunId> ids;
  const int error = visit_names(folder().open_folder(relative), [&](std::string_view name) {
    const auto id = RunId::parse(name);
    if (id && passes_id(filter, *id)) ids.push_back(*id);
    return true;
  });
  // A session without runs has no folder.
  if (error != 0 && !filter.session_id) return runtime::storage_fail(error, "list", folder().path_of(relative));
  std::ranges::sort(ids, std::greater());
  return ids;
}

Result<std::vector<RunSummary>> JsonlStore::list_runs(const RunFilter& filter) const {
  auto ids = find_ids(filter);
  if (!ids) return std::unexpected(ids.error());
  std::vector<RunSummary> runs;
  for (const RunId& run_id : *ids) {
    const auto journal = open_journal(folder(), run_id);
    if (!journal) continue;  // removed meanwhile, or its creation was cut short
    const auto lines = read_outer_lines({journal->get(), folder().path_of(journal_file(run_id)), run_id});
    const bool is_empty = lines && lines->first.empty();
    if (is_empty && !has_begun(folder(), run_id)) continue;  // nothing has happened in it yet
    // One that cannot be read is shown as damaged, and hides no other.
    const OuterLines outer = lines.value_or(OuterLines());
    RunSummary run = summarise({run_id, outer.first, outer.last, outer.file_bytes, is_locked(journal->get())});
    run.damaged = run.damaged || !read_damage(folder(), run_id).empty();
    run.imported = was_imported(folder(), run_id);
    if (passes_status(filter, run)) runs.push_back(std::move(run));
    if (runs.size() == filter.limit) break;
  }
  return runs;
}

asio::awaitable<Result<std::vector<RunSummary>>> JsonlStore::list(RunFilter filter) {
  if (auto checked = check_filter(filter); !checked) co_return std::unexpected(checked.error());
  const auto list_them = [this, filter] { return list_runs(filter); };
  co_return co_await runtime::run_blocking(&read_threads_, list_them);
}

asio::awaitable<Result<SharedBytes>> JsonlStore::blob(Hash hash) {
  const auto read_it = [this, hash] { return read_blob_file(folder(), hash); };
  co_return co_await runtime::run_blocking(&read_threads_, read_it);
}

asio::awaitable<Result<std::uint64_t>> JsonlStore::epoch(RunId run_id) {
  const auto read_it = [this, run_id]() -> Result<std::uint64_t> {
    if (const auto journal = open_journal(folder(), run_id); !journal) return std::unexpected(journal.error());
    return read_epoch(folder(), run_id);
  };
  co_return co_await runtime::run_blocking(&read_threads_, read_it);
}

asio::awaitable<Result<void>> JsonlStore::rewrite(RunId run_id, RunRewrite rewrite) {
  const auto put = [this, run_id, form = std::move(rewrite)] {
    return rewrite_run_files(folder(), *shared_.disk, run_id, form);
  };
  auto done = co_await runtime::run_blocking(&sync_threads_, put);
  if (done) {
    if (const auto signal = signals_.find(run_id)) signal->notify();
  }
  co_return done;
}

asio::awaitable<Result<void>> JsonlStore::drop_contents() {
  const auto drop = [this] { return drop_noted(folder()); };
  co_return co_await runtime::run_blocking(&sync_threads_, drop);
}

asio::awaitable<Result<std::string>> JsonlStore::damage(RunId run_id) {
  const auto read_it = [this, run_id]() -> Result<std::string> {
    if (const auto journal = open_journal(folder(), run_id); !journal) return std::unexpected(journal.error());
    return read_damage(folder(), run_id);
  };
  co_return co_await runtime::run_blocking(&read_threads_, read_it);
}

asio::awaitable<Result<void>> JsonlStore::set_damage(RunId run_id, std::string what) {
  const auto write = [this, run_id, text = damage_text(what)]() -> Result<void> {
    if (const auto journal = open_journal(folder(), run_id); !journal) return std::unexpected(journal.error());
    return write_damage(folder(), run_id, text);
  };
  co_return co_await runtime::run_blocking(&sync_threads_, write);
}

asio::awaitable<Result<void>> JsonlStore::remove(RunId run_id) {
  const auto remove_it = [this, run_id] { return remove_run_files(folder(), *shared_.disk, run_id); };
  auto removed = co_await runtime::run_blocking(&sync_threads_, remove_it);
  if (removed) {
    if (const auto signal = signals_.find(run_id)) signal->notify();
  }
  co_return removed;
}

}  // namespace orchestrator::harness::journal
