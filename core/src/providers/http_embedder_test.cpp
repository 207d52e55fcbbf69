// SPDX-License-Identifier: Apache-2.0
// Goal: texts become vectors over a real socket, split into requests that hosts take; whatever goes wrong has the code
// that a run would have, and no deadline, cancellation or odd answer leaves a socket open. Method: the real HTTP client
// against a scripted server on loopback.
#include "providers/http_embedder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include <mutex>

#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/test_server.hpp"

namespace orchestrator::harness::providers {
namespace {

namespace asio = boost::asio;
using runtime::testing::Gate;
using runtime::testing::run_awaitable;
using runtime::testing::TestConnection;
using runtime::testing::TestRequest;
using runtime::testing::TestServer;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

const std::string kKey = "of-this-test-0123";

std::string http(unsigned status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A vector of two numbers for each text: how long it is, and 1. The last text comes first.
std::string answer_to(const TestRequest& request, const std::string& usage) {
  const boost::json::value body = boost::json::parse(request.body);
  const auto& input = body.at("input").as_array();
  std::string data;
  for (std::size_t left = input.size(); left > 0; --left) {
    data += std::string(data.empty() ? "" : ",") + R"({"object":"embedding","index":)" + std::to_string(left - 1) +
            R"(,"embedding":[)" + std::to_string(input[left - 1].as_string().size()) + ",1]}";
  }
  return http(200, R"({"object":"list","data":[)" + data + R"(],"model":"m")" + usage + "}");
}

// Answers every request, and keeps it.
class Recorder {
 public:
  TestServer::Handler handler(std::string usage = "") {
    return [this, usage](TestConnection& connection, std::size_t) {
      while (auto request = connection.read_request()) {
        const std::string answer = answer_to(*request, usage);
        {
          const std::scoped_lock lock(mutex_);
          requests_.push_back(*std::move(request));
        }
        connection.send(answer);
      }
    };
  }
  std::vector<TestRequest> requests() {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  std::mutex mutex_;
  std::vector<TestRequest> requests_;  // guarded by mutex_
};

std::shared_ptr<Embedder> embedder_at(const TestServer& server, const std::string& key = kKey,
                                      const ModelCatalogue& catalogue = {}) {
  OpenAiConfig config;
  config.api_key = key;
  config.base_url = server.url("/v1/");
  return openai_embedder(std::move(config), "small", catalogue).value();
}

Result<EmbeddingBatch> embed(const std::shared_ptr<Embedder>& embedder, std::vector<std::string> texts,
                             std::chrono::milliseconds time = runtime::testing::kTestPatience) {
  asio::io_context io{1};
  return run_awaitable(io, embedder->embed(std::move(texts), Clock::now() + time));
}

std::string failure_of(const std::string& answer, std::string* message = nullptr) {
  const TestServer server(TestServer::answering_once(answer));
  auto batch = embed(embedder_at(server), {"a"});
  if (batch) return "no failure";
  EXPECT_TRUE(follows_mapping(batch.error()));
  EXPECT_THAT(batch.error().message, testing::Not(HasSubstr(kKey)));
  if (message != nullptr) *message = batch.error().message;
  return batch.error().code;
}

TEST(HttpEmbedder, AsksAsOpenAiIsAskedAndPutsVectorsInOrder) {
  Recorder recorder;
  const TestServer server(recorder.handler(R"(,"usage":{"prompt_tokens":7,"total_tokens":7})"));
  const auto embedder = embedder_at(server);
  EXPECT_EQ(embedder->model(), "openai/small");
  const auto batch = embed(embedder, {"one", "three", "\xC3\xBC"});
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(batch->vectors, (std::vector<std::vector<float>>{{3, 1}, {5, 1}, {2, 1}}));
  EXPECT_EQ(batch->tokens, 7U);
  EXPECT_EQ(batch->cost_micro_usd, std::nullopt) << "no catalogue knows its price";
  EXPECT_GT(batch->latency_us, 0U);
  const auto requests = recorder.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method + " " + requests[0].target, "POST /v1/embeddings");
  EXPECT_EQ(requests[0].headers.at("authorization"), "Bearer " + kKey);
  EXPECT_EQ(requests[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(requests[0].body,
            "{\"model\":\"small\",\"input\":[\"one\",\"three\",\"\xC3\xBC\"],\"encoding_format\":\"float\"}");
}

TEST(HttpEmbedder, ManyTextsGoInSeveralRequestsOnOneConnection) {
  Recorder recorder;
  const TestServer server(recorder.handler(R"(,"usage":{"total_tokens":10})"));
  std::vector<std::string> texts(130, "x");
  texts[129] = "last";
  const auto batch = embed(embedder_at(server), texts);
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->vectors.size(), 130U);
  EXPECT_EQ(batch->vectors[128], (std::vector<float>{1, 1}));
  EXPECT_EQ(batch->vectors[129], (std::vector<float>{4, 1}));
  EXPECT_EQ(batch->tokens, 30U);
  EXPECT_EQ(recorder.requests().size(), 3U);
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpEmbedder, LongTextsAreSplitByTheirBytes) {
  Recorder recorder;
  const TestServer server(recorder.handler());
  const auto batch = embed(embedder_at(server), std::vector<std::string>(9, std::string(kEmbeddingTextBytesMax, 'x')));
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(batch->vectors.size(), 9U);
  EXPECT_EQ(batch->tokens, std::nullopt) << "unknown is not zero";
  EXPECT_EQ(recorder.requests().size(), 2U);
}

TEST(HttpEmbedder, CostIsExactAndOfAllTextsTogether) {
  Recorder recorder;
  const TestServer server(recorder.handler(R"(,"usage":{"prompt_tokens":25})"));
  const auto catalogue = ModelCatalogue::parse(
      R"({"version":"t","models":[{"model":"openai/small","usd_per_million":{"input":0.02}}]})", "t");
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  const auto one = embed(embedder_at(server, kKey, *catalogue), {"a"});
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->cost_micro_usd, 1U) << "25 x 0.02 micro-USD, half up";
  const auto many = embed(embedder_at(server, kKey, *catalogue), std::vector<std::string>(192, "a"));
  ASSERT_TRUE(many) << many.error().message;
  EXPECT_EQ(many->tokens, 75U);
  EXPECT_EQ(many->cost_micro_usd, 2U) << "1.5 rounded once, not 0.5 three times";
}

TEST(HttpEmbedder, BoundsAreKeptBeforeAnythingIsSent) {
  const TestServer server(TestServer::answering_once(""));
  const auto embedder = embedder_at(server);
  const auto at = [&](std::vector<std::string> texts) {
    const auto batch = embed(embedder, std::move(texts));
    return batch ? std::string("taken") : batch.error().code + " " + batch.error().at;
  };
  EXPECT_EQ(at({}), "invalid_argument texts");
  EXPECT_EQ(at(std::vector<std::string>(kEmbeddingTextsMax + 1, "x")), "invalid_argument texts");
  EXPECT_EQ(at({"x", ""}), "invalid_argument texts[1]");
  EXPECT_EQ(at({std::string(kEmbeddingTextBytesMax + 1, 'x')}), "invalid_argument texts[0]");
  EXPECT_EQ(at({"\xFF"}), "invalid_argument texts[0]");
  EXPECT_EQ(server.connections(), 0U);
}

TEST(HttpEmbedder, FailuresHaveTheCodesOfARun) {
  const std::string echo = R"({"error":{"message":"Incorrect API key provided: )" + kKey + R"(","type":"x"}})";
  EXPECT_EQ(failure_of(http(401, echo)), "provider_auth_failed");
  EXPECT_EQ(failure_of(http(429, R"({"error":{"message":"slow down"}})", "Retry-After: 1\r\n")),
            "provider_rate_limited");
  EXPECT_EQ(failure_of(http(404, R"({"error":{"message":"x","code":"model_not_found"}})")), "provider_model_not_found");
  EXPECT_EQ(failure_of(http(500, "oops")), "provider_server_error");
  EXPECT_EQ(failure_of(http(301, "", "Location: http://127.0.0.1/\r\n")), "provider_redirect_refused");
  EXPECT_EQ(failure_of(http(200, R"({"error":{"message":"x","code":429}})")), "provider_rate_limited");
}

TEST(HttpEmbedder, AnswersThatAreNoneAreRefused) {
  EXPECT_EQ(failure_of(http(200, "<html>no</html>")), "provider_bad_json");
  EXPECT_EQ(failure_of(http(200, "")), "provider_bad_json");
  EXPECT_EQ(failure_of("\x01\x02 no http\r\n\r\n"), "provider_bad_framing");
  EXPECT_EQ(failure_of(""), "provider_unreachable");
  std::string message;
  EXPECT_EQ(failure_of(http(200, R"({"data":[]})"), &message), "provider_protocol_violation");
  EXPECT_THAT(message, HasSubstr("0 embeddings for 1 texts"));
  EXPECT_EQ(failure_of(http(200, R"({"data":[{"embedding":[0,0]}]})")), "provider_protocol_violation");
}

TEST(HttpEmbedder, AnAnswerThatIsCutIsTruncated) {
  std::string answer = http(200, R"({"data":[{"index":0,"embedding":[1,2]}]})");
  answer.resize(answer.size() - 5);
  EXPECT_EQ(failure_of(answer), "provider_stream_truncated");
}

TEST(HttpEmbedder, AnAnswerAboveItsBoundIsLeft) {
  EXPECT_EQ(failure_of(http(200, std::string(13UL << 20, ' '))), "provider_response_too_large");
}

TEST(HttpEmbedder, AnotherDimensionInALaterAnswerIsRefused) {
  const TestServer server([](TestConnection& connection, std::size_t) {
    std::string numbers = "1";
    while (connection.read_request()) {
      std::string data = R"({"embedding":[)" + numbers + "]}";
      for (int i = 1; i < 64; ++i) data += R"(,{"embedding":[)" + numbers + "]}";
      connection.send(http(200, R"({"data":[)" + data + "]}"));
      numbers += ",1";
    }
  });
  const auto batch = embed(embedder_at(server), std::vector<std::string>(128, "x"));
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, "provider_protocol_violation");
  EXPECT_THAT(batch.error().message, HasSubstr("vectors of 1 numbers, the next of 2"));
}

TEST(HttpEmbedder, TheDeadlineEndsItWhereverItIs) {
  Gate closed;
  const TestServer silent([&](TestConnection& connection, std::size_t) {
    connection.read_request();
    if (connection.wait_for_close()) closed.open();
  });
  const auto before_head = embed(embedder_at(silent), {"a"}, std::chrono::milliseconds(50));
  ASSERT_FALSE(before_head);
  EXPECT_EQ(before_head.error().code, "provider_first_byte_timeout");
  EXPECT_TRUE(closed.wait());

  const TestServer stalling([](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    connection.wait_for_close();
  });
  const auto in_body = embed(embedder_at(stalling), {"a"}, std::chrono::milliseconds(50));
  ASSERT_FALSE(in_body);
  EXPECT_EQ(in_body.error().code, "provider_stalled");

  const TestServer unasked(TestServer::answering_once(""));
  const auto too_late = embed(embedder_at(unasked), {"a"}, std::chrono::milliseconds(0));
  ASSERT_FALSE(too_late);
  EXPECT_EQ(too_late.error().code, "provider_first_byte_timeout");
  EXPECT_EQ(unasked.connections(), 0U);
}

TEST(HttpEmbedder, CancellingClosesTheSocket) {
  asio::io_context io{1};
  asio::cancellation_signal cancel;
  Gate closed;
  const TestServer server([&](TestConnection& connection, std::size_t) {
    connection.read_request();
    asio::post(io, [&cancel] { cancel.emit(asio::cancellation_type::terminal); });
    if (connection.wait_for_close()) closed.open();
  });
  const auto embedder = embedder_at(server);
  std::vector<std::string> texts = {"a"};
  std::string code;
  asio::co_spawn(io, embedder->embed(std::move(texts), Clock::now() + runtime::testing::kTestPatience),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr thrown, auto batch) {
                   code = thrown ? "thrown" : batch ? "ended" : batch.error().code;
                 }));
  io.run_for(runtime::testing::kTestPatience);
  EXPECT_EQ(code, "cancelled");
  EXPECT_TRUE(closed.wait());
}

