// SPDX-License-Identifier: Apache-2.0
// Goal: the WHATWG rules at any division of the bytes. Method: streams by hand and the recorded conformance cases,
// each fed whole, byte by byte, at every single cut and at seeded random cuts.
#include "codec/sse_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include <boost/json.hpp>

#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

struct Event {
  std::string type;
  std::string data;
  std::string id;
  bool operator==(const Event&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Event& event) {
  return out << event.type << '|' << event.data << '|' << event.id;
}

Event copy_of(const SseEvent& event) {
  return {std::string(event.type), std::string(event.data), std::string(event.last_event_id)};
}

struct Reading {
  std::vector<Event> events;
  std::optional<Event> tail;
  std::uint64_t comments = 0;
  std::optional<std::uint64_t> retry_ms;
  std::string last_event_id;
  bool too_large = false;
  bool operator==(const Reading&) const = default;
};

// Each piece is a heap copy that dies after its feed, so that a view that outlives it is seen by the sanitizer.
Reading read_pieces(const std::vector<std::string>& pieces, std::uint64_t bytes_max = 32ULL << 20) {
  SseParser parser(bytes_max);
  Reading reading;
  for (const std::string& piece : pieces) {
    const std::vector<char> copy(piece.begin(), piece.end());
    std::string_view input(copy.data(), copy.size());
    SseEvent event;
    SseStep step = SseStep::event;
    while ((step = parser.next(input, event)) == SseStep::event) reading.events.push_back(copy_of(event));
    EXPECT_TRUE(input.empty());
    reading.too_large = step == SseStep::too_large;
  }
  if (const auto tail = parser.take_tail()) reading.tail = copy_of(*tail);
  EXPECT_FALSE(parser.take_tail());
  reading.comments = parser.comments();
  reading.retry_ms = parser.retry_ms();
  reading.last_event_id = parser.last_event_id();
  return reading;
}

std::vector<std::string> cut_at(const std::string& bytes, std::vector<std::size_t> cuts) {
  std::vector<std::string> pieces;
  std::size_t from = 0;
  cuts.push_back(bytes.size());
  for (const std::size_t cut : cuts) {
    pieces.push_back(bytes.substr(from, cut - from));
    from = cut;
  }
  return pieces;
}

// Reads at every division that is tried, and demands the same result.
Reading read_everywhere(const std::string& bytes, std::uint64_t bytes_max = 32ULL << 20) {
  const Reading whole = read_pieces({bytes}, bytes_max);
  std::vector<std::string> single_bytes;
  for (const char byte : bytes) single_bytes.emplace_back(1, byte);
  EXPECT_EQ(read_pieces(single_bytes, bytes_max), whole) << "byte by byte: " << bytes;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(read_pieces(cut_at(bytes, {cut}), bytes_max), whole) << "cut at " << cut << ": " << bytes;
  }
  std::mt19937 engine(7);
  for (int round = 0; round < 20 && !bytes.empty(); ++round) {
    std::vector<std::size_t> cuts(1 + engine() % 8);
    for (std::size_t& cut : cuts) cut = engine() % (bytes.size() + 1);
    std::ranges::sort(cuts);
    EXPECT_EQ(read_pieces(cut_at(bytes, cuts), bytes_max), whole) << bytes;
  }
  return whole;
}

using namespace std::string_literals;
using Events = std::vector<Event>;

TEST(SseParser, ReadsFieldsAsTheStandardSays) {
  EXPECT_EQ(read_everywhere("data:x\n\ndata: x\n\ndata\n\ndata:  x\n\n").events,
            (Events{{"message", "x", ""}, {"message", "x", ""}, {"message", "", ""}, {"message", " x", ""}}));
  EXPECT_EQ(read_everywhere("event: a\ndata: 1\ndata: 2\nevent:b\n\nevent: c\n\ndata: 3\n\n").events,
            (Events{{"b", "1\n2", ""}, {"message", "3", ""}}));
  EXPECT_EQ(read_everywhere("Data: x\ndata : y\nx: z\n\n").events, Events{});
  EXPECT_EQ(read_everywhere("event: e\nevent:\ndata: x\n\n").events, (Events{{"message", "x", ""}}));
  EXPECT_EQ(read_everywhere("data:\ndata:\n\n").events, (Events{{"message", "\n", ""}}));
}

