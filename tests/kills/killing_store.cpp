// SPDX-License-Identifier: Apache-2.0
#include "kills/killing_store.hpp"

#include <boost/asio/awaitable.hpp>

#include <unistd.h>
#include <csignal>

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

#include "journal/store_capabilities.hpp"

namespace orchestrator::harness::kills {
namespace {

namespace asio = boost::asio;

int kill_at() {
  const char* text = std::getenv("ORCHESTRATOR_KILL_AT");
  return text == nullptr ? 0 : std::atoi(text);
}

class KillingWriter : public RunWriter {
 public:
  explicit KillingWriter(std::unique_ptr<RunWriter> writer) : writer_(std::move(writer)) {}
  asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override {
    pass_point();
    Result<void> done = co_await writer_->append(std::move(line));
    pass_point();
    co_return done;
  }
  asio::awaitable<Result<void>> sync() override {
    pass_point();
    Result<void> done = co_await writer_->sync();
    pass_point();
    co_return done;
  }
  asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override {
    pass_point();
    Result<void> done = co_await writer_->put_blob(std::move(bytes));
    pass_point();
    co_return done;
  }
  std::uint64_t epoch() const override { return writer_->epoch(); }

 private:
  std::unique_ptr<RunWriter> writer_;
};

class KillingStagedRun : public journal::StagedRun {
 public:
  explicit KillingStagedRun(std::unique_ptr<journal::StagedRun> run) : run_(std::move(run)) {}
  asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override {
    pass_point();
    Result<void> done = co_await run_->append(std::move(line));
    pass_point();
    co_return done;
  }
  asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override {
    pass_point();
    Result<void> done = co_await run_->put_blob(std::move(bytes));
    pass_point();
    co_return done;
  }
  asio::awaitable<Result<void>> publish() override {
    pass_point();
    Result<void> done = co_await run_->publish();
    pass_point();
    co_return done;
  }

 private:
  std::unique_ptr<journal::StagedRun> run_;
};

class KillingStore : public JournalStore, public journal::StagingStore {
 public:
  explicit KillingStore(std::shared_ptr<JournalStore> store) : store_(std::move(store)) {}
  std::string url() const override { return store_->url(); }
  asio::awaitable<Result<std::unique_ptr<RunWriter>>> create(RunId run_id, SessionId session_id) override {
    pass_point();
    Result<std::unique_ptr<RunWriter>> made = co_await store_->create(run_id, session_id);
    pass_point();
    if (made) *made = std::make_unique<KillingWriter>(*std::move(made));
    co_return made;
  }
  asio::awaitable<Result<OpenedRun>> open(RunId run_id) override {
    Result<OpenedRun> opened = co_await store_->open(run_id);
    pass_point();
    if (opened) opened->writer = std::make_unique<KillingWriter>(std::move(opened->writer));
    co_return opened;
  }
  asio::awaitable<Result<std::vector<JournalLine>>> read(RunId run_id, std::uint64_t after_seq,
                                                         std::uint64_t bytes_max) override {
    return store_->read(run_id, after_seq, bytes_max);
  }
  asio::awaitable<Result<bool>> wait(RunId run_id, std::uint64_t after_seq,
                                     std::chrono::steady_clock::time_point deadline) override {
    return store_->wait(run_id, after_seq, deadline);
  }
  asio::awaitable<Result<std::vector<RunSummary>>> list(RunFilter filter) override {
    return store_->list(std::move(filter));
  }
  asio::awaitable<Result<SharedBytes>> blob(Hash hash) override { return store_->blob(hash); }
  asio::awaitable<Result<void>> remove(RunId run_id) override { return store_->remove(run_id); }
  asio::awaitable<Result<std::unique_ptr<journal::StagedRun>>> stage(RunId run_id, SessionId session_id,
                                                                     journal::Staging staging) override {
    pass_point();
    auto staged = co_await dynamic_cast<journal::StagingStore&>(*store_).stage(run_id, session_id, staging);
    pass_point();
    if (staged) *staged = std::make_unique<KillingStagedRun>(*std::move(staged));
    co_return staged;
  }

 private:
  std::shared_ptr<JournalStore> store_;
};

}  // namespace

void pass_point() {
  static const int at = kill_at();
  static std::atomic<int> passed = 0;
  if (at > 0 && passed.fetch_add(1) + 1 == at) ::kill(::getpid(), SIGKILL);
}

std::shared_ptr<JournalStore> killing_store(std::shared_ptr<JournalStore> store) {
  return std::make_shared<KillingStore>(std::move(store));
}

}  // namespace orchestrator::harness::kills
