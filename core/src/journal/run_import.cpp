// SPDX-License-Identifier: Apache-2.0
#include "journal/run_import.hpp"
#include "event/erasure.hpp"
#include "event/step.hpp"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "journal/export_reader.hpp"
#include "journal/file_bytes.hpp"
#include "journal/file_descriptor.hpp"
#include "journal/line_reader.hpp"
#include "journal/run_verification.hpp"
#include "journal/store_capabilities.hpp"
#include "journal/stored_line.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kPageBytes = 1ULL << 20;

// An exported file, record by record.
class ExportFile final {
 public:
  static Result<std::unique_ptr<ExportFile>> open(const std::string& path, std::vector<KnownHead> heads) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    const std::int64_t size = file.is_open() ? file_size(file.get()) : -1;
    if (size < 0) return runtime::storage_fail(errno, "read", path);
    return std::unique_ptr<ExportFile>(
        new ExportFile(path, std::move(file), static_cast<std::uint64_t>(size), std::move(heads)));
  }

  // Nothing at the end of a file that is whole.
  Result<std::optional<ExportReader::Record>> next() {
    const auto line = lines_.next();
    if (lines_.failed() == EFBIG) {
      return named(
          fail(RuntimeErrorCode::limit_exceeded, "a line is longer than " + std::to_string(kLineBytesMax) + " bytes")
              .error());
    }
    if (lines_.failed() != 0) return runtime::storage_fail(lines_.failed(), "read", path_);
    if (!line) {
      if (auto ended = reader_.finish(); !ended) return named(std::move(ended.error()));
      return std::nullopt;
    }
    auto record = reader_.add(line->bytes);
    if (!record) return named(std::move(record.error()));
    if (!line->is_ended) {
      return named(fail(RuntimeErrorCode::journal_damaged, "its last line has no end").error());
    }
    return *std::move(record);
  }

  [[nodiscard]] const ExportReader& reader() const { return reader_; }

 private:
  ExportFile(std::string path, FileDescriptor file, std::uint64_t size, std::vector<KnownHead> heads)
      : path_(std::move(path)), file_(std::move(file)), lines_(file_.get(), 0, size), reader_(std::move(heads)) {}

  std::unexpected<Error> named(Error error) const {
    error.message = path_ + ", " + error.message;
    error.at = path_;
    return std::unexpected(std::move(error));
  }

  std::string path_;
  FileDescriptor file_;
  LineReader lines_;
  ExportReader reader_;
};

// Where a run ends, and with which hash, as its last line says; nothing where the store does not have it.
asio::awaitable<Result<std::optional<event::JournalHead>>> head_in(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                   std::uint64_t seq) {
  const auto page = co_await store->read(run_id, seq - 1, 1);
  if (!page) co_return std::unexpected(page.error());
  std::optional<event::JournalHead> head;
  if (!page->empty()) {
    const JournalLine& line = page->front();
    head = event::JournalHead{line.step, line.last_seq, Hash::parse(head_text_of(line.bytes)).value_or(Hash())};
  }
  co_return head;
}

std::unexpected<Error> conflict(const RunId& run_id, const event::JournalHead& theirs,
                                const std::optional<event::JournalHead>& ours) {
  std::string message = "the store has another run " + run_id.str() + ": here it has, at event ";
  message += ours ? std::to_string(ours->seq) + ", the hash " + ours->hash.str() : std::string("0, nothing");
  message += "; what is to be stored has, at event " + std::to_string(theirs.seq) + ", the hash " + theirs.hash.str();
  return fail(RuntimeErrorCode::precondition_failed, std::move(message), run_id.str());
}

// True where the store has the run up to `head` at least. Error: `precondition_failed` where it has another one.
asio::awaitable<Result<bool>> is_present(std::shared_ptr<JournalStore> store, RunId run_id, event::JournalHead head) {
  RunFilter filter;
  filter.id_prefix = run_id.str();
  filter.limit = 1;
  const auto runs = co_await store->list(filter);
  if (!runs) co_return std::unexpected(runs.error());
  if (runs->empty()) co_return false;
  const auto same = co_await head_in(store, run_id, head.seq);
  if (!same) co_return std::unexpected(same.error());
  if (*same && **same == head) co_return true;
  if (*same) co_return conflict(run_id, head, *same);
  // It is shorter: its own end is named.
  const auto own = co_await head_in(store, run_id, runs->front().events);
  if (!own) co_return std::unexpected(own.error());
  co_return conflict(run_id, head, *own);
}

