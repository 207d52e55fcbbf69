// SPDX-License-Identifier: Apache-2.0
// Goal: each failure of a provider becomes the right error of ours, none is retried in vain, none shows a key.
// Method: answers written here for each rule; recorded ones are in provider_failure_fixture_test.cpp.
#include "codec/provider_failure.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace orchestrator::harness::codec {
namespace {

using Code = ProviderErrorCode;

ProviderFailure map(unsigned status, std::string_view body, const Headers& headers = {}) {
  return map_http_failure(status, headers, body, "llm.example");
}

Code code_of(unsigned status, std::string_view body) { return map(status, body).error.code; }

std::string stream_code(std::string_view text) {
  return map_stream_error(boost::json::parse(boost::json::string_view(text.data(), text.size())).as_object()).code;
}

TEST(ProviderFailure, MapsEachStatusWithoutAnyBody) {
  const std::pair<unsigned, Code> rows[] = {
      {400, Code::provider_bad_request},
      {401, Code::provider_auth_failed},
      {402, Code::provider_quota_exhausted},
      {403, Code::provider_permission_denied},
      {404, Code::provider_not_found},
      {408, Code::provider_timeout},
      {409, Code::provider_conflict},
      {413, Code::provider_request_too_large},
      {422, Code::provider_bad_request},
      {429, Code::provider_rate_limited},
      {500, Code::provider_server_error},
      {501, Code::provider_bad_request},
      {502, Code::provider_server_error},
      {503, Code::provider_overloaded},
      {504, Code::provider_timeout},
      {529, Code::provider_overloaded},
      {200, Code::provider_not_sse},
      {204, Code::provider_unexpected_status},
      {101, Code::provider_unexpected_status},
      {304, Code::provider_unexpected_status},
      {301, Code::provider_unexpected_status},
      {418, Code::provider_unexpected_status},
      {599, Code::provider_unexpected_status},
      {0, Code::provider_unexpected_status},
      {1000, Code::provider_unexpected_status},
  };
  for (const auto& [status, code] : rows) {
    EXPECT_EQ(name_of(code_of(status, "")), name_of(code)) << status;
    EXPECT_FALSE(map(status, "").error.message.empty());
    EXPECT_EQ(map(status, "").error.at, "llm.example");
  }
}

TEST(ProviderFailure, OnlyKnownTransientStatusesAreRetryable) {
  for (unsigned status = 0; status < 700; ++status) {
    const bool transient = status == 408 || status == 409 || status == 429 || status == 498 || status == 500 ||
                           status == 502 || status == 503 || status == 504 || (status >= 520 && status <= 524) ||
                           status == 529;
    EXPECT_EQ(map(status, "").error.to_error().retryable, transient) << status;
  }
}

TEST(ProviderFailure, TellsQuotaFromRateLimit) {
  EXPECT_EQ(code_of(429, R"({"error":{"message":"Slow down","code":"rate_limit_exceeded"}})"),
            Code::provider_rate_limited);
  EXPECT_EQ(code_of(429, R"({"error":{"message":"x","type":"insufficient_quota","code":null}})"),
            Code::provider_quota_exhausted);
  EXPECT_EQ(code_of(429, R"({"error":{"code":"project_spend_limit_exceeded"}})"), Code::provider_quota_exhausted);
  EXPECT_EQ(code_of(429, R"({"type":"error","error":{"type":"rate_limit_error","message":"m",)"
                         R"("details":{"error_code":"enforced_spend_limit_reached"}}})"),
            Code::provider_quota_exhausted);
  EXPECT_EQ(code_of(429, R"({"error":{"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota",)"
                         R"("details":[{"violations":[{"quotaId":"TokensPerMinute"}]}]}})"),
            Code::provider_rate_limited);
  EXPECT_EQ(code_of(429, R"({"error":{"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota",)"
                         R"("details":[{"violations":[{"quotaId":"RequestsPerDayPerProject"}]}]}})"),
            Code::provider_quota_exhausted);
  EXPECT_EQ(code_of(400, R"({"error":{"message":"Your credit balance is too low to access the API."}})"),
            Code::provider_quota_exhausted);
  EXPECT_EQ(
      code_of(429, R"({"error":{"message":"Request too large for gpt-x on tokens per min: Limit 10, Requested 20"}})"),
      Code::provider_request_too_large);
}

TEST(ProviderFailure, FindsContextOverflowByCodeTypeOrMessage) {
  for (const char* body :
       {R"({"error":{"code":"context_length_exceeded"}})",
        R"({"error":{"type":"exceed_context_size_error","code":400}})",
        R"({"error":{"message":"prompt is too long: 3 tokens > 2 maximum"}})",
        R"({"error":{"message":"The input token count (9) exceeds the maximum number of tokens allowed (8)."}})",
        R"({"object":"error","message":"This model's maximum context length is 8 tokens.","code":400})",
        R"({"error":"prompt too long; exceeded max context length by 1 tokens"})",
        R"({"error":{"message":"Provider returned error","metadata":{"provider_name":"P",)"
        R"("raw":"{\"error\":{\"message\":\"maximum context length is 8\"}}"}}})"}) {
    EXPECT_EQ(code_of(400, body), Code::provider_context_overflow) << body;
  }
  EXPECT_EQ(code_of(500, R"({"error":{"message":"the request exceeds the available context size"}})"),
            Code::provider_context_overflow);
}

