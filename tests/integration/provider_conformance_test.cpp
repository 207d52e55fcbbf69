// SPDX-License-Identifier: Apache-2.0
// Goal: the one list of behaviours that every HTTP adapter passes, whatever its wire format. Method: a scripted server
// on loopback speaks each format; whole runs are driven against it and every journal passes through the invariants.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <mutex>

#include "runtime/testing/gate.hpp"
#include "runtime/testing/test_server.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

using runtime::testing::Gate;
using runtime::testing::TestConnection;
using runtime::testing::TestRequest;
using runtime::testing::TestServer;

constexpr const char* kKey = "plain-canary0123-words";

/// How one wire format writes the answers that the suite needs.
struct Dialect {
  std::string name;
  std::string path;
  std::function<std::shared_ptr<ProviderAdapter>(const std::string& base_url)> adapter;
  std::function<std::string(const std::string& json_text)> delta;  // one event with a piece of text (JSON-escaped)
  std::string start;                                               // what comes before the deltas
  std::string end;          // the proper end, after deltas that add up to "Hello"
  std::string empty_end;    // the proper end of an answer with nothing in it
  std::string error_event;  // an error inside the stream
  std::string model = "openai/m";
  std::string key_header = "authorization";
  std::string key_value = std::string("Bearer ") + kKey;
};

std::string event(const std::string& type, const std::string& fields) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + fields + "}\n\n";
}

Dialect responses() {
  Dialect dialect;
  dialect.name = "responses";
  dialect.path = "/v1/responses";
  dialect.adapter = [](const std::string& base_url) {
    OpenAiConfig config;
    config.api_key = kKey;
    config.base_url = base_url;
    return openai_provider(config).value();
  };
  dialect.start =
      event("response.created", R"("response":{"id":"r1","status":"in_progress","model":"m","output":[]})") +
      event("response.output_item.added",
            R"("output_index":0,"item":{"id":"i1","type":"message","role":"assistant","content":[]})");
  dialect.delta = [](const std::string& text) {
    return event("response.output_text.delta",
                 R"("output_index":0,"item_id":"i1","content_index":0,"delta":")" + text + "\"");
  };
  const std::string done =
      R"("response":{"id":"r1","status":"completed","model":"m","output":[],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}})";
  dialect.end =
      event(
          "response.output_item.done",
          R"("output_index":0,"item":{"id":"i1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[]}]})") +
      event("response.completed", done);
  dialect.empty_end = event("response.completed", done);
  dialect.error_event = event("error", R"("code":"server_error","message":"it broke","param":null)");
  return dialect;
}

Dialect chat() {
  Dialect dialect;
  dialect.name = "chat";
  dialect.path = "/v1/chat/completions";
  dialect.adapter = [](const std::string& base_url) {
    ChatConfig config;
    config.id = ProviderId("openai");
    config.api_key = kKey;
    config.base_url = base_url;
    return chat_provider(config).value();
  };
  const auto chunk = [](const std::string& delta, const std::string& finish) {
    return R"(data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":)" + delta +
           R"(,"finish_reason":)" + finish + "}]}\n\n";
  };
  const std::string usage =
      "data: "
      "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_"
      "tokens\":5}}\n\ndata: [DONE]\n\n";
  dialect.start = chunk(R"({"role":"assistant","content":""})", "null");
  dialect.delta = [chunk](const std::string& text) { return chunk(R"({"content":")" + text + R"("})", "null"); };
  dialect.end = chunk("{}", "\"stop\"") + usage;
  dialect.empty_end = chunk("{}", "\"stop\"") + usage;
  dialect.error_event =
      "data: {\"error\":{\"code\":\"server_error\",\"type\":\"server_error\",\"message\":\"it broke\"}}\n\n";
  return dialect;
}

Dialect messages() {
  Dialect dialect;
  dialect.name = "messages";
  dialect.path = "/v1/messages";
  dialect.model = "anthropic/m";
  dialect.key_header = "x-api-key";
  dialect.key_value = kKey;
  dialect.adapter = [](const std::string& base_url) {
    AnthropicConfig config;
    config.api_key = kKey;
    config.base_url = base_url.substr(0, base_url.rfind("/v1"));
    return anthropic_provider(config).value();
  };
  dialect.start = event("message_start", R"("message":{"id":"m1","model":"m","usage":{"input_tokens":3}})") +
                  event("content_block_start", R"("index":0,"content_block":{"type":"text","text":""})");
  dialect.delta = [](const std::string& text) {
    return event("content_block_delta", R"("index":0,"delta":{"type":"text_delta","text":")" + text + R"("})");
  };
  dialect.empty_end = event("message_delta", R"("delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2})") +
                      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  dialect.end = event("content_block_stop", R"("index":0)") + dialect.empty_end;
  dialect.error_event = event("error", R"("error":{"type":"api_error","message":"it broke"})");
  return dialect;
}

