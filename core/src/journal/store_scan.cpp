// SPDX-License-Identifier: Apache-2.0
#include "journal/store_scan.hpp"

#include <utility>
#include <vector>

#include "event/step.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

constexpr std::uint32_t kPageRuns = 500;
constexpr std::uint64_t kPageBytes = 1ULL << 20;

}  // namespace

asio::awaitable<Result<void>> scan_runs(std::shared_ptr<JournalStore> store, RunFilter filter,
                                        std::function<bool(RunSummary)> visit) {
  filter.limit = kPageRuns;
  for (;;) {
    auto page = co_await store->list(filter);
    if (!page) co_return std::unexpected(page.error());
    const bool is_last = page->size() < kPageRuns;
    for (RunSummary& run : *page) {
      filter.before = run.run_id;
      if (!visit(std::move(run))) co_return Result<void>();
    }
    if (is_last) co_return Result<void>();
  }
}

asio::awaitable<Result<std::string>> line_after(std::shared_ptr<JournalStore> store, RunId run_id,
                                                std::uint64_t after_seq) {
  auto lines = co_await store->read(run_id, after_seq, 0);
  if (!lines) co_return std::unexpected(lines.error());
  if (lines->empty()) co_return std::string();
  co_return std::move(lines->front().bytes);
}

asio::awaitable<Result<void>> scan_events(std::shared_ptr<JournalStore> store, RunId run_id,
                                          std::function<void(const StreamEvent&)> visit) {
  event::JournalHead head;
  for (;;) {
    auto lines = co_await store->read(run_id, head.seq, kPageBytes);
    if (!lines) co_return std::unexpected(lines.error());
    if (lines->empty()) co_return Result<void>();
    for (const JournalLine& line : *lines) {
      auto step = event::decode_step(line.bytes, head);
      if (!step) co_return std::unexpected(step.error());
      for (const StreamEvent& event : step->events) visit(event);
      head = step->head;
    }
  }
}

}  // namespace orchestrator::harness::journal
