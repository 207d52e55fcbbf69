// SPDX-License-Identifier: Apache-2.0
#include "journal/run_erasure.hpp"

#include <utility>

#include "event/erasure.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_verification.hpp"
#include "journal/store_capabilities.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

std::unexpected<Error> cannot_rewrite(const JournalStore& store) {
  return fail(RuntimeErrorCode::not_supported, "the store " + store.url() + " cannot change runs that are in it",
              store.url());
}

}  // namespace

asio::awaitable<Result<void>> erase_run(std::shared_ptr<JournalStore> store, RunId run_id) {
  auto* rewriting = dynamic_cast<RewritingStore*>(store.get());
  if (rewriting == nullptr) co_return cannot_rewrite(*store);
  RunCheck check(run_id);
  const Result<void> read = co_await check_lines(store, run_id, &check);
  if (!read) co_return std::unexpected(read.error());
  if (!check.damage().empty())
    co_return fail(RuntimeErrorCode::journal_damaged, run_id.str() + ": " + check.damage(), run_id.str());
  if (!check.is_ended()) {
    co_return fail(RuntimeErrorCode::precondition_failed, "run " + run_id.str() + " has not ended", run_id.str());
  }
  RunRewrite rewrite;
  rewrite.head = check.head();
  rewrite.change = event::erase_content;
  co_return co_await rewriting->rewrite(run_id, std::move(rewrite));
}

asio::awaitable<Result<void>> drop_contents(std::shared_ptr<JournalStore> store) {
  auto* rewriting = dynamic_cast<RewritingStore*>(store.get());
  if (rewriting == nullptr) co_return Result<void>();
  co_return co_await rewriting->drop_contents();
}

asio::awaitable<Result<event::JournalHead>> salvage_in_place(std::shared_ptr<JournalStore> store, RunId run_id) {
  auto* rewriting = dynamic_cast<RewritingStore*>(store.get());
  if (rewriting == nullptr) co_return cannot_rewrite(*store);
  RunCheck check(run_id);
  const Result<void> read = co_await check_lines(store, run_id, &check);
  if (!read) co_return std::unexpected(read.error());
  const std::string mark = co_await noted_damage(store, run_id);
  if (check.damage().empty() && mark.empty()) {
    co_return fail(RuntimeErrorCode::precondition_failed, "nothing is wrong with run " + run_id.str(), run_id.str());
  }
  RunRewrite rewrite;
  rewrite.head = check.head();
  rewrite.keeps_rest = true;
  if (rewrite.head.steps == 0) {
    co_return fail(RuntimeErrorCode::journal_damaged, "nothing of " + run_id.str() + " is good", run_id.str());
  }
  const event::JournalHead head = rewrite.head;
  const Result<void> done = co_await rewriting->rewrite(run_id, std::move(rewrite));
  if (!done) co_return std::unexpected(done.error());
  co_return head;
}

}  // namespace orchestrator::harness::journal