Dialect gemini() {
  Dialect dialect;
  dialect.name = "gemini";
  dialect.path = "/v1beta/models/m:streamGenerateContent?alt=sse";
  dialect.model = "gemini/m";
  dialect.key_header = "x-goog-api-key";
  dialect.key_value = kKey;
  dialect.adapter = [](const std::string& base_url) {
    GeminiConfig config;
    config.api_key = kKey;
    config.base_url = base_url.substr(0, base_url.rfind("/v1"));
    return gemini_provider(config).value();
  };
  dialect.start = "data: {\"modelVersion\":\"m\",\"responseId\":\"r1\"}\r\n\r\n";
  dialect.delta = [](const std::string& text) {
    return R"(data: {"candidates":[{"content":{"parts":[{"text":")" + text + "\"}]}}]}\r\n\r\n";
  };
  dialect.end = R"(data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":)"
                "{\"promptTokenCount\":3,\"candidatesTokenCount\":2,\"totalTokenCount\":5}}\r\n\r\n";
  dialect.empty_end = dialect.end;
  dialect.error_event = "data: {\"error\":{\"code\":500,\"status\":\"INTERNAL\",\"message\":\"it broke\"}}\r\n\r\n";
  return dialect;
}

Dialect dialect_of(int number) {
  constexpr std::array kDialects{responses, chat, messages, gemini};
  return kDialects.at(static_cast<std::size_t>(number))();
}

const std::string kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nx-request-id: req_1\r\n\r\n";

std::string answer(const std::string& status, const std::string& type, const std::string& body,
                   const std::string& headers = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class ProviderConformance : public ::testing::TestWithParam<int> {
 protected:
  const Dialect dialect_ = dialect_of(GetParam());

  // One attempt: what the adapter makes of an answer is the subject, and tries again are the kernel's.
  Harness harness_of(std::shared_ptr<ProviderAdapter> adapter) {
    HarnessBuilder builder;
    builder.provider(std::move(adapter)).default_model(dialect_.model).retries({.attempts_max = 1});
    return builder.build().value();
  }
  Harness harness_at(const TestServer& server) { return harness_of(dialect_.adapter(server.url("/v1"))); }
  // Plays the pieces as one chunked stream, after reading the request.
  TestServer::Handler streaming(std::vector<std::string> pieces) {
    return [pieces = std::move(pieces)](TestConnection& connection, std::size_t) {
      if (!connection.read_request()) return;
      connection.send(kStreamHead);
      for (const std::string& piece : pieces) connection.send_chunk(piece);
      connection.send("0\r\n\r\n");
    };
  }
  std::vector<StreamEvent> events_of(const TestServer& server) {
    Harness harness = harness_at(server);
    auto run = harness.session().run("Hi").start().value();
    return all_events(run);
  }
  Error error_of(const TestServer& server) {
    const auto errors = of_type<StreamEvent::Error>(events_of(server));
    if (errors.empty()) {
      ADD_FAILURE() << "the run did not fail";
      return {};
    }
    return errors[0].error;
  }
  std::string whole_answer() const {
    return dialect_.start + dialect_.delta("Hel") + dialect_.delta("lo") + dialect_.end;
  }
};

TEST_P(ProviderConformance, StreamsAnAnswerWithItsUsageAndRequestId) {
  TestServer server(streaming({whole_answer()}));
  const auto events = events_of(server);
  const auto completed = of_type<StreamEvent::Completed>(events);
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].output, "Hello");
  EXPECT_EQ(completed[0].usage.input, 3U);
  EXPECT_EQ(completed[0].usage.output, 2U);
  EXPECT_EQ(of_type<StreamEvent::ProviderResponded>(events).at(0).provider_request_id, "req_1");
}

TEST_P(ProviderConformance, DoesNotCareHowTheBytesAreCut) {
  std::vector<std::string> bytes;
  for (const char c : whole_answer()) bytes.emplace_back(1, c);
  TestServer server(streaming(std::move(bytes)));
  EXPECT_EQ(of_type<StreamEvent::Completed>(events_of(server)).at(0).output, "Hello");
}

