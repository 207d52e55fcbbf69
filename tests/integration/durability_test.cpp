// SPDX-License-Identifier: Apache-2.0
// Goal: no strict event is seen before it survives a power loss (P1). Method: a store whose syncs end when the test
// says.
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <future>

#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

namespace asio = boost::asio;

// Holds every sync until it is opened. The timer never fires: it is what a sync waits on.
class SyncGate {
 public:
  asio::awaitable<void> pass() {
    if (is_open_) co_return;
    if (!timer_) timer_.emplace(co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max());
    if (!was_reached_) reached_.set_value();
    was_reached_ = true;
    boost::system::error_code opened;
    co_await timer_->async_wait(asio::redirect_error(asio::use_awaitable, opened));
  }
  void wait_until_reached() { reached_.get_future().get(); }
  void open() {
    asio::post(timer_->get_executor(), [this] {
      is_open_ = true;
      timer_.reset();  // it may not outlive the harness's thread; what waits on it goes on
    });
  }

 private:
  std::optional<asio::steady_timer> timer_;  // of the harness's thread, but for its executor
  std::promise<void> reached_;
  bool was_reached_ = false;
  bool is_open_ = false;
};

class HeldWriter final : public RunWriter {
 public:
  HeldWriter(std::unique_ptr<RunWriter> writer, SyncGate* gate) : writer_(std::move(writer)), gate_(gate) {}
  asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override {
    return writer_->append(std::move(line));
  }
  asio::awaitable<Result<void>> sync() override {
    co_await gate_->pass();
    co_return co_await writer_->sync();
  }
  asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override { return writer_->put_blob(std::move(bytes)); }
  std::uint64_t epoch() const override { return writer_->epoch(); }

 private:
  std::unique_ptr<RunWriter> writer_;
  SyncGate* gate_;
};

class HeldStore final : public JournalStore {
 public:
  explicit HeldStore(SyncGate* gate) : store_(open_store("memory:").value()), gate_(gate) {}
  std::string url() const override { return store_->url(); }
  asio::awaitable<Result<std::unique_ptr<RunWriter>>> create(RunId run_id, SessionId session_id) override {
    auto made = co_await store_->create(run_id, session_id);
    if (made) *made = std::make_unique<HeldWriter>(*std::move(made), gate_);
    co_return made;
  }
  asio::awaitable<Result<OpenedRun>> open(RunId run_id) override { return store_->open(run_id); }
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

 private:
  std::shared_ptr<JournalStore> store_;
  SyncGate* gate_;
};

TEST(Durability, NothingStrictIsSeenBeforeItIsSynced) {
  SyncGate gate;
  Harness harness =
      scripted_builder(R"({"turns":[{"text":"Hello"}]})").store(std::make_shared<HeldStore>(&gate)).build().value();
  auto run = harness.session().run("Hi").start().value();
  auto first = std::async(std::launch::async, [&] { return run.next_blocking(); });
  gate.wait_until_reached();
  EXPECT_EQ(first.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout)
      << "RunStarted was seen though nothing of the run survives a power loss yet";
  gate.open();
  const auto event = first.get();
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->type(), "RunStarted");
  EXPECT_EQ(of_type<StreamEvent::Completed>(rest_of(run)).size(), 1U);
}

}  // namespace
}  // namespace orchestrator::harness::integration