// Whether what was said in a run of the store is gone: its first event, which holds the input, tells.
asio::awaitable<Result<bool>> is_erased_in(std::shared_ptr<JournalStore> store, RunId run_id) {
  const auto page = co_await store->read(run_id, 0, 1);
  if (!page) co_return std::unexpected(page.error());
  if (page->empty()) co_return false;
  const auto step = event::read_step(page->front().bytes);
  if (!step) co_return std::unexpected(step.error());
  co_return !step->events.empty() && event::is_erased(step->events.front());
}

// For stores that cannot stage: everybody sees the run grow.
class GrowingRun final : public StagedRun {
 public:
  GrowingRun(std::shared_ptr<JournalStore> store, RunId run_id, std::unique_ptr<RunWriter> writer)
      : store_(std::move(store)), run_id_(run_id), writer_(std::move(writer)) {}

  asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override {
    return writer_->append(std::move(line));
  }
  asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override { return writer_->put_blob(std::move(bytes)); }
  asio::awaitable<Result<void>> publish() override { return writer_->sync(); }

 private:
  std::shared_ptr<JournalStore> store_;
  RunId run_id_;
  std::unique_ptr<RunWriter> writer_;
};

asio::awaitable<Result<std::unique_ptr<StagedRun>>> stage(std::shared_ptr<JournalStore> store, RunId run_id,
                                                          SessionId session_id) {
  if (auto* staging = dynamic_cast<StagingStore*>(store.get())) co_return co_await staging->stage(run_id, session_id);
  auto writer = co_await store->create(run_id, session_id);
  if (!writer) co_return std::unexpected(writer.error());
  co_return std::make_unique<GrowingRun>(store, run_id, *std::move(writer));
}

// Takes away what a store that cannot stage has got of a run.
asio::awaitable<void> take_away(std::shared_ptr<JournalStore> store, RunId run_id) {
  if (dynamic_cast<StagingStore*>(store.get()) == nullptr) co_await store->remove(run_id);
}

std::shared_ptr<const JournalLine> line_of(ExportedStep step) {
  const LineNumbers& numbers = step.numbers;
  return std::make_shared<const JournalLine>(
      JournalLine{numbers.step, numbers.first_seq, numbers.last_seq, numbers.strict, std::move(step.bytes)});
}

// The second reading: one run after the other.
class Import final {
 public:
  Import(std::shared_ptr<JournalStore> store, std::unique_ptr<ExportFile> file)
      : store_(std::move(store)), file_(std::move(file)) {}

  asio::awaitable<Result<std::vector<ImportedRun>>> run() {
    for (;;) {
      auto record = file_->next();
      Result<void> done;
      if (!record) done = std::unexpected(record.error());
      if (record && !*record) co_return std::move(done_);
      if (record) done = co_await take(*std::move(*record));
      if (done) continue;
      const bool is_begun = staged_ != nullptr;
      staged_.reset();
      if (is_begun) co_await take_away(store_, run_.run_id);
      co_return std::unexpected(done.error());
    }
  }

 private:
  asio::awaitable<Result<void>> take(ExportReader::Record record) {
    Result<void> done;
    if (const auto* run = std::get_if<ExportedRun>(&record)) done = co_await begin(*run);
    if (auto* step = std::get_if<ExportedStep>(&record); step != nullptr && staged_) {
      auto line = line_of(std::move(*step));
      done = co_await staged_->append(std::move(line));
    }
    if (const auto* content = std::get_if<SharedBytes>(&record); content != nullptr && staged_) {
      done = co_await staged_->put_blob(*content);
    }
    if (!done || !staged_ || !file_->reader().is_run_whole()) co_return done;
    done = co_await staged_->publish();
    if (done) staged_.reset();
    co_return done;
  }

  asio::awaitable<Result<void>> begin(ExportedRun run) {
    const event::JournalHead head{run.steps, run.events, run.head};
    const auto present = co_await is_present(store_, run.run_id, head);
    if (!present) co_return std::unexpected(present.error());
    done_.push_back({run.run_id, *present ? ImportOutcome::present : ImportOutcome::imported});
    run_ = std::move(run);
    if (*present) co_return Result<void>();
    auto staged = co_await stage(store_, run_.run_id, run_.session_id);
    if (!staged) co_return std::unexpected(staged.error());
    staged_ = *std::move(staged);
    co_return Result<void>();
  }

