// SPDX-License-Identifier: Apache-2.0
// Goal: whatever a network does to an answer, the run ends: with the whole answer, or with an error that says what
// happened, and never with half of it taken for whole (P13, V4). Method: the real HTTP client and adapter, a server on
// loopback, and a proxy between them with one fault at every byte of the answer.
#include "faults/fault_proxy.hpp"

#include <gtest/gtest.h>

#include <set>

#include "integration/scripted_harness.hpp"
#include "runtime/testing/test_connection.hpp"
#include "runtime/testing/test_server.hpp"

namespace orchestrator::harness::faults {
namespace {

using integration::all_events;
using integration::of_type;
using runtime::testing::TestConnection;
using runtime::testing::TestServer;

std::string chunk(const std::string& text) {
  return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[" + text +
         "]}\n\n";
}

std::string body() {
  return chunk(R"({"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null})") +
         chunk(R"({"index":0,"delta":{"content":"lo"},"finish_reason":null})") +
         chunk(R"({"index":0,"delta":{},"finish_reason":"stop"})") + "data: [DONE]\n\n";
}

std::string answer() {
  const std::string text = body();
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + std::to_string(text.size()) +
         "\r\n\r\n" + text;
}

Harness harness_at(const std::string& base_url) {
  ChatConfig config;
  config.base_url = base_url;
  return HarnessBuilder()
      .provider(chat_provider(config).value())
      .default_model("chat/m")
      .circuit({0, 0})
      .build()
      .value();
}

class FaultProxyTest : public testing::Test {
 protected:
  // One run whose first connection has `fault`; later ones have none.
  std::vector<StreamEvent> run_with(Fault fault, RetryPolicy retries, TimeoutPolicy timeouts = {}) {
    FaultProxy proxy(server_.port(), [fault](std::size_t connection) { return connection == 0 ? fault : Fault{}; });
    Harness harness = harness_at(proxy.url("/v1"));
    auto run = harness.session().run("Hi").retries(retries).timeouts(timeouts).start().value();
    return all_events(run);
  }

  TestServer server_{TestServer::answering(answer())};
};

std::string seen_text(const std::vector<StreamEvent>& events) {
  std::string text;
  for (const auto& delta : of_type<StreamEvent::OutputDelta>(events)) text += delta.text;
  return text;
}

constexpr RetryPolicy kOnce{1, 0, 0, 0, AfterOutput::fail};
constexpr RetryPolicy kRestart{3, 0, 0, 0, AfterOutput::restart};

TEST_F(FaultProxyTest, PassesAnAnswerOnAsItIs) {
  const auto events = run_with({}, kOnce);
  EXPECT_EQ(seen_text(events), "Hello");
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
}

TEST_F(FaultProxyTest, ADrippedAnswerIsWhole) {
  const auto events = run_with({FaultKind::drip, 0}, kOnce);
  EXPECT_EQ(seen_text(events), "Hello");
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
}

TEST_F(FaultProxyTest, AnAnswerThatIsCutAnywhereIsNeverTakenForWhole) {
  const std::set<std::string> allowed{"provider_unreachable", "provider_stream_truncated", "provider_bad_framing"};
  std::set<std::string> codes;
  const std::string whole = answer();
  const std::size_t last_needed = whole.find("\"stop\"");
  for (const FaultKind kind : {FaultKind::cut, FaultKind::reset}) {
    for (std::size_t at = 0; at < whole.size(); at += kind == FaultKind::cut ? 1 : 5) {
      SCOPED_TRACE(at);
      const auto events = run_with({kind, at}, kOnce);
      const auto errors = of_type<StreamEvent::Error>(events);
      if (errors.empty()) {
        EXPECT_GT(at, last_needed);
        EXPECT_EQ(of_type<StreamEvent::Completed>(events).at(0).output, "Hello");
        continue;
      }
      codes.insert(errors[0].error.code);
      EXPECT_TRUE(allowed.contains(errors[0].error.code)) << errors[0].error.code << ": " << errors[0].error.message;
      EXPECT_EQ(errors[0].partial_output, seen_text(events));
      EXPECT_TRUE(std::string_view("Hello").starts_with(seen_text(events)));
    }
  }
  EXPECT_TRUE(codes.contains("provider_stream_truncated"));
}

TEST_F(FaultProxyTest, ACutAnswerIsMadeGoodByAnotherAttempt) {
  const std::size_t size = answer().size();
  for (std::size_t at = 0; at < size; at += 3) {
    SCOPED_TRACE(at);
    const auto events = run_with({at % 2 == 0 ? FaultKind::cut : FaultKind::reset, at}, kRestart);
    const auto completed = of_type<StreamEvent::Completed>(events);
    ASSERT_EQ(completed.size(), 1U);
    EXPECT_EQ(completed[0].output, "Hello");
    EXPECT_LE(of_type<StreamEvent::ProviderRequested>(events).size(), 2U);
  }
}

TEST_F(FaultProxyTest, ADamagedByteEndsInAnErrorOrChangesNothingThatCounts) {
  const std::size_t size = answer().size();
  for (std::size_t at = 0; at < size; ++at) {
    SCOPED_TRACE(at);
    TimeoutPolicy timeouts;
    timeouts.first_byte_ms = 300;  // a damaged length may promise more than comes
    timeouts.idle_ms = 300;
    const auto events = run_with({FaultKind::garbage, at}, kOnce, timeouts);
    const auto errors = of_type<StreamEvent::Error>(events);
    if (!errors.empty()) {
      EXPECT_EQ(errors[0].error.category, ErrorCategory::provider) << errors[0].error.message;
      continue;
    }
    EXPECT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
  }
}

TEST_F(FaultProxyTest, AnAnswerThatStopsEndsAtItsDeadline) {
  const std::string whole = answer();
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{20}, whole.find("\r\n\r\n") + 4, whole.find("lo\""), whole.find("\"stop\"")}) {
    SCOPED_TRACE(at);
    TimeoutPolicy timeouts;
    timeouts.first_byte_ms = 40;
    timeouts.idle_ms = 40;
    const auto events = run_with({FaultKind::stall, at}, kOnce, timeouts);
    const auto errors = of_type<StreamEvent::Error>(events);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_TRUE(errors[0].error.code == "provider_first_byte_timeout" || errors[0].error.code == "provider_stalled")
        << errors[0].error.code;
    EXPECT_EQ(of_type<StreamEvent::TimeoutFired>(events).size(), 1U);
  }
}

}  // namespace
}  // namespace orchestrator::harness::faults