TEST(ProviderFailure, FindsContentPolicyAndBadKeysAndUnknownModels) {
  EXPECT_EQ(code_of(400, R"({"error":{"code":"content_filter","message":"filtered"}})"), Code::provider_content_policy);
  EXPECT_EQ(code_of(400, R"({"error":{"message":"m","innererror":{"code":"ResponsibleAIPolicyViolation"}}})"),
            Code::provider_content_policy);
  EXPECT_EQ(
      code_of(403,
              R"({"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"],"flagged_input":"x"}}})"),
      Code::provider_content_policy);
  EXPECT_EQ(code_of(400, R"({"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT",)"
                         R"("details":[{"reason":"API_KEY_INVALID"}]}})"),
            Code::provider_auth_failed);
  EXPECT_EQ(code_of(400, R"({"code":"x","error":"Incorrect API key provided."})"), Code::provider_auth_failed);
  EXPECT_EQ(code_of(404, R"({"error":{"type":"not_found_error","message":"model: nope"}})"),
            Code::provider_model_not_found);
  EXPECT_EQ(code_of(400, R"({"error":{"message":"a/b is not a valid model ID"}})"), Code::provider_model_not_found);
  EXPECT_EQ(code_of(404, R"({"detail":"Not Found"})"), Code::provider_not_found);
  EXPECT_EQ(code_of(400, R"({"error":{"code":"previous_response_not_found","message":"Previous response not found"}})"),
            Code::provider_bad_request);
}

TEST(ProviderFailure, KnowsPermanentServerErrorsAndLoadingServers) {
  const auto jinja = map(500, R"({"error":{"code":500,"message":"tools param requires --jinja flag"}})");
  EXPECT_FALSE(jinja.error.to_error().retryable);
  EXPECT_NE(jinja.error.message.find("server must be started with other options"), std::string::npos);
  const auto loading = map(503, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})");
  EXPECT_EQ(loading.error.code, Code::provider_overloaded);
  EXPECT_TRUE(loading.error.to_error().retryable);
  EXPECT_NE(loading.error.message.find("still loading"), std::string::npos);
}

TEST(ProviderFailure, QuotesOnlyTheTitleOfAPage) {
  const auto page = map(502, "<!DOCTYPE html>\n<html><head><TITLE> Bad\n gateway </TITLE></head><body>secret</body>");
  EXPECT_EQ(page.error.code, Code::provider_server_error);
  EXPECT_EQ(page.error.message, "HTTP 502: an HTML page titled \"Bad  gateway\"");
  const auto login = map(200, "<html><body><h1>Log in</h1></body></html>");
  EXPECT_EQ(login.error.code, Code::provider_not_sse);
  EXPECT_NE(login.error.message.find("\"Log in\""), std::string::npos);
  EXPECT_EQ(map(500, "<html>").error.message, "HTTP 500: an HTML page titled \"no title\"");
}