TEST(HttpEmbedder, WithoutAKeyNothingIsSentToOpenAi) {
  const TestServer server(TestServer::answering_once(""));
  const auto batch = embed(embedder_at(server, ""), {"a"});
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, "key_missing");
  EXPECT_THAT(batch.error().message, HasSubstr("OPENAI_API_KEY"));
  EXPECT_EQ(server.connections(), 0U);
}

TEST(HttpEmbedder, AnotherHostNeedsNoKeyAndHasItsOwnName) {
  Recorder recorder;
  const TestServer server(recorder.handler());
  ChatConfig config;
  config.id = ProviderId("mine");
  config.base_url = server.url("/v1");
  const auto embedder = chat_embedder(config, "org/m").value();
  EXPECT_EQ(embedder->model(), "mine/org/m");
  ASSERT_TRUE(embed(embedder, {"a"}));
  ASSERT_EQ(recorder.requests().size(), 1U);
  EXPECT_FALSE(recorder.requests()[0].headers.contains("authorization"));
  EXPECT_THAT(recorder.requests()[0].body, HasSubstr(R"("model":"org/m")"));
}

TEST(HttpEmbedder, WrongSettingsAreRefusedAtOnce) {
  OpenAiConfig in_plain_text;
  in_plain_text.api_key = kKey;
  in_plain_text.base_url = "http://example.com/v1";
  const auto address = openai_embedder(in_plain_text, "m");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().code, "configuration_invalid");
  EXPECT_EQ(address.error().at, "openai.base_url");
  const auto model = chat_embedder({}, "");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, "invalid_argument");
}

}  // namespace
}  // namespace orchestrator::harness::providers