TEST(SseParser, TakesEveryLineEnd) {
  const Events wanted{{"message", "a\nb", ""}, {"message", "c", ""}};
  EXPECT_EQ(read_everywhere("data: a\ndata: b\n\ndata: c\n\n").events, wanted);
  EXPECT_EQ(read_everywhere("data: a\rdata: b\r\rdata: c\r\r").events, wanted);
  EXPECT_EQ(read_everywhere("data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n").events, wanted);
  EXPECT_EQ(read_everywhere("data: a\r\ndata: b\n\rdata: c\n\r\n").events, wanted);
}

TEST(SseParser, GivesAnEventAtTheCarriageReturnAlready) {
  SseParser parser;
  std::string_view input = "data: a\r\r";
  SseEvent event;
  ASSERT_EQ(parser.next(input, event), SseStep::event);
  EXPECT_EQ(event.data, "a");
  input = "\ndata: b\n\n";
  ASSERT_EQ(parser.next(input, event), SseStep::event);
  EXPECT_EQ(event.data, "b");
}

TEST(SseParser, DropsOneByteOrderMarkAtTheStart) {
  EXPECT_EQ(read_everywhere("\xEF\xBB\xBF"
                            "data: a\n\n")
                .events,
            (Events{{"message", "a", ""}}));
  EXPECT_EQ(read_everywhere("\xEF\xBB\xBF\xEF\xBB\xBF"
                            "data: a\n\n")
                .events,
            Events{});
  EXPECT_EQ(read_everywhere("data: a\n\n\xEF\xBB\xBF"
                            "data: b\n\n")
                .events,
            (Events{{"message", "a", ""}}));
  EXPECT_EQ(read_everywhere("\xEF\xBB\xBF\n\ndata: \xEF\xBB\xBF"
                            "b\n\n")
                .events,
            (Events{{"message",
                     "\xEF\xBB\xBF"
                     "b",
                     ""}}));
  EXPECT_EQ(read_everywhere("\xEF\xBB\xBF"
                            "data: t")
                .tail,
            (Event{"message", "t", ""}));
}

TEST(SseParser, KeepsIdsAndReconnectionTimes) {
  const Reading reading = read_everywhere(
      "id: 1\ndata: a\n\nid: 2\n\nid: x\0y\nretry: 99999999999\ndata: b\n\nretry: -5\nid\ndata: c\n\nid: lost\n"s);
  EXPECT_EQ(reading.events, (Events{{"message", "a", "1"}, {"message", "b", "2"}, {"message", "c", ""}}));
  EXPECT_EQ(reading.retry_ms, SseParser::kRetryMaxMs);
  EXPECT_EQ(reading.last_event_id, "");
  EXPECT_EQ(read_everywhere("retry: " + std::string(400, '9') + "\n").retry_ms, SseParser::kRetryMaxMs);
  EXPECT_EQ(read_everywhere("retry: 007\n").retry_ms, 7U);
}

TEST(SseParser, CountsComments) {
  const Reading reading = read_everywhere(": a\n\n:\ndata: x\n:b\n\n: unfinished");
  EXPECT_EQ(reading.events, (Events{{"message", "x", ""}}));
  EXPECT_EQ(read_pieces({": a\n\n:\ndata: x\n:b\n\n"}).comments, 3U);
}

TEST(SseParser, ReplacesBrokenUtf8) {
  EXPECT_EQ(read_everywhere("event: \xFF\ndata: a\xF0\x9F\x98\ndata: \xE2\x82\xAC\n\n").events,
            (Events{{"\xEF\xBF\xBD", "a\xEF\xBF\xBD\n\xE2\x82\xAC", ""}}));
}

