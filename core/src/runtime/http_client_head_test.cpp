// SPDX-License-Identifier: Apache-2.0
// Goal: heads are read as sent, within limits, and odd ones are named. Method: lines in, head out.

#include "runtime/http_client_head.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace orchestrator::harness::runtime {
namespace {

using Outcome = HttpHeadReader::Outcome;

Outcome feed_all(HttpHeadReader& reader, std::initializer_list<std::string_view> lines) {
  Outcome outcome = Outcome::more;
  for (const std::string_view line : lines) outcome = reader.feed(std::string(line) + "\r\n");
  return outcome;
}

TEST(HttpHeadReaderTest, ReadsStatusVersionAndHeaders) {
  HttpHeadReader reader{HttpLimits{}};
  EXPECT_EQ(feed_all(reader, {"HTTP/2 429", "Retry-After:  7\t", "X-A: 1", "x-a: 2", ""}), Outcome::complete);
  EXPECT_EQ(reader.head().status, 429U);
  EXPECT_EQ(reader.head().http_version, "2");
  const std::vector<HttpHeader> expected = {{"retry-after", "7"}, {"x-a", "1"}, {"x-a", "2"}};
  EXPECT_EQ(reader.head().headers, expected);
  EXPECT_EQ(*reader.head().find("x-a"), "1");
  EXPECT_FALSE(reader.is_chunked());
}

TEST(HttpHeadReaderTest, JoinsFoldedLines) {
  HttpHeadReader reader{HttpLimits{}};
  feed_all(reader, {"HTTP/1.1 200 OK", "X-A: one", "  two", "\tthree", ""});
  EXPECT_EQ(*reader.head().find("x-a"), "one two three");
}

TEST(HttpHeadReaderTest, KeepsOnlyTheFinalHead) {
  HttpHeadReader reader{HttpLimits{}};
  EXPECT_EQ(feed_all(reader, {"HTTP/1.1 100 Continue", "X-A: 1", ""}), Outcome::more);
  EXPECT_EQ(feed_all(reader, {"HTTP/1.1 103 Early Hints", "X-B: 1", ""}), Outcome::more);
  EXPECT_EQ(feed_all(reader, {"HTTP/1.1 200 OK", "X-C: 1", ""}), Outcome::complete);
  EXPECT_EQ(reader.head().headers, (std::vector<HttpHeader>{{"x-c", "1"}}));
  EXPECT_EQ(feed_all(reader, {"X-Trailer: 1", ""}), Outcome::complete);
  EXPECT_EQ(reader.head().headers.size(), 1U) << "trailers are dropped";
}

TEST(HttpHeadReaderTest, KnowsChunkedBodies) {
  HttpHeadReader reader{HttpLimits{}};
  EXPECT_EQ(feed_all(reader, {"HTTP/1.1 200 OK", "Transfer-Encoding: Chunked", ""}), Outcome::complete);
  EXPECT_TRUE(reader.is_chunked());
}

TEST(HttpHeadReaderTest, RefusesWhatItCannotReadSafely) {
  const std::initializer_list<std::string_view> broken[] = {
      {"HTTP/1.1 20 OK"},
      {"HTTP/1.1 2000 OK"},
      {"HTTP/1.1 abc"},
      {"HTTP/1.1"},
      {"HTTP/1.1 099 Low"},
      {"<html>"},
      {"X-A: 1"},
      {"HTTP/1.1 200 OK", "no colon"},
      {"HTTP/1.1 200 OK", ": no name"},
      {"HTTP/1.1 200 OK", "  folded onto nothing"},
      {"HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked", ""},
      {"HTTP/1.1 200 OK", "Transfer-Encoding: xchunked", ""},
      {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", ""},
      {"HTTP/1.1 200 OK", "Content-Encoding: gzip", ""}};
  for (const auto& lines : broken) {
    HttpHeadReader reader{HttpLimits{}};
    EXPECT_EQ(feed_all(reader, lines), Outcome::broken) << *(lines.end() - 1);
    EXPECT_FALSE(reader.problem().empty());
    EXPECT_EQ(feed_all(reader, {"HTTP/1.1 200 OK"}), Outcome::broken) << "latched";
  }
}

TEST(HttpHeadReaderTest, AllowsTheIdentityCoding) {
  HttpHeadReader reader{HttpLimits{}};
  EXPECT_EQ(feed_all(reader, {"HTTP/1.1 200 OK", "Content-Encoding: Identity", ""}), Outcome::complete);
}

TEST(HttpHeadReaderTest, BoundsBytesAndCountOverAllHeads) {
  HttpLimits few;
  few.header_count = 3;
  HttpHeadReader counted(few);
  EXPECT_EQ(feed_all(counted, {"HTTP/1.1 103 Hints", "A: 1", "B: 2", "", "HTTP/1.1 200 OK", "C: 3"}), Outcome::more);
  EXPECT_EQ(feed_all(counted, {"D: 4"}), Outcome::too_large);
  EXPECT_NE(counted.problem().find("3 headers"), std::string::npos);

  HttpLimits small;
  small.header_bytes = 100;
  HttpHeadReader sized(small);
  EXPECT_EQ(feed_all(sized, {"HTTP/1.1 200 OK", "A: " + std::string(70, 'x')}), Outcome::more);
  EXPECT_EQ(feed_all(sized, {"B: 2"}), Outcome::more);
  EXPECT_EQ(feed_all(sized, {"C: 3"}), Outcome::too_large);
}

}  // namespace
}  // namespace orchestrator::harness::runtime
