// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/head_form.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "daemon/http/target.hpp"

namespace orchestrator::daemon {
namespace {

/// `|` stands for CRLF.
std::string wire(std::string_view text) {
  std::string out;
  for (const char letter : text) out.append(letter == '|' ? "\r\n" : std::string(1, letter));
  return out;
}

unsigned refusal_of(std::string_view text) {
  const std::string bytes = wire(text);
  const HeadBounds bounds;
  const auto end = find_head_end(bytes, 0, bounds);
  if (!end) return end.error().status;
  if (*end == 0) return 0;
  const auto head = read_head(std::string_view(bytes).substr(0, *end), bounds);
  return head ? 200 : head.error().status;
}

TEST(HeadForm, RefusesWhatCanBeReadInTwoWays) {
  const std::vector<std::pair<std::string, unsigned>> cases{
      {"GET / HTTP/1.1|Host: a||", 200},
      {"GET / HTTP/1.0||", 200},
      {"GET / HTTP/1.1|Host: a|Content-Length: 4|Transfer-Encoding: chunked||", 400},
      {"GET / HTTP/1.1|Host: a|Content-Length: 4|Content-Length: 4||", 400},
      {"GET / HTTP/1.1|Host: a|Content-Length: 4, 4||", 400},
      {"GET / HTTP/1.1|Host: a|Content-Length: +4||", 400},
      {"GET / HTTP/1.1|Host: a|Content-Length: 99999999999999999999||", 400},
      {"GET / HTTP/1.1|Host: a|Transfer-Encoding: xchunked||", 400},
      {"GET / HTTP/1.1|Host: a|Transfer-Encoding: gzip, chunked||", 400},
      {"GET / HTTP/1.1|Host: a|Transfer-Encoding : chunked||", 400},
      {"GET / HTTP/1.0|Host: a|Transfer-Encoding: chunked||", 400},
      {"GET / HTTP/1.1|Host: a|X: b| c||", 400},
      {"GET / HTTP/1.1|Host: a|: b||", 400},
      {"GET / HTTP/1.1||", 400},
      {"GET / HTTP/1.1|Host: a|Host: a||", 400},
      {"GET / HTTP/3.7|Host: a||", 505},
      {"GET /||", 505},
      {"FOO / HTTP/1.1|Host: a||", 501},
      {"get / HTTP/1.1|Host: a||", 501},
      {"GET http://evil.test/ HTTP/1.1|Host: a||", 421},
      {"GET /a%zz HTTP/1.1|Host: a||", 400},
      {"GET /a?b=%00 HTTP/1.1|Host: a||", 400},
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"GET / HTTP/1.1|Host: a\rb||", 400},
      {std::string("GET / HTTP/1.1|Host: a") + '\0' + "||", 400},
      {"GET / HTTP/1.1|Host: a|", 0},
  };
  for (const auto& [text, status] : cases) EXPECT_EQ(refusal_of(text), status) << text;
}

TEST(HeadForm, BoundsEverything) {
  EXPECT_EQ(refusal_of("GET /" + std::string(9 << 10, 'a') + " HTTP/1.1|Host: a||"), 414);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1|Host: a|X: " + std::string(33 << 10, 'a') + "||"), 431);
  std::string many = "GET / HTTP/1.1|Host: a|";
  for (int i = 0; i < 100; ++i) many += "X: b|";
  EXPECT_EQ(refusal_of(many + "|"), 431);
}

TEST(HeadForm, TheConnectionIsKeptAsItsOptionsSay) {
  const auto keeps = [](std::uint32_t minor, std::vector<std::string> options) {
    RequestHead head;
    head.version_minor = minor;
    for (std::string& option : options) head.fields.add("Connection", std::move(option));
    return wants_keep_alive(head);
  };
  EXPECT_TRUE(keeps(1, {}));
  EXPECT_TRUE(keeps(1, {"keep-alive, TE"}));
  for (const char* option : {"close", "Close", "close, TE", "TE ,\tclose", "keep-alive, close"}) {
    EXPECT_FALSE(keeps(1, {option})) << option;
  }
  EXPECT_FALSE(keeps(1, {"TE", "close"}));
  EXPECT_FALSE(keeps(0, {}));
  EXPECT_TRUE(keeps(0, {"TE, Keep-Alive"}));
}

TEST(HeadForm, FindsTheEndHoweverItIsCut) {
  const std::string bytes = wire("GET / HTTP/1.1|Host: a||GET");
  const HeadBounds bounds;
  for (std::size_t cut = 0; cut < bytes.size() - 3; ++cut) {
    const auto before = find_head_end(std::string_view(bytes).substr(0, cut), 0, bounds);
    ASSERT_TRUE(before);
    ASSERT_EQ(*before, 0U);
    EXPECT_EQ(find_head_end(bytes, cut, bounds).value(), bytes.size() - 3);
  }
}

TEST(Target, IsDecodedOnce) {
  const auto target = parse_target("/a%2Fb/c?x=1+2&y=%26%3D&z").value();
  EXPECT_EQ(target.path, "/a%2Fb/c");
  const std::vector<std::pair<std::string, std::string>> query{{"x", "1 2"}, {"y", "&="}, {"z", ""}};
  EXPECT_EQ(target.query, query);
  EXPECT_FALSE(parse_target("a"));
  EXPECT_FALSE(parse_target("/#b"));
  EXPECT_FALSE(percent_decoded("%4", false));
  EXPECT_FALSE(percent_decoded("%ff", false));
}

}  // namespace
}  // namespace orchestrator::daemon