TEST(ProviderFailure, QuotesTextAndBrokenJsonBriefly) {
  EXPECT_EQ(map(500, "upstream connect error").error.message, "HTTP 500: \"upstream connect error\"");
  EXPECT_EQ(map(500, " \r\n").error.message, "HTTP 500: no text");
  EXPECT_EQ(map(500, "{}").error.message, "HTTP 500: \"{}\"");
  EXPECT_LT(map(500, std::string(100'000, 'x')).error.message.size(), 300U);
  EXPECT_LT(map(500, R"({"error":{"message":")" + std::string(100'000, 'x') + "\"}}").error.message.size(), 600U);
  EXPECT_EQ(code_of(400, std::string(5'000, '[')), Code::provider_bad_request);
}

TEST(ProviderFailure, ReadsEveryShapeOfABody) {
  const auto fastapi = map(422, R"({"detail":[{"loc":["body","model"],"msg":"field required","type":"missing"}]})");
  EXPECT_EQ(fastapi.native.message, "body.model: field required");
  const auto flat = map(400, R"({"object":"error","message":"bad","type":"T","param":"p","code":1500})");
  EXPECT_EQ(flat.native.type, "T");
  EXPECT_EQ(flat.native.code, "1500");
  EXPECT_EQ(flat.native.param, "p");
  EXPECT_EQ(map(400, R"([{"error":{"code":400,"message":"in a list","status":"INVALID_ARGUMENT"}}])").native.message,
            "in a list");
  EXPECT_EQ(map(400, R"({"success":false,"errors":[{"code":7003,"message":"no route"}]})").native.message, "no route");
  EXPECT_EQ(map(400, R"("just text")").native.message, "just text");
  EXPECT_EQ(map(400, R"({"message":"flat message"})").native.message, "flat message");
  EXPECT_EQ(map(400, R"({"object":"error","message":{"detail":[{"loc":["a"],"msg":"nested"}]}})").native.message,
            "a: nested");
  EXPECT_EQ(map(400, R"({"error":{"message":null,"code":null,"type":null,"param":null}})").error.code,
            Code::provider_bad_request);
}

TEST(ProviderFailure, ShowsWhatTheHostBehindAnAggregatorSaid) {
  const auto failure = map(429, R"({"error":{"code":429,"message":"Provider returned error",)"
                                R"("metadata":{"provider_name":"Acme","raw":"try later"}}})");
  EXPECT_EQ(failure.error.code, Code::provider_rate_limited);
  EXPECT_EQ(failure.error.message, "HTTP 429: Provider returned error (Acme: try later)");
}

TEST(ProviderFailure, NeverShowsAKey) {
  const auto failure =
      map(401, R"({"error":{"message":"Incorrect API key provided: swordfish-1.","code":"sk-abcdef123"}})");
  const Error error = failure.error;
  EXPECT_EQ(error.message, "HTTP 401: Incorrect API key provided: [redacted].");
  ASSERT_EQ(error.cause.size(), 1U);
  EXPECT_EQ(error.cause[0], (ErrorCause{"[redacted]", "Incorrect API key provided: [redacted]."}));
  EXPECT_EQ(map(500, "key sk-abcdef123 failed").error.message, "HTTP 500: \"key [redacted] failed\"");
}

TEST(ProviderFailure, RefusesRedirects) {
  const auto failure = map(302, "", {{"Location", "https://elsewhere.example/login?key=abcdef"}});
  EXPECT_EQ(failure.error.code, Code::provider_redirect_refused);
  EXPECT_NE(failure.error.message.find("https://elsewhere.example/login?key=[redacted]"), std::string::npos);
  EXPECT_EQ(map(304, "", {{"Location", "/x"}}).error.code, Code::provider_unexpected_status);
}

TEST(ProviderFailure, TellsHowLongToWaitAndWhichRequestItWas) {
  const auto failure = map(429, R"({"error":{"message":"m"},"request_id":"req_body"})",
                           {{"Retry-After", "2.5"}, {"X-Request-Id", "req_head"}, {"x-should-retry", "false"}});
  EXPECT_EQ(failure.retry_after_ms, 2'500U);
  EXPECT_EQ(failure.request_id, "req_head");
  EXPECT_EQ(failure.should_retry, false);
  EXPECT_EQ(map(500, R"({"request_id":"req_body","error":{"message":"m"}})").request_id, "req_body");
  const auto google =
      map(429, R"({"error":{"status":"RESOURCE_EXHAUSTED","message":"m","details":[{"retryDelay":"3661s"}]}})");
  EXPECT_EQ(google.retry_after_ms, 60'000U);
  EXPECT_TRUE(google.retry_after_clamped);
  EXPECT_EQ(map(429, "").retry_after_ms, std::nullopt);
}

TEST(ProviderFailure, MapsErrorsInsideAStream) {
  EXPECT_EQ(stream_code(R"({"code":502,"message":"Upstream"})"), "provider_server_error");
  EXPECT_EQ(stream_code(R"({"error":{"code":429,"message":"m"}})"), "provider_rate_limited");
  EXPECT_EQ(stream_code(R"({"type":"error","code":"rate_limit_exceeded","message":"m","param":null})"),
            "provider_rate_limited");
  EXPECT_EQ(stream_code(R"({"code":"insufficient_quota","message":"m"})"), "provider_quota_exhausted");
  EXPECT_EQ(stream_code(R"({"code":"server_error","message":"m"})"), "provider_server_error");
  EXPECT_EQ(stream_code(R"({"type":"overloaded_error","message":"m"})"), "provider_overloaded");
  EXPECT_EQ(stream_code(R"({"type":"invalid_request_error","code":"tool_use_failed","status_code":400,"message":"m"})"),
            "provider_stream_error");
  EXPECT_EQ(stream_code(R"({"code":"something_new","message":"m"})"), "provider_stream_error");
  EXPECT_EQ(stream_code("{}"), "provider_stream_error");
  EXPECT_EQ(map_stream_error("the prompt is too long: 9 > 8").code, "provider_context_overflow");
  EXPECT_EQ(map(200, R"({"error":{"code":"content_filter","status":400,"message":"m"}})").error.code,
            Code::provider_content_policy);
}

TEST(ProviderFailure, EveryErrorFollowsTheMappingTable) {
  for (unsigned status = 100; status < 600; ++status) {
    EXPECT_TRUE(follows_mapping(map(status, R"({"error":{"message":"m"}})").error));
  }
  EXPECT_TRUE(follows_mapping(map_stream_error("m")));
}

}  // namespace
}  // namespace orchestrator::harness::codec
