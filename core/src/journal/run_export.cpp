// SPDX-License-Identifier: Apache-2.0
#include "journal/run_export.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "event/erasure.hpp"
#include "event/hash_chain.hpp"
#include "journal/run_verification.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kPageBytes = 1ULL << 20;

// A run as the first reading found it: what the second one writes.
struct Plan {
  ExportedRun run;
  std::vector<Hash> contents;
  std::vector<Flaw> flaws;
  std::uint64_t erased_events = 0;
  bool is_ended = false;
};

// Numbers and digests the lines on their way to the sink.
class ExportWriter final {
 public:
  explicit ExportWriter(ExportSink sink) : sink_(std::move(sink)) {}

  Result<void> write(std::string line) {
    line.push_back('\n');
    digest_.add(line);
    ++lines_;
    return sink_(line);
  }
  Result<ExportReceipt> end(const Hash& head) {
    ExportReceipt receipt{lines_, head, digest_.finish()};
    if (auto written = sink_(to_line(receipt) + "\n"); !written) return std::unexpected(written.error());
    return receipt;
  }

 private:
  ExportSink sink_;
  event::Digest digest_;
  std::uint64_t lines_ = 0;
};

bool is_damage(const Error& error) {
  return error.code == name_of(RuntimeErrorCode::run_not_found) ||
         error.code == name_of(RuntimeErrorCode::journal_damaged);
}

// Sorts the contents into those that are there and those that are not.
asio::awaitable<Result<void>> find_contents(std::shared_ptr<JournalStore> store, std::vector<Hash> contents,
                                            Plan* plan) {
  for (const Hash& hash : contents) {
    const auto content = co_await store->blob(hash);
    if (content) {
      plan->contents.push_back(hash);
    } else if (is_damage(content.error())) {
      plan->run.missing.push_back(hash);
      plan->flaws.push_back({plan->run.run_id, 0, 0, "the content " + hash.str() + " is not to be had"});
    } else {
      co_return std::unexpected(content.error());
    }
  }
  co_return Result<void>();
}

asio::awaitable<Result<Plan>> plan_run(std::shared_ptr<JournalStore> store, RunId run_id, ExportOptions options) {
  RunCheck check(run_id);
  const Result<void> read = co_await check_lines(store, run_id, &check);
  if (!read) co_return std::unexpected(read.error());
  check.finish();
  Plan plan;
  plan.run.run_id = run_id;
  plan.run.session_id = check.session_id().value_or(SessionId());
  plan.run.steps = check.head().steps;
  plan.run.events = check.head().seq;
  plan.run.head = check.head().hash;
  plan.run.sources = check.sources();
  plan.flaws = check.flaws();
  plan.erased_events = check.erased_events();
  plan.is_ended = check.is_ended();
  std::vector<Hash> contents;
  if (!options.erases_content) {
    for (const auto& [hash, size_bytes] : check.contents()) contents.push_back(hash);
  }
  const Result<void> found = co_await find_contents(store, std::move(contents), &plan);
  if (!found) co_return std::unexpected(found.error());
  plan.run.contents = plan.contents.size();
  if (check.head().steps == 0) {
    co_return fail(RuntimeErrorCode::journal_damaged,
                   plan.flaws.empty() ? "nothing has happened in " + run_id.str() + " yet" : plan.flaws.front().what,
                   run_id.str());
  }
  if (!plan.flaws.empty() && !options.salvages) {
    co_return fail(RuntimeErrorCode::journal_damaged, run_id.str() + ": " + plan.flaws.front().what, run_id.str());
  }
  co_return plan;
}

// Of a run that an undo took back, or that a fork branched off, nothing may be left.
std::unexpected<Error> source_missing(const RunId& run_id, Error error) {
  error.message =
      run_id.str() + " goes on from a run that cannot be exported (" + error.message + "); alone (--alone) it can be";
  return std::unexpected(std::move(error));
}