  std::shared_ptr<JournalStore> store_;
  std::unique_ptr<ExportFile> file_;
  ExportedRun run_;
  std::unique_ptr<StagedRun> staged_;  // none for a run that the store has already
  std::vector<ImportedRun> done_;
};

}  // namespace

Result<ExportedFile> check_export(const std::string& path, std::vector<KnownHead> heads) {
  auto opened = ExportFile::open(path, std::move(heads));
  if (!opened) return std::unexpected(opened.error());
  const auto file = *std::move(opened);
  ExportedFile result;
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    if (const auto* header = std::get_if<ExportHeader>(&**record)) result.header = *header;
    if (const auto* run = std::get_if<ExportedRun>(&**record)) result.runs.push_back(*run);
    if (const auto* receipt = std::get_if<ExportReceipt>(&**record)) result.receipt = *receipt;
  }
  if (const RunCheck* check = file->reader().run_check()) {
    result.erased_events = check->erased_events();
    result.is_ended = check->is_ended();
  }
  return result;
}

asio::awaitable<Result<std::vector<ImportedRun>>> import_runs(std::shared_ptr<JournalStore> store, std::string path) {
  const auto checked = check_export(path);
  if (!checked) co_return std::unexpected(checked.error());
  // What is in the way of a later run must not be found out after an earlier one was stored.
  for (const ExportedRun& run : checked->runs) {
    const event::JournalHead head{run.steps, run.events, run.head};
    const auto present = co_await is_present(store, run.run_id, head);
    if (!present) co_return std::unexpected(present.error());
    if (!*present || checked->erased_events > 0) continue;
    const auto erased = co_await is_erased_in(store, run.run_id);
    if (!erased) co_return std::unexpected(erased.error());
    if (!*erased) continue;
    co_return fail(RuntimeErrorCode::precondition_failed,
                   "the store has run " + run.run_id.str() +
                       " without what was said in it, which this file has: delete it there first to take it in whole",
                   run.run_id.str());
  }
  auto file = ExportFile::open(path, {});
  if (!file) co_return std::unexpected(file.error());
  Import import(std::move(store), *std::move(file));
  co_return co_await import.run();
}

asio::awaitable<Result<ImportedRun>> copy_run(std::shared_ptr<JournalStore> from, std::shared_ptr<JournalStore> to,
                                              RunId run_id) {
  RunCheck check(run_id);
  const Result<void> read = co_await check_lines(from, run_id, &check);
  if (!read) co_return std::unexpected(read.error());
  const event::JournalHead head = check.head();
  if (head.steps == 0) {
    co_return fail(RuntimeErrorCode::journal_damaged, "nothing of " + run_id.str() + " reads", run_id.str());
  }
  ImportedRun result{run_id, ImportOutcome::imported};
  const auto present = co_await is_present(to, run_id, head);
  if (!present) co_return std::unexpected(present.error());
  if (*present) {
    result.outcome = ImportOutcome::present;
    co_return result;
  }
  auto staged = co_await stage(to, run_id, check.session_id().value_or(SessionId()));
  if (!staged) co_return std::unexpected(staged.error());
  for (const auto& [hash, size_bytes] : check.contents()) {
    const auto content = co_await from->blob(hash);
    if (!content) continue;  // lost; who reads the copy is told so
    const Result<void> put = co_await (*staged)->put_blob(*content);
    if (!put) co_return std::unexpected(put.error());
  }
  for (std::uint64_t seq = 0; seq < head.seq;) {
    auto page = co_await from->read(run_id, seq, kPageBytes);
    if (!page) co_return std::unexpected(page.error());
    if (page->empty()) co_return fail(RuntimeErrorCode::journal_damaged, run_id.str() + " has become shorter");
    for (JournalLine& line : *page) {
      if (line.last_seq > head.seq) break;
      seq = line.last_seq;
      auto shared = std::make_shared<const JournalLine>(std::move(line));
      const Result<void> appended = co_await (*staged)->append(std::move(shared));
      if (!appended) co_return std::unexpected(appended.error());
    }
  }
  const Result<void> published = co_await (*staged)->publish();
  if (!published) co_return std::unexpected(published.error());
  co_return result;
}

}  // namespace orchestrator::harness::journal