TEST_P(ProviderConformance, SendsKeyTraceAndPromptToItsAddress) {
  TestRequest seen;
  TestServer server([&](TestConnection& connection, std::size_t) {
    seen = connection.read_request().value_or(TestRequest{});
    connection.send(answer("500 Internal Server Error", "application/json", "{}"));
  });
  Harness harness = harness_at(server);
  auto run = harness.session().run("a prompt of mine").start().value();
  all_events(run);
  EXPECT_EQ(seen.target, dialect_.path);
  EXPECT_EQ(seen.headers[dialect_.key_header], dialect_.key_value);
  EXPECT_EQ(seen.headers["traceparent"].size(), 55U);
  EXPECT_NE(seen.body.find("a prompt of mine"), std::string::npos);
}

TEST_P(ProviderConformance, NeverWritesItsKeyIntoTheJournal) {
  // In words that are known to hold a key, and in others.
  for (const std::string& said :
       {std::string("Incorrect API key provided: ") + kKey, std::string(kKey) + " did what?"}) {
    TestServer server([&](TestConnection& connection, std::size_t) {
      const auto request = connection.read_request();
      connection.send(answer("401 Unauthorized", "application/json", R"({"error":{"message":")" + said + "\"}}"));
    });
    for (const StreamEvent& event : events_of(server)) EXPECT_EQ(event.json().find("canary0123"), std::string::npos);
  }
}

TEST_P(ProviderConformance, CommentsAreNoProgress) {
  constexpr int kComments = 200;
  TestServer server([&](TestConnection& connection, std::size_t) {
    if (!connection.read_request()) return;
    connection.send(kStreamHead);
    connection.send_chunk(dialect_.start + dialect_.delta("Hel"));
    for (int i = 0; i < kComments; ++i) {
      if (connection.wait_for_close_for(std::chrono::milliseconds(5))) return;
      if (!connection.send_chunk(": still here\n\n")) return;
    }
    connection.send_chunk(dialect_.delta("lo") + dialect_.end);
    connection.send("0\r\n\r\n");
  });
  TimeoutPolicy timeouts;
  timeouts.idle_ms = 100;
  Harness harness = harness_at(server);
  auto run = harness.session().run("Hi").timeouts(timeouts).start().value();
  const auto events = all_events(run);
  ASSERT_EQ(of_type<StreamEvent::Error>(events).size(), 1U);
  EXPECT_EQ(of_type<StreamEvent::Error>(events)[0].error.code, "provider_stalled");
}

TEST_P(ProviderConformance, ClosesTheSocketOnAbort) {
  Gate closed;
  TestServer server([&](TestConnection& connection, std::size_t) {
    if (!connection.read_request()) return;
    connection.send(kStreamHead);
    connection.send_chunk(dialect_.start + dialect_.delta("Hel"));
    if (connection.wait_for_close()) closed.open();
  });
  Harness harness = harness_at(server);
  auto run = harness.session().run("Hi").start().value();
  read_until<StreamEvent::OutputDelta>(run);
  ASSERT_TRUE(run.abort().has_value());
  EXPECT_TRUE(closed.wait());
  EXPECT_EQ(read_until<StreamEvent::Aborted>(run).partial_output, "Hel");
}

TEST_P(ProviderConformance, TakesAnEmptyAnswerAsOne) {
  TestServer server(streaming({dialect_.empty_end}));
  const auto last = events_of(server).back();
  // A proper end with nothing in it: an empty answer, or an error that names it; never an invented text.
  if (const auto* completed = last.get_if<StreamEvent::Completed>()) {
    EXPECT_EQ(completed->output, "");
  } else {
    ASSERT_NE(last.get_if<StreamEvent::Error>(), nullptr);
    EXPECT_EQ(last.get_if<StreamEvent::Error>()->error.code, "provider_empty_response");
  }
}

TEST_P(ProviderConformance, FailsOnAnErrorInMidStreamAndKeepsTheText) {
  TestServer server(streaming({dialect_.start + dialect_.delta("Hel"), dialect_.error_event}));
  const auto events = events_of(server);
  const auto errors = of_type<StreamEvent::Error>(events);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].error.code, "provider_server_error");
  EXPECT_EQ(errors[0].partial_output, "Hel");
}

TEST_P(ProviderConformance, FailsOnATruncatedStream) {
  TestServer server(streaming({dialect_.start + dialect_.delta("Hel")}));
  EXPECT_EQ(error_of(server).code, "provider_stream_truncated");
}

TEST_P(ProviderConformance, FailsWhenTheConnectionBreaks) {
  TestServer server([&](TestConnection& connection, std::size_t) {
    if (!connection.read_request()) return;
    connection.send(kStreamHead);
    connection.send_chunk(dialect_.start + dialect_.delta("Hel"));
    connection.close();
  });
  const Error error = error_of(server);
  EXPECT_EQ(error.code, "provider_stream_truncated");
  EXPECT_TRUE(error.retryable);
}