// The run, and those that it goes on from before it. A run is older than one that goes on from it, so that the order of
// ids is an order in which they can be imported.
asio::awaitable<Result<std::vector<Plan>>> plan_runs(std::shared_ptr<JournalStore> store, RunId run_id,
                                                     ExportOptions options) {
  std::vector<Plan> plans;
  std::set<RunId> seen{run_id};
  std::vector<RunId> due{run_id};
  while (!due.empty()) {
    const RunId next = due.back();
    due.pop_back();
    auto plan = co_await plan_run(store, next, options);
    if (!plan && next != run_id) co_return source_missing(run_id, std::move(plan.error()));
    if (!plan) co_return std::unexpected(plan.error());
    if (!options.is_alone && !options.salvages) {
      for (const RunId& source : plan->run.sources) {
        if (seen.insert(source).second) due.push_back(source);
      }
    }
    plans.push_back(*std::move(plan));
    if (seen.size() > kExportRunsMax) {
      co_return fail(RuntimeErrorCode::limit_exceeded, run_id.str() + " goes on from more than " +
                                                           std::to_string(kExportRunsMax) + " runs; export it alone");
    }
  }
  const auto is_before = [&](const Plan& left, const Plan& right) {
    if (left.run.run_id == run_id || right.run.run_id == run_id)
      return right.run.run_id == run_id && left.run.run_id != run_id;
    return left.run.run_id < right.run.run_id;
  };
  std::ranges::sort(plans, is_before);
  co_return plans;
}

// The same steps as at the first reading, whatever was appended since.
asio::awaitable<Result<void>> write_steps(std::shared_ptr<JournalStore> store, const Plan* plan, bool erases,
                                          ExportWriter* writer) {
  std::uint64_t seq = 0;
  while (seq < plan->run.events) {
    const auto page = co_await store->read(plan->run.run_id, seq, kPageBytes);
    if (!page) co_return std::unexpected(page.error());
    if (page->empty()) {
      co_return fail(RuntimeErrorCode::journal_damaged,
                     plan->run.run_id.str() + " has become shorter while it was exported", plan->run.run_id.str());
    }
    for (const JournalLine& line : *page) {
      if (line.last_seq > plan->run.events) co_return Result<void>();
      Result<std::string> text = line.bytes;
      if (erases) text = event::erase_content(line.bytes);
      if (!text) co_return std::unexpected(text.error());
      const Result<void> written = writer->write(*std::move(text));
      if (!written) co_return written;
      seq = line.last_seq;
    }
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> write_run(std::shared_ptr<JournalStore> store, const Plan* plan, bool erases,
                                        ExportWriter* writer) {
  Result<void> done = writer->write(to_line(plan->run));
  if (!done) co_return done;
  done = co_await write_steps(store, plan, erases, writer);
  if (!done) co_return done;
  for (const Hash& hash : plan->contents) {
    const auto content = co_await store->blob(hash);
    if (!content) co_return std::unexpected(content.error());
    done = writer->write(to_line(*content));
    if (!done) co_return done;
  }
  co_return done;
}

}  // namespace

asio::awaitable<Result<ExportResult>> export_run(std::shared_ptr<JournalStore> store, RunId run_id,
                                                 ExportOptions options, ExportSink sink) {
  const auto plans = co_await plan_runs(store, run_id, options);
  if (!plans) co_return std::unexpected(plans.error());
  ExportWriter writer(std::move(sink));
  const Plan& last = plans->back();
  ExportHeader header{run_id, plans->size(), options.erases_content || last.erased_events > 0};
  Result<void> done = writer.write(to_line(header));
  for (const Plan& plan : *plans) {
    if (!done) co_return std::unexpected(done.error());
    done = co_await write_run(store, &plan, options.erases_content, &writer);
  }
  if (!done) co_return std::unexpected(done.error());
  const auto receipt = writer.end(last.run.head);
  if (!receipt) co_return std::unexpected(receipt.error());

  ExportResult result;
  result.receipt = *receipt;
  result.head = {last.run.steps, last.run.events, last.run.head};
  for (const Plan& plan : *plans) {
    if (plan.run.run_id != run_id) result.with.push_back(plan.run.run_id);
  }
  result.lost = last.flaws;
  result.missing = last.run.missing;
  result.erased_events = last.erased_events;
  result.is_ended = last.is_ended;
  co_return result;
}

}  // namespace orchestrator::harness::journal