TEST(SseParser, GivesTheTailOnRequestOnly) {
  const Reading ended = read_everywhere("data: a\n\nevent: e\ndata: {}\n");
  EXPECT_EQ(ended.events, (Events{{"message", "a", ""}}));
  EXPECT_EQ(ended.tail, (Event{"e", "{}", ""}));
  EXPECT_EQ(read_everywhere("data: {}").tail, (Event{"message", "{}", ""}));
  EXPECT_EQ(read_everywhere("data: {}\r").tail, (Event{"message", "{}", ""}));
  for (const char* nothing : {"", "data: a\n\n", "event: e\n", ": c", "id: 1\n", "\n\n"}) {
    EXPECT_FALSE(read_everywhere(nothing).tail) << nothing;
  }
}

TEST(SseParser, TakesLongLines) {
  const std::string big(3 << 20, 'x');
  const Reading reading = read_pieces({"data: " + big.substr(0, 1 << 20), big.substr(1 << 20), "\n\ndata: y\n\n"});
  ASSERT_EQ(reading.events.size(), 2U);
  EXPECT_EQ(reading.events[0].data, big);
}

TEST(SseParser, StopsAtItsLimit) {
  const std::string bytes = "data: a\n\ndata: bcd\n\n";
  for (std::uint64_t limit = 0; limit <= bytes.size() + 1; ++limit) {
    const Reading reading = read_everywhere(bytes, limit);
    EXPECT_EQ(reading.too_large, limit < bytes.size()) << limit;
    EXPECT_EQ(reading.events.size(), limit < 9 ? 0U : limit < bytes.size() ? 1U : 2U) << limit;
  }
  SseParser parser(3);
  std::string_view input = "data: a\n\n";
  SseEvent event;
  EXPECT_EQ(parser.next(input, event), SseStep::too_large);
  input = "data: b\n\n";
  EXPECT_EQ(parser.next(input, event), SseStep::too_large);
  EXPECT_EQ(parser.bytes(), 3U);
}

std::string from_base64(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char character : text) {
    const std::size_t digit = kAlphabet.find(character);
    if (digit == std::string_view::npos) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFFU);
  }
  return out;
}

void check_case(const boost::json::object& test) {
  std::vector<std::string> chunks;
  std::string bytes;
  for (const auto& chunk : test.at("chunks").as_array()) {
    chunks.push_back(from_base64(chunk.as_string()));
    bytes += chunks.back();
  }
  Events wanted;
  for (const auto& event : test.at("expected_events").as_array()) {
    const auto text = [&](const char* name) { return std::string(event.as_object().at(name).as_string()); };
    wanted.push_back({text("type"), text("data"), text("lastEventId")});
  }
  const Reading reading = bytes.size() < 5'000 ? read_everywhere(bytes) : read_pieces({bytes});
  EXPECT_EQ(reading.events, wanted);
  EXPECT_EQ(read_pieces(chunks), reading);
  if (const auto* retry = test.if_contains("expected_retry")) {
    EXPECT_EQ(reading.retry_ms.has_value(), !retry->is_null());
    if (!retry->is_null()) {
      EXPECT_EQ(reading.retry_ms, retry->to_number<std::uint64_t>());
    }
  }
  // A comment cut off by the end counts when the tail is taken, which these cases do not foresee.
  SseParser strict;
  SseEvent event;
  std::string_view input = bytes;
  while (strict.next(input, event) == SseStep::event) continue;
  if (const auto* comments = test.if_contains("expected_comments")) {
    EXPECT_EQ(strict.comments(), comments->to_number<std::uint64_t>());
  }
  if (const auto* id = test.if_contains("expected_last_event_id")) {
    EXPECT_EQ(strict.last_event_id(), id->as_string());
  }
}

TEST(SseParser, PassesTheConformanceCases) {
  const auto root = testing::fixtures_root();
  if (!root) GTEST_SKIP() << "no recordings: set ORCHESTRATOR_FIXTURES";
  std::size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*root / "sse-conformance")) {
    const auto tests = boost::json::parse(testing::read_fixture_file(entry.path()));
    for (const auto& test : tests.as_array()) {
      SCOPED_TRACE(std::string(test.as_object().at("name").as_string()));
      check_case(test.as_object());
      ++cases;
    }
  }
  EXPECT_GT(cases, 0U);
}

}  // namespace
}  // namespace orchestrator::harness::codec
