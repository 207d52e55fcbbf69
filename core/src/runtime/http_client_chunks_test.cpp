// SPDX-License-Identifier: Apache-2.0
// Goal: chunked bodies decode alike however they are cut, and broken framing is never guessed at.
// Method: every split of whole bodies, and a table of broken ones.

#include "runtime/http_client_chunks.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace orchestrator::harness::runtime {
namespace {

struct Decoded {
  std::string body;
  bool is_sound = true;
  bool is_finished = false;
  bool has_extra = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view raw, std::size_t piece_bytes) {
  HttpChunkDecoder decoder;
  Decoded decoded;
  for (std::size_t at = 0; at < raw.size() && decoded.is_sound; at += piece_bytes) {
    decoded.is_sound = decoder.decode(raw.substr(at, piece_bytes), decoded.body);
  }
  decoded.is_finished = decoder.finished();
  decoded.has_extra = decoder.has_extra();
  return decoded;
}

TEST(HttpChunkDecoderTest, DecodesAlikeHoweverTheBytesAreCut) {
  const std::string raw =
      "5\r\nhello\r\n1;name=value\r\n \r\n00a\r\nworld\r\n\r\n!\r\nB \r\n0123456789\xff\r\n"
      "0\r\nTrailer: x\r\nOther: y\r\n\r\n";
  const Decoded expected{.body = "hello world\r\n\r\n!0123456789\xff", .is_finished = true};
  for (std::size_t bytes = 1; bytes <= raw.size(); ++bytes) EXPECT_EQ(decode(raw, bytes), expected) << bytes;
}

TEST(HttpChunkDecoderTest, IsNotFinishedBeforeTheLastLineEnd) {
  const std::string raw = "3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t bytes = 1; bytes < raw.size(); ++bytes) {
    HttpChunkDecoder decoder;
    std::string body;
    EXPECT_TRUE(decoder.decode(std::string_view(raw).substr(0, bytes), body));
    EXPECT_FALSE(decoder.finished()) << bytes;
  }
  EXPECT_TRUE(decode(raw, raw.size()).is_finished);
}

TEST(HttpChunkDecoderTest, NoticesAndDropsBytesAfterTheEnd) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}}) {
    const Decoded decoded = decode("3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200 OK", bytes);
    EXPECT_EQ(decoded.body, "abc");
    EXPECT_TRUE(decoded.is_finished);
    EXPECT_TRUE(decoded.has_extra);
  }
}

TEST(HttpChunkDecoderTest, RefusesBrokenFramingForEver) {
  const std::string_view broken[] = {"FFFFFFFFFFFFFFFF\r\nx",
                                     "10000000000000000\r\nx",
                                     "1000000000000001\r\nx",
                                     "00000000000000001\r\nx",
                                     "-1\r\nx",
                                     "+1\r\nx",
                                     "0x10\r\nx",
                                     "0x0\r\n\r\n",
                                     "\r\nx",
                                     " 3\r\nabc\r\n",
                                     "g\r\nx",
                                     "3\nabc\r\n",
                                     "3\r\nabcd\r\n",
                                     "3\r\nabc\n",
                                     "3\r\nabc\rx",
                                     "3\rabc\r\n",
                                     "3;x\ny\r\nabc\r\n",
                                     "0\r\n\n",
                                     "0\r\nA: b\n\r\n",
                                     "0\r\nA: b\r\r\n",
                                     "0\r\n\rX",
                                     "data: {}\n\n"};
  for (const std::string_view raw : broken) {
    EXPECT_FALSE(decode(raw, 1).is_sound) << raw;
    EXPECT_FALSE(decode(raw, raw.size()).is_sound) << raw;
  }
  HttpChunkDecoder decoder;
  std::string body;
  EXPECT_FALSE(decoder.decode("x", body));
  EXPECT_FALSE(decoder.decode("3\r\nabc\r\n", body));
  EXPECT_EQ(body, "");
}

TEST(HttpChunkDecoderTest, BoundsExtensionsAndTrailers) {
  const std::string much(std::size_t{20} << 10, 'x');
  EXPECT_FALSE(decode("3;" + much + "\r\nabc\r\n", 1000).is_sound);
  EXPECT_FALSE(decode("0\r\nA: " + much + "\r\n\r\n", 1000).is_sound);
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "A: b\r\n";
  EXPECT_FALSE(decode("0\r\n" + many + "\r\n", 1000).is_sound);
  const std::string some(std::size_t{8} << 10, 'x');
  EXPECT_TRUE(decode("3;" + some + "\r\nabc\r\n3;" + some + "\r\nabc\r\n3;" + some + "\r\n", 1000).is_sound);
}

TEST(HttpChunkDecoderTest, TakesAChunkOfManyMegabytes) {
  const std::string payload(std::size_t{3} << 20, 'p');
  const Decoded decoded = decode("300000\r\n" + payload + "\r\n0\r\n\r\n", 16384);
  EXPECT_EQ(decoded.body, payload);
  EXPECT_TRUE(decoded.is_finished);
}

}  // namespace
}  // namespace orchestrator::harness::runtime
