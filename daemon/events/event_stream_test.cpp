// SPDX-License-Identifier: Apache-2.0
#include "daemon/events/event_stream.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/events/run_feed.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;

SharedFrame frame_of(std::uint64_t seq, std::size_t bytes = 10, bool is_last = false) {
  harness::StreamEvent event;
  event.meta.seq = seq;
  if (is_last) {
    event.payload = harness::StreamEvent::Completed{};
  } else {
    event.payload = harness::StreamEvent::OutputDelta{};
  }
  return std::make_shared<const EventFrame>(event, "{\"x\":\"" + std::string(bytes, 'a') + "\"}");
}

TEST(EventFrame, IsOneServerSentEvent) {
  const auto frame = frame_of(7, 1);
  EXPECT_EQ(*frame->text(), "id: 7\nevent: OutputDelta\ndata: {\"x\":\"a\"}\n\n");
  EXPECT_EQ(frame->json(), "{\"x\":\"a\"}");
  EXPECT_EQ(*batch_frame({frame_of(7, 1), frame_of(8, 1)}),
            "id: 8\nevent: batch\ndata: [{\"x\":\"a\"},{\"x\":\"a\"}]\n\n");
}

TEST(EventFrame, LetsNoNameEndItsLine) {
  harness::StreamEvent event;
  harness::StreamEvent::Unknown unknown;
  unknown.type = "x\n\nevent: done";
  event.payload = std::move(unknown);
  const EventFrame frame(event, "{}");
  EXPECT_EQ(*frame.text(), "id: 0\nevent: Unknown\ndata: {}\n\n");
}

TEST(RunFeed, KeepsTheNewestWithinItsBound) {
  RunFeed feed(4);
  EXPECT_EQ(feed.first_seq(), 5U);
  for (std::uint64_t seq = 5; seq <= 104; ++seq) feed.publish(frame_of(seq, 10'000));
  EXPECT_EQ(feed.next_seq(), 105U);
  EXPECT_GT(feed.first_seq(), 70U);
  EXPECT_TRUE(feed.is_behind(5));
  EXPECT_FALSE(feed.is_behind(104));
  EXPECT_TRUE(feed.after(104, 1 << 20).empty());
  const auto some = feed.after(feed.first_seq() - 1, 30'500);
  ASSERT_EQ(some.size(), 3U);
  EXPECT_EQ(some.front()->seq(), feed.first_seq());
}

TEST(RunFeed, HoldsAnEventThatIsLargerThanItsBound) {
  RunFeed feed(0);
  feed.publish(frame_of(1));
  feed.publish(frame_of(2, RunFeed::kBytesMax * 2));
  EXPECT_EQ(feed.first_seq(), 2U);
  EXPECT_EQ(feed.after(1, 10).size(), 1U);
}

/// Keeps what is written, and may stop the world meanwhile.
class Listener final : public BodyWriter {
 public:
  asio::awaitable<bool> write(std::vector<SharedText> pieces) override {
    for (const SharedText& piece : pieces) text += *piece;
    writes += 1;
    if (on_write) on_write();
    co_return !is_gone;
  }
  std::string text;
  std::size_t writes = 0;
  bool is_gone = false;
  std::function<void()> on_write;
};

std::string ids_in(const std::string& text) {
  std::string ids;
  for (std::size_t at = text.find("id: "); at != std::string::npos; at = text.find("id: ", at + 1)) {
    ids += text.substr(at + 4, text.find('\n', at) - at - 4) + " ";
  }
  return ids;
}

void play(const std::shared_ptr<RunFeed>& feed, StreamOrder order, Listener& listener) {
  asio::io_context context;
  asio::co_spawn(context, stream_events(feed, std::make_shared<harness::RunHandle>(), std::move(order), &listener),
                 [](const std::exception_ptr& failure, bool) { EXPECT_EQ(failure, nullptr); });
  context.run();
}

TEST(EventStream, GivesEachEventOnceAndEnds) {
  auto feed = std::make_shared<RunFeed>(0);
  Listener listener;
  feed->publish(frame_of(1));
  listener.on_write = [&] {
    if (feed->next_seq() == 2)
      feed->publish(frame_of(2));
    else if (feed->next_seq() == 3)
      feed->publish(frame_of(3, 10, true));
  };
  play(feed, {}, listener);
  EXPECT_EQ(ids_in(listener.text), "1 2 3 ");
}

TEST(EventStream, LeavesOutOtherTypesButNotTheEnd) {
  auto feed = std::make_shared<RunFeed>(0);
  Listener listener;
  feed->publish(frame_of(1));
  feed->publish(frame_of(2, 10, true));
  StreamOrder order;
  order.types = {"Completed"};
  play(feed, std::move(order), listener);
  EXPECT_EQ(ids_in(listener.text), "2 ");
}

TEST(EventStream, SaysThatItLivesWhileNothingHappens) {
  auto feed = std::make_shared<RunFeed>(0);
  Listener listener;
  listener.on_write = [&] {
    if (listener.writes == 3) feed->close();
  };
  StreamOrder order;
  order.heartbeat = std::chrono::milliseconds(1);
  play(feed, std::move(order), listener);
  EXPECT_EQ(listener.text,
            "event: heartbeat\ndata: {}\n\nevent: heartbeat\ndata: {}\n\nevent: heartbeat\ndata: {}\n\n");
}

TEST(EventStream, EndsWhenNobodyTakesIt) {
  auto feed = std::make_shared<RunFeed>(0);
  Listener listener;
  feed->publish(frame_of(1));
  listener.is_gone = true;
  play(feed, {}, listener);
  EXPECT_EQ(listener.writes, 1U);
}

TEST(EventStream, TellsWhoFellBehindAndGoesOnFromTheJournal) {
  auto harness = harness::HarnessBuilder()
                     .provider(harness::scripted_provider(
                                   {{"test", R"({"turns": [{"text": "one two three", "delta_chars": 1}]})"}})
                                   .value())
                     .default_model("scripted/test")
                     .build()
                     .value();
  auto run = harness.session().run("go").start().value();
  const auto shared = std::make_shared<harness::RunHandle>(run.reader(0));
  std::vector<harness::StreamEvent> events;
  for (const auto& event : run.events()) events.push_back(event);
  ASSERT_GT(events.size(), 6U);

  auto feed = std::make_shared<RunFeed>(0);
  feed->publish(std::make_shared<const EventFrame>(events[0]));
  Listener listener;
  // While the first is written, so much comes that the feed no longer has the second.
  listener.on_write = [&] {
    if (feed->next_seq() > 2) return;
    for (std::size_t at = 1; at + 1 < events.size(); ++at) {
      const std::string big = "{\"x\":\"" + std::string(RunFeed::kBytesMax / 2, 'a') + "\"}";
      feed->publish(std::make_shared<const EventFrame>(events[at], big));
    }
    feed->publish(std::make_shared<const EventFrame>(events.back()));
  };
  asio::co_spawn(harness.executor(), stream_events(feed, shared, {}, &listener), asio::use_future).get();
  std::string expected;
  for (std::size_t at = 1; at <= events.size(); ++at) expected += std::to_string(at) + " ";
  EXPECT_EQ(ids_in(listener.text), expected);
  EXPECT_NE(listener.text.find("event: lagged\ndata: {\"after\":1,\"head\":" + std::to_string(events.size()) + "}"),
            std::string::npos);
}

}  // namespace
}  // namespace orchestrator::daemon
