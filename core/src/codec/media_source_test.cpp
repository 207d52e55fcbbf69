// SPDX-License-Identifier: Apache-2.0
// Goal: media bytes reach the provider unchanged, and bytes that are not there are never sent as empty ones.
#include "codec/media_source.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

TEST(MediaSource, EncodesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : rows) EXPECT_EQ(base64(bytes), text);
  EXPECT_EQ(base64(std::string("\x00\xFF\xFE", 3)), "AP/+");
}

TEST(MediaSource, GivesTheAddressOrTheBytes) {
  EXPECT_EQ(media_address({.bytes = {}, .url = "https://h/x.png", .media_type = "image/png", .name = {}}, "a/b"),
            "https://h/x.png");
  EXPECT_EQ(media_address({.bytes = SharedBytes("foo"), .url = {}, .media_type = "image/png", .name = {}}, "a/b"),
            "data:image/png;base64,Zm9v");
  EXPECT_EQ(media_address({.bytes = SharedBytes("foo"), .url = {}, .media_type = {}, .name = {}}, "a/b"),
            "data:a/b;base64,Zm9v");
}

TEST(MediaSource, RefusesBytesThatWereNotLoaded) {
  const MediaSource source{
      .bytes = SharedBytes::reference(SharedBytes("foo").hash(), 3), .url = {}, .media_type = {}, .name = "x.png"};
  const auto address = media_address(source, "a/b");
  ASSERT_FALSE(address.has_value());
  EXPECT_EQ(address.error().code, "internal");
  EXPECT_EQ(address.error().at, "x.png");
}

}  // namespace
}  // namespace orchestrator::harness::codec
