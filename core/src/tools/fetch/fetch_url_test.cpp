// SPDX-License-Identifier: Apache-2.0
// Goal: a fetch reaches the addresses that were checked, and no others; its result says what came.
// Method: real servers on loopback behind an injected resolver and a policy that allows just them.
#include "tools/fetch/fetch_url.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/test_server.hpp"

namespace orchestrator::harness::tools {
namespace {

namespace asio = boost::asio;
using runtime::testing::TestConnection;
using runtime::testing::TestServer;
using Clock = std::chrono::steady_clock;

// Answers each question after the first with the host's next list, so that a name can change its mind.
class ScriptedResolver final : public HostResolver {
 public:
  std::map<std::string, std::vector<std::vector<std::string>>> answers;
  std::map<std::string, std::size_t> asked;

  Awaitable<ResolvedAddresses> resolve(std::string host, Clock::time_point, std::stop_token) override {
    const auto& lists = answers[host];
    if (lists.empty()) co_return std::unexpected("no such name");
    std::vector<asio::ip::address> addresses;
    for (const std::string& address : lists.at(std::min(asked[host]++, lists.size() - 1))) {
      addresses.push_back(asio::ip::make_address(address));
    }
    co_return addresses;
  }
};

std::string answer(const std::string& head, const std::string& body) {
  return "HTTP/1.1 " + head + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class FetchUrlTest : public ::testing::Test {
 protected:
  FetchUrlTest() {
    resolver_->answers["ok.test"] = {{"127.0.0.1"}};
    context_.deadline = Clock::now() + std::chrono::seconds(25);
  }

  // The tool, allowed to reach `server` under each of `hosts` without an approval.
  std::shared_ptr<Tool> tool(const TestServer& server, const std::vector<std::string>& hosts = {"ok.test"}) const {
    BuiltInToolsConfig config;
    for (const std::string& host : hosts) config.fetch_hosts.push_back(host + ":" + std::to_string(server.port()));
    return make_fetch_url(config, {resolver_, AddressPolicy({{asio::ip::make_address("127.0.0.1"), server.port()}})});
  }
  static ToolCall call(const std::string& url) {
    return {.call_id = "c", .tool = "fetch_url", .arguments = {R"({"url": ")" + url + "\"}"}};
  }
  ToolResult fetch(const std::shared_ptr<Tool>& by, const std::string& url) {
    return runtime::testing::run_awaitable(io_, by->execute(call(url), {}, context_));
  }
  static std::string at(const TestServer& server, const std::string& path, const std::string& host = "ok.test") {
    return "http://" + host + ":" + std::to_string(server.port()) + path;
  }
  static std::string text(const ToolResult& result) {
    return result.error ? std::string(name_of(result.error->code)) + ": " + result.error->message
                        : std::get<TextPart>(result.parts.at(0)).text;
  }

  asio::io_context io_;
  std::shared_ptr<ScriptedResolver> resolver_ = std::make_shared<ScriptedResolver>();  // shared with the tools
  ToolContext context_;
};

TEST_F(FetchUrlTest, TextIsGivenAsTextWithStatusAndFinalAddress) {
  runtime::testing::TestRequest seen;
  TestServer server([&](TestConnection& connection, std::size_t) {
    seen = *connection.read_request();
    connection.send(
        answer("404 Not Found\r\nContent-Type: Text/HTML; charset=utf-8\r\nSet-Cookie: a=b", "<p>\x1b[31mno</p>"));
  });
  const ToolResult result = fetch(tool(server), at(server, "/x?y=1"));
  EXPECT_EQ(text(result), "status 404\nurl " + at(server, "/x?y=1") + "\ntype text/html\nbytes 14\n\n<p>no</p>");
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.headers["host"], "ok.test:" + std::to_string(server.port()));
  EXPECT_FALSE(seen.headers.contains("cookie"));
  EXPECT_FALSE(seen.headers.contains("authorization"));
}

TEST_F(FetchUrlTest, AnythingElseIsAFile) {
  TestServer server(TestServer::answering(answer("200 OK\r\nContent-Type: image/png", std::string("\x89PNG\0", 5))));
  const ToolResult result = fetch(tool(server), at(server, "/a/logo.png?x"));
  ASSERT_EQ(result.parts.size(), 2U) << text(result);
  const auto& image = std::get<ImagePart>(result.parts[1]);
  EXPECT_EQ(image.source.media_type, "image/png");
  EXPECT_EQ(image.source.name, "logo.png");
  EXPECT_EQ(image.source.bytes.size_bytes(), 5U);
}

TEST_F(FetchUrlTest, TheDefaultPolicyReachesNothingHere) {
  TestServer server(TestServer::answering(answer("200 OK", "secret")));
  BuiltInToolsConfig config;
  config.fetch_hosts = {"ok.test:" + std::to_string(server.port()), "127.0.0.1:" + std::to_string(server.port())};
  const auto by = make_fetch_url(config, {resolver_, AddressPolicy()});
  EXPECT_TRUE(text(fetch(by, at(server, "/"))).starts_with("url_not_allowed: ok.test is at 127.0.0.1"));
  EXPECT_TRUE(text(fetch(by, at(server, "/", "127.0.0.1"))).starts_with("url_not_allowed: "));
  for (const char* url :
       {"http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
        "http://[::1]/", "http://[fd00::1]/", "http://[2002:7f00:1::]/", "http://100.64.0.1/"}) {
    EXPECT_TRUE(text(fetch(by, url)).starts_with("url_not_allowed: ")) << url;
  }
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(FetchUrlTest, OneBadAddressRefusesTheName) {
  TestServer server(TestServer::answering(answer("200 OK", "x")));
  resolver_->answers["ok.test"] = {{"127.0.0.1", "10.0.0.1"}};
  EXPECT_TRUE(text(fetch(tool(server), at(server, "/"))).starts_with("url_not_allowed: ok.test is at 10.0.0.1"));
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(FetchUrlTest, ANameIsAskedOnceAndConnectedToWhereItWasChecked) {
  TestServer server(TestServer::answering(answer("200 OK\r\nContent-Type: text/plain", "here")));
  resolver_->answers["ok.test"] = {{"127.0.0.1"}, {"10.0.0.1"}};
  EXPECT_TRUE(text(fetch(tool(server), at(server, "/"))).ends_with("\nhere"));
  EXPECT_EQ(resolver_->asked["ok.test"], 1U);
}

TEST_F(FetchUrlTest, ARedirectIsCheckedAnew) {
  TestServer server(TestServer::answering_once(
      "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  resolver_->answers["ok.test"] = {{"127.0.0.1"}, {"169.254.169.254"}};
  EXPECT_TRUE(text(fetch(tool(server), at(server, "/"))).starts_with("url_not_allowed: ok.test is at 169.254.169.254"));
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(FetchUrlTest, RedirectsOfOneHostAreFollowedFiveTimes) {
  int redirects = 5;
  TestServer server([&](TestConnection& connection, std::size_t) {
    const auto request = connection.read_request();
    const int step = request->target == "/" ? 0 : std::stoi(request->target.substr(1));
    connection.send(
        step < redirects
            ? answer("307 Temporary Redirect\r\nConnection: close\r\nLocation: /" + std::to_string(step + 1), "body")
            : answer("200 OK\r\nContent-Type: text/plain\r\nConnection: close", "end"));
  });
  EXPECT_EQ(text(fetch(tool(server), at(server, "/"))),
            "status 200\nurl " + at(server, "/5") + "\ntype text/plain\nbytes 3\n\nend");
  redirects = 6;
  EXPECT_EQ(text(fetch(tool(server), at(server, "/"))), "fetch_failed: more than 5 redirects");
}

TEST_F(FetchUrlTest, ARedirectToAnotherHostIsToldUnlessThatIsGranted) {
  std::string place;
  TestServer server([&](TestConnection& connection, std::size_t) {
    const auto request = connection.read_request();
    connection.send(request->headers.at("host").starts_with("ok")
                        ? answer("301 Moved\r\nConnection: close\r\nLocation: http://" + place + "/there", "")
                        : answer("200 OK\r\nContent-Type: text/plain\r\nConnection: close", "other"));
  });
  resolver_->answers["other.test"] = {{"127.0.0.1"}};
  place = "other.test:" + std::to_string(server.port());
  EXPECT_TRUE(text(fetch(tool(server, {"ok.test", "other.test"}), at(server, "/"))).ends_with("\nother"));
  EXPECT_TRUE(text(fetch(tool(server), at(server, "/"))).starts_with("url_not_allowed: only the ports 80 and 443"));
  place = "other.test";
  EXPECT_TRUE(
      text(fetch(tool(server), at(server, "/"))).contains("redirects to http://other.test/there, another host"));
}

TEST_F(FetchUrlTest, ABodyOverFiveMebibytesIsAnError) {
  const auto by_size = [](std::size_t size) {
    return answer("200 OK\r\nContent-Type: text/plain", std::string(size, 'x'));
  };
  TestServer largest(TestServer::answering(by_size(std::size_t{5} << 20)));
  EXPECT_TRUE(text(fetch(tool(largest), at(largest, "/"))).contains("bytes 5242880\n"));
  TestServer larger(TestServer::answering(by_size((std::size_t{5} << 20) + 1)));
  EXPECT_TRUE(text(fetch(tool(larger), at(larger, "/"))).starts_with("fetch_failed: "));
}

TEST_F(FetchUrlTest, NoProxyOfTheEnvironmentIsUsed) {
  TestServer proxy(TestServer::answering(answer("200 OK", "proxied")));
  TestServer server(TestServer::answering(answer("200 OK\r\nContent-Type: text/plain", "direct")));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const ToolResult result = fetch(tool(server), at(server, "/"));
  ::unsetenv("http_proxy");
  EXPECT_TRUE(text(result).ends_with("\ndirect")) << text(result);
  EXPECT_EQ(proxy.connections(), 0U);
}

TEST_F(FetchUrlTest, ACancellationAndADeadlineEndTheWait) {
  std::stop_source stop;
  TestServer server([&](TestConnection& connection, std::size_t) {
    connection.read_request();
    stop.request_stop();
    connection.wait_for_close();
  });
  context_.cancellation = stop.get_token();
  ToolResult result = fetch(tool(server), at(server, "/"));
  EXPECT_EQ(result.error->code, ToolErrorCode::tool_cancelled);
  EXPECT_EQ(result.outcome, ToolOutcome::cancelled);
  context_.cancellation = {};
  context_.deadline = Clock::now() + std::chrono::milliseconds(50);
  result = fetch(tool(server), at(server, "/"));
  EXPECT_EQ(result.error->code, ToolErrorCode::fetch_failed) << text(result);
}

TEST_F(FetchUrlTest, AnApprovalIsNeededUnlessTheHostIsGranted) {
  const auto by = make_fetch_url({.fetch_hosts = {"ok.test"}});
  const auto prepare = [&](const std::string& url) {
    return runtime::testing::run_awaitable(io_, by->prepare(call(url), context_));
  };
  EXPECT_EQ(by->spec().approval, ApprovalNeed::require);
  EXPECT_EQ(prepare("https://OK.test/a")->approval, ApprovalNeed::none);
  const auto other = prepare("https://docs.ok.test/a#b");
  EXPECT_EQ(other->approval, std::nullopt);
  EXPECT_EQ(other->preview, "GET https://docs.ok.test/a\n");
  EXPECT_EQ(other->targets, (std::vector<ToolTarget>{{"docs.ok.test", std::nullopt}}));
  EXPECT_EQ(prepare("file:///etc/passwd").error().code, ToolErrorCode::url_not_allowed);
}

TEST_F(FetchUrlTest, TheSystemResolverAnswersAndCanBeStopped) {
  const auto resolve = [&](const std::string& host, std::stop_token stop) {
    return runtime::testing::run_awaitable(io_, system_resolver()->resolve(host, context_.deadline, std::move(stop)));
  };
  const auto addresses = resolve("localhost", {});
  ASSERT_TRUE(addresses.has_value()) << addresses.error();
  for (const asio::ip::address& address : *addresses) EXPECT_FALSE(is_public_address(address));
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = resolve("name.invalid", stop.get_token());
  EXPECT_FALSE(stopped.has_value());
}

}  // namespace
}  // namespace orchestrator::harness::tools
