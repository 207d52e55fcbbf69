// SPDX-License-Identifier: Apache-2.0
// Goal: stores keep their promises when much happens at once. Method: readers on threads of their own beside a writer,
// waits that race with what they wait for, another process, and random operations compared with a model.

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "journal/testing/store_conformance.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using std::chrono::steady_clock;

steady_clock::time_point patience() { return steady_clock::now() + runtime::testing::kTestPatience; }

// Follows a run to its terminal event by reading and waiting, on the calling thread.
std::vector<JournalLine> follow(JournalStore& store, RunId run, std::uint64_t last_seq) {
  StoreTest test;
  std::vector<JournalLine> all;
  std::uint64_t seen = 0;
  while (seen < last_seq) {
    auto page = test.await(store.read(run, seen, 3'000));
    if (!page) {
      ADD_FAILURE() << page.error().message;
      return all;
    }
    for (JournalLine& line : *page) {
      EXPECT_EQ(line.first_seq, seen + 1);
      seen = line.last_seq;
      all.push_back(std::move(line));
    }
    if (page->empty()) {
      const auto more = test.await(store.wait(run, seen, patience()));
      if (!more || !*more) {
        ADD_FAILURE() << (more ? "no more events in time" : more.error().message);
        return all;
      }
    }
  }
  return all;
}

TEST_P(StoreConformance, ReadersBesideAWriterSeeEveryLineOnce) {
  constexpr int kDeltas = 400;
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store_, lines);
  const std::uint64_t last_seq = 2 + kDeltas + 1;
  std::vector<std::shared_ptr<JournalStore>> handles{store_, store_, host_->open()};
  std::vector<std::vector<JournalLine>> read(handles.size());
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < handles.size(); ++i) {
    readers.emplace_back([&, i] { read[i] = follow(*handles[i], run_id(1), last_seq); });
  }
  for (int i = 0; i < kDeltas; ++i) {
    append(*writer, lines.delta(std::string(static_cast<std::size_t>(i % 7) * 100, 'x')));
    if (i % 50 == 0) EXPECT_TRUE(await(writer->sync()));
  }
  append(*writer, lines.completed());
  for (std::thread& reader : readers) reader.join();
  for (const auto& one : read) {
    EXPECT_EQ(one.size(), 2U + kDeltas);
    EXPECT_EQ(decode_run(one).size(), one.size());
  }
}

TEST_P(StoreConformance, AWaitIsWokenByAnAppend) {
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store_, lines);
  for (const auto& handle : {store_, host_->open()}) {
    const std::uint64_t head = lines.head().seq;
    Result<bool> more = false;
    std::thread waiter([&] { more = StoreTest().await(handle->wait(run_id(1), head, patience())); });
    append(*writer, lines.delta());
    waiter.join();
    EXPECT_EQ(more, Result<bool>(true));
  }
}

TEST_P(StoreConformance, AWaitOutlivesAChangeOfWriters) {
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store_, lines);
  Result<bool> more = false;
  std::thread waiter([&] { more = StoreTest().await(store_->wait(run_id(1), 2, patience())); });
  writer.reset();
  auto again = await(store_->open(run_id(1)));
  ASSERT_TRUE(again);
  append(*again->writer, lines.delta());
  waiter.join();
  EXPECT_EQ(more, Result<bool>(true));
}

TEST_P(StoreConformance, AWaitOnARunThatIsRemovedEnds) {
  RunLines lines(run_id(1), session_id(1));
  write_run(*store_, lines).reset();
  for (const auto& handle : {store_, host_->open()}) {
    RunLines next(run_id(2), session_id(1));
    write_run(*store_, next).reset();
    Result<bool> more = false;
    std::thread waiter([&] { more = StoreTest().await(handle->wait(run_id(2), 2, patience())); });
    EXPECT_TRUE(await(store_->remove(run_id(2))));
    waiter.join();
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, "run_not_found");
  }
}

boost::asio::awaitable<Result<bool>> cancellable_wait(std::shared_ptr<JournalStore> store, RunId run) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_total_cancellation());
  co_return co_await store->wait(run, 2, steady_clock::time_point::max());
}

TEST_P(StoreConformance, AWaitCanBeCancelled) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines);
  for (const auto& handle : {store_, host_->open()}) {
    boost::asio::io_context io;
    boost::asio::cancellation_signal cancel;
    std::optional<Result<bool>> more;
    const auto done = [&](std::exception_ptr failure, Result<bool> result) {
      EXPECT_EQ(failure, nullptr);
      more = std::move(result);
    };
    boost::asio::co_spawn(io, cancellable_wait(handle, run_id(1)),
                          boost::asio::bind_cancellation_slot(cancel.slot(), done));
    // Cancels until it takes: before the wait is parked there is nothing to cancel.
    while (!more && !io.stopped()) {
      io.poll();
      cancel.emit(boost::asio::cancellation_type::total);
      std::this_thread::yield();
    }
    io.run();
    ASSERT_TRUE(more);
    ASSERT_FALSE(*more);
    EXPECT_EQ(more->error().code, "cancelled");
  }
}

TEST_P(StoreConformance, AWaitMayBeAbandonedWithItsContext) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines);
  {
    boost::asio::io_context io;
    boost::asio::co_spawn(io, cancellable_wait(store_, run_id(1)), [](std::exception_ptr, const Result<bool>&) {});
    io.poll();
  }
  append(*writer, lines.delta());  // wakes nobody
  EXPECT_EQ(read_all(*store_, run_id(1)).size(), 2U);
}

boost::asio::awaitable<void> sync_once(RunWriter* writer, std::atomic<int>* succeeded) {
  const auto done = co_await writer->sync();
  if (done) succeeded->fetch_add(1);
}