TEST_P(ProviderConformance, ReplacesBytesThatAreNoText) {
  TestServer server(streaming({dialect_.start + dialect_.delta("a\xff"
                                                               "b"),
                               dialect_.error_event}));
  std::string text;
  for (const auto& delta : of_type<StreamEvent::OutputDelta>(events_of(server))) text += delta.text;
  EXPECT_EQ(text,
            "a\xEF\xBF\xBD"
            "b");
}

TEST_P(ProviderConformance, StopsAtTheLimitOfAnAnswer) {
  const std::string piece = dialect_.delta(std::string(4'000, 'x'));
  TestServer server([&](TestConnection& connection, std::size_t) {
    if (!connection.read_request()) return;
    connection.send(kStreamHead);
    connection.send_chunk(dialect_.start);
    for (int i = 0; i < 1'000 && connection.send_chunk(piece); ++i) {
    }
  });
  Harness harness = harness_at(server);
  Limits limits;
  limits.stream_bytes = 100'000;
  auto run = harness.session().run("Hi").limits(limits).start().value();
  const auto events = all_events(run);
  EXPECT_EQ(of_type<StreamEvent::Error>(events).at(0).error.code, "provider_response_too_large");
}

TEST_P(ProviderConformance, RefusesAPageInPlaceOfAStream) {
  TestServer server(
      TestServer::answering(answer("200 OK", "text/html", "<html><head><title>Please sign in</title></head></html>")));
  const Error error = error_of(server);
  EXPECT_EQ(error.code, "provider_not_sse");
  EXPECT_NE(error.message.find("Please sign in"), std::string::npos) << error.message;
}

TEST_P(ProviderConformance, FollowsNoRedirect) {
  std::mutex mutex;
  std::size_t requests = 0;
  TestServer server([&](TestConnection& connection, std::size_t) {
    while (connection.read_request()) {
      const std::scoped_lock lock(mutex);
      ++requests;
      connection.send(answer("307 Temporary Redirect", "text/plain", "", "Location: http://127.0.0.1:1/other\r\n"));
    }
  });
  EXPECT_EQ(error_of(server).code, "provider_redirect_refused");
  const std::scoped_lock lock(mutex);
  EXPECT_EQ(requests, 1U);
}

TEST_P(ProviderConformance, NamesAServerThatIsNotThere) {
  std::uint16_t port = 0;
  {
    TestServer server(TestServer::answering(""));
    port = server.port();
  }
  auto adapter = dialect_.adapter("http://127.0.0.1:" + std::to_string(port) + "/v1");
  Harness harness = harness_of(adapter);
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(of_type<StreamEvent::Error>(events).at(0).error.code, "provider_unreachable");
}

struct StatusCase {
  const char* status;
  const char* code;
  bool retryable;
};

TEST_P(ProviderConformance, MapsEachStatusToItsError) {
  const std::vector<StatusCase> cases{
      {"400 Bad Request", "provider_bad_request", false},
      {"401 Unauthorized", "provider_auth_failed", false},
      {"403 Forbidden", "provider_permission_denied", false},
      {"404 Not Found", "provider_not_found", false},
      {"429 Too Many Requests", "provider_rate_limited", true},
      {"500 Internal Server Error", "provider_server_error", true},
      {"503 Service Unavailable", "provider_overloaded", true},
      {"529 Overloaded", "provider_overloaded", true},
      {"418 I'm a teapot", "provider_unknown", false},
  };
  for (const StatusCase& expected : cases) {
    SCOPED_TRACE(expected.status);
    TestServer server(
        TestServer::answering(answer(expected.status, "application/json", R"({"error":{"message":"no"}})")));
    const Error error = error_of(server);
    EXPECT_EQ(error.retryable, expected.retryable) << error.code;
    EXPECT_EQ(error.category, ErrorCategory::provider);
    if (std::string_view(expected.code) != "provider_unknown" &&
        std::string_view(expected.code) != "provider_not_found") {
      EXPECT_EQ(error.code, expected.code);
    }
  }
}

std::string name_of_dialect(const ::testing::TestParamInfo<int>& info) {
  constexpr std::array kNames{"Responses", "Chat", "Messages", "Gemini"};
  return kNames.at(static_cast<std::size_t>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Dialects, ProviderConformance, ::testing::Range(0, 4), name_of_dialect);

}  // namespace
}  // namespace orchestrator::harness::integration
