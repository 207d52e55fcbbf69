// SPDX-License-Identifier: Apache-2.0
// Goal: every recorded HTTP failure is read over a real socket as it is in the codec, and tried again exactly when its
// error and the provider allow it (#32, #35, PJ8-PJ10). Method: a server on loopback that answers with the recorded
// bytes; skipped where the recordings are absent.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "codec/provider_failure.hpp"
#include "codec/testing/fixtures.hpp"
#include "integration/scripted_harness.hpp"
#include "runtime/testing/test_connection.hpp"
#include "runtime/testing/test_server.hpp"

namespace orchestrator::harness::faults {
namespace {

using integration::all_events;
using integration::of_type;
using runtime::testing::TestConnection;
using runtime::testing::TestServer;

struct Answer {
  unsigned status = 0;
  codec::Headers headers;
  std::string body;
};

Answer read_answer(std::string_view bytes) {
  Answer answer;
  const std::size_t head_end = bytes.find("\r\n\r\n");
  std::string_view head = bytes.substr(0, head_end);
  answer.body = bytes.substr(head_end + 4);
  answer.status = static_cast<unsigned>(std::stoi(std::string(head.substr(9, 3))));
  while (!head.empty()) {
    const std::size_t line_end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, line_end);
    if (const auto colon = line.find(": "); colon != std::string_view::npos) {
      answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    head.remove_prefix(std::min(line_end + 2, head.size()));
  }
  return answer;
}

std::string on_the_wire(const Answer& answer) {
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " As Recorded\r\n";
  for (const auto& [name, value] : answer.headers) {
    const bool is_ours = name == "content-length" || name == "transfer-encoding" || name == "connection";
    if (!is_ours) bytes += name + ": " + value + "\r\n";
  }
  return bytes + "content-length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
}

TEST(HttpErrors, AreReadOverASocketAndTriedAgainWhereThatHelps) {
  const auto names = codec::testing::fixture_names("http-errors");
  if (names.empty()) GTEST_SKIP() << "no recordings";
  std::size_t retried = 0;
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    const Answer answer = read_answer(codec::testing::read_fixture("http-errors", name).bytes);
    const auto expected = codec::map_http_failure(answer.status, answer.headers, answer.body, "127.0.0.1");
    std::atomic<std::size_t> requests = 0;
    TestServer server([&](TestConnection& connection, std::size_t) {
      while (connection.read_request()) {
        requests += 1;
        if (!connection.send(on_the_wire(answer))) return;
      }
    });
    ChatConfig config;
    config.base_url = server.url("/v1");
    Harness harness = HarnessBuilder().provider(chat_provider(config).value()).default_model("chat/m").build().value();
    auto run = harness.session().run("Hi").retries({2, 0, 0, 0, AfterOutput::fail}).start().value();
    const auto events = all_events(run);

    const Error error = expected.error;
    ASSERT_EQ(of_type<StreamEvent::Error>(events).size(), 1U);
    EXPECT_EQ(of_type<StreamEvent::Error>(events)[0].error.code, error.code);
    const bool is_tried_again = error.retryable && expected.should_retry.value_or(true);
    EXPECT_EQ(requests, is_tried_again ? 2U : 1U);
    retried += is_tried_again ? 1 : 0;
    const auto retries = of_type<StreamEvent::RetryScheduled>(events);
    ASSERT_EQ(retries.size(), is_tried_again ? 1U : 0U);
    if (is_tried_again && expected.retry_after_ms.value_or(0) > 0) {
      EXPECT_EQ(retries[0].retry_after, RetryAfter::cut) << "the policy waits for nothing";
    }
  }
  EXPECT_GT(retried, 0U);
  EXPECT_LT(retried, names.size());
}

TEST(HttpErrors, TheWaitComesOverTheWire) {
  struct Case {
    const char* header;
    std::uint64_t least_ms;
    RetryAfter said;
  };
  for (const Case& row :
       {Case{"Retry-After: 7\r\n", 7'000, RetryAfter::honoured},
        Case{"Retry-After: 1.5\r\n", 1'500, RetryAfter::honoured},
        Case{"retry-after-ms: 2500\r\nRetry-After: 3\r\n", 2'500, RetryAfter::honoured},
        Case{"retry-after-ms: 0\r\nRetry-After: 4\r\n", 4'000, RetryAfter::honoured},
        Case{"Retry-After: Fri, 31 Dec 2099 23:59:59 GMT\r\n", 60'000, RetryAfter::cut},
        Case{"Retry-After: 1e9\r\n", 60'000, RetryAfter::cut}, Case{"Retry-After: -5\r\n", 0, RetryAfter::cut},
        Case{"Retry-After: soon\r\n", 0, RetryAfter::none}, Case{"", 0, RetryAfter::none}}) {
    SCOPED_TRACE(row.header);
    TestServer server(TestServer::answering(std::string("HTTP/1.1 429 Too Many Requests\r\n") + row.header +
                                            "Content-Length: 0\r\n\r\n"));
    ChatConfig config;
    config.base_url = server.url("/v1");
    Harness harness = HarnessBuilder().provider(chat_provider(config).value()).default_model("chat/m").build().value();
    auto run = harness.session().run("Hi").start().value();
    const auto retry = integration::read_until<StreamEvent::RetryScheduled>(run);
    EXPECT_GE(retry.delay_ms, row.least_ms);
    EXPECT_LE(retry.delay_ms, row.least_ms + 500);
    EXPECT_EQ(retry.retry_after, row.said);
    ASSERT_TRUE(run.abort());
    integration::rest_of(run);
  }
}

}  // namespace
}  // namespace orchestrator::harness::faults