TEST_P(StoreConformance, SyncsMayOverlap) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines);
  boost::asio::io_context io;
  std::atomic<int> succeeded = 0;
  const auto rethrow = [](std::exception_ptr failure) { EXPECT_EQ(failure, nullptr); };
  for (int i = 0; i < 20; ++i) {
    append(*writer, lines.delta());
    boost::asio::co_spawn(io, sync_once(writer.get(), &succeeded), rethrow);
    io.restart();
    io.poll();
  }
  io.restart();
  io.run();
  EXPECT_EQ(succeeded, 20);
}

TEST_P(StoreConformance, ManyRunsAreWrittenAtOnce) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kRuns = 8;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      StoreTest test;
      for (std::uint64_t i = 0; i < kRuns; ++i) {
        RunLines lines(run_id(thread * kRuns + i), session_id(i));
        const auto writer = test.write_run(*store_, lines, 5);
        EXPECT_TRUE(test.await(writer->sync()));
        test.append(*writer, lines.completed());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto runs = await(store_->list({.limit = 1'000})).value();
  EXPECT_EQ(runs.size(), kThreads * kRuns);
  for (const RunSummary& run : runs) {
    EXPECT_EQ(run.status, RunStatus::completed);
    EXPECT_EQ(decode_run(read_all(*store_, run.run_id)).size(), 7U);
  }
}

// The other process is forked before this one has a thread of its own, and speaks by its exit code and a pipe.
TEST_P(StoreConformance, AnotherProcessIsRefusedAndReads) {
  if (!GetParam().is_shared) GTEST_SKIP() << GetParam().name << " is for one process";
  store_.reset();  // its threads with it
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char ready = 0;
    ::close(go[1]);
    int code = 1;
    if (::read(go[0], &ready, 1) == 1) {
      StoreTest test;
      const auto other = host_->open();
      const auto opened = test.await(other->open(run_id(1)));
      const auto lines = test.await(other->read(run_id(1), 0, 1 << 20));
      const bool is_refused = !opened && opened.error().code == "run_locked" &&
                              opened.error().message.find(std::to_string(::getppid())) != std::string::npos;
      code = is_refused && lines && lines->size() == 3 ? 0 : 2;
    }
    ::_exit(code);
  }
  store_ = host_->open();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines, 2);
  ASSERT_EQ(::write(go[1], "!", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ::close(go[0]);
  ::close(go[1]);
}

// A store as simple as can be.
struct ModelRun {
  RunLines lines;
  std::vector<RunLines::Line> written;
  std::unique_ptr<RunWriter> writer;
  bool is_ended = false;
};

TEST_P(StoreConformance, RandomOperationsMatchAModel) {
  const bool holds = rc::check([this] {
    host_ = GetParam().make_host();
    store_ = host_->open();
    std::map<std::uint64_t, ModelRun> model;
    const auto pick = [&] { return *rc::gen::inRange<std::uint64_t>(1, 6); };
    for (int left = *rc::gen::inRange(1, 40); left > 0; --left) {
      const std::uint64_t number = pick();
      const auto found = model.find(number);
      const bool is_known = found != model.end();
      switch (*rc::gen::inRange(0, 7)) {
        case 0: {
          auto writer = await(store_->create(run_id(number), session_id(number % 2)));
          RC_ASSERT(writer.has_value() == !is_known);
          if (writer) {
            model.emplace(number, ModelRun{RunLines(run_id(number), session_id(number % 2)), {}, *std::move(writer)});
          }
          break;
        }
        case 1:
        case 2:
          if (is_known && found->second.writer && !found->second.is_ended) {
            ModelRun& run = found->second;
            const bool ends = !run.written.empty() && *rc::gen::inRange(0, 5) == 0;
            run.written.push_back(run.written.empty() ? run.lines.start()
                                  : ends              ? run.lines.completed()
                                                      : run.lines.delta());
            run.is_ended = ends;
            RC_ASSERT(await(run.writer->append(run.written.back())).has_value());
          }
          break;
        case 3:
          if (is_known) found->second.writer.reset();
          break;
        case 4: {
          auto opened = await(store_->open(run_id(number)));
          RC_ASSERT(opened.has_value() == (is_known && !found->second.writer));
          if (opened) found->second.writer = std::move(opened->writer);
          break;
        }
        case 5: {
          const auto removed = await(store_->remove(run_id(number)));
          RC_ASSERT(removed.has_value() == (is_known && !found->second.writer));
          if (removed) model.erase(found);
          break;
        }
        default: {
          const std::uint64_t after = *rc::gen::inRange<std::uint64_t>(0, 12);
          const auto page = await(store_->read(run_id(number), after, *rc::gen::inRange<std::uint64_t>(0, 4'000)));
          RC_ASSERT(page.has_value() == is_known);
          if (!page) break;
          std::size_t next = 0;
          while (next < found->second.written.size() && found->second.written[next]->last_seq <= after) ++next;
          RC_ASSERT(page->empty() == (next == found->second.written.size()));
          for (const JournalLine& line : *page) RC_ASSERT(equal(line, *found->second.written.at(next++)));
        }
      }
    }
    std::vector<RunId> expected;
    for (auto run = model.rbegin(); run != model.rend(); ++run) {
      if (!run->second.written.empty()) expected.push_back(run_id(run->first));
    }
    std::vector<RunId> listed;
    for (const RunSummary& run : await(store_->list({})).value()) {
      listed.push_back(run.run_id);
      std::uint64_t number = 1;
      while (run_id(number) != run.run_id) ++number;
      RC_ASSERT(run.held == (model.at(number).writer != nullptr));
      RC_ASSERT(run.events == model.at(number).written.back()->last_seq);
    }
    RC_ASSERT(listed == expected);
    model.clear();
    store_.reset();
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
