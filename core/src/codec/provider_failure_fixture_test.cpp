// SPDX-License-Identifier: Apache-2.0
// Goal: recorded error answers of all providers are read as their meta files say, and retried exactly where it helps.
// Method: every case of `http-errors`; skipped where the recordings are absent.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "codec/key_redaction.hpp"
#include "codec/provider_failure.hpp"
#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

struct Answer {
  unsigned status = 0;
  Headers headers;
  std::string_view body;
};

Answer read_answer(std::string_view bytes) {
  Answer answer;
  const auto head_end = bytes.find("\r\n\r\n");
  std::string_view head = bytes.substr(0, head_end);
  answer.body = bytes.substr(head_end + 4);
  answer.status = static_cast<unsigned>(std::stoi(std::string(head.substr(9, 3))));
  while (!head.empty()) {
    const auto line_end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, line_end);
    if (const auto colon = line.find(": "); colon != std::string_view::npos) {
      answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    head.remove_prefix(std::min(line_end + 2, head.size()));
  }
  return answer;
}

// A field of `expected` as text; empty for null.
std::string text_of(const boost::json::object& expected, std::string_view name) {
  const auto* value = expected.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}

// Where the providers' own clients retry in vain, because they look at the status alone.
const std::set<std::string> kRetriedInVain = {
    "openai-429-insufficient-quota",  // no waiting mends a quota
    "llamacpp-500-jinja",             // the server was started without the flag
    "llamacpp-501",                   // the server does not know how
};

TEST(HttpErrorFixtures, AreReadAsTheirMetaFilesSay) {
  const auto names = testing::fixture_names("http-errors");
  if (names.empty()) GTEST_SKIP() << "no recordings";
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    const auto fixture = testing::read_fixture("http-errors", name);
    const auto& expected = fixture.expected();
    const Answer answer = read_answer(fixture.bytes);
    const auto failure = map_http_failure(answer.status, answer.headers, answer.body, "llm.example");

    EXPECT_EQ(std::to_string(answer.status), text_of(expected, "status"));
    EXPECT_EQ(failure.native.type, text_of(expected, "type"));
    EXPECT_EQ(failure.native.code, text_of(expected, "code"));
    EXPECT_EQ(failure.native.param, text_of(expected, "param"));
    EXPECT_EQ(failure.native.message, redact_keys(text_of(expected, "message")));
    EXPECT_EQ(failure.request_id, text_of(expected, "request_id"));
    EXPECT_EQ(failure.native.retry_delay, text_of(expected, "retry_delay_hint"));
    EXPECT_EQ(find_header(answer.headers, "retry-after"), text_of(expected, "retry_after"));
    EXPECT_EQ(find_header(answer.headers, "retry-after-ms"), text_of(expected, "retry_after_ms"));
    const std::string advice = text_of(expected, "x_should_retry");
    EXPECT_EQ(failure.should_retry, advice.empty() ? std::nullopt : std::optional(advice == "true"));

    const Error error = failure.error;
    EXPECT_TRUE(follows_mapping(error));
    const bool retried_by_clients = expected.at("sdk_would_retry").as_bool();
    EXPECT_EQ(error.retryable, retried_by_clients && !kRetriedInVain.contains(name)) << error.code;
    EXPECT_NE(error.code, "provider_unknown");
    EXPECT_NE(error.code, "provider_unexpected_status");
  }
}

TEST(HttpErrorFixtures, GiveTheRightCodeWhereTheStatusMisleads) {
  const std::map<std::string, std::string_view> rows = {
      {"anthropic-400-context", "provider_context_overflow"},
      {"azure-404-deployment", "provider_model_not_found"},
      {"anthropic-404-model", "provider_model_not_found"},
      {"gemini-400-invalid-key", "provider_auth_failed"},
      {"gemini-404-model", "provider_model_not_found"},
      {"gemini-429-quota-retryinfo", "provider_rate_limited"},
      {"llamacpp-400-context", "provider_context_overflow"},
      {"llamacpp-500-jinja", "provider_bad_request"},
      {"mistral-400-flat", "provider_model_not_found"},
      {"ollama-cloud-400-context", "provider_context_overflow"},
      {"ollama-native-404", "provider_model_not_found"},
      {"openai-400-context-length", "provider_context_overflow"},
      {"openai-400-model-not-found", "provider_model_not_found"},
      {"openai-400-previous-response", "provider_bad_request"},
      {"openai-429-insufficient-quota", "provider_quota_exhausted"},
      {"openai-chat-400-image-url", "provider_bad_request"},
      {"openrouter-400-context", "provider_context_overflow"},
      {"openrouter-400-model", "provider_model_not_found"},
      {"vertex-400-context", "provider_context_overflow"},
      {"xai-400-string-error", "provider_auth_failed"},
  };
  if (testing::fixture_names("http-errors").empty()) GTEST_SKIP() << "no recordings";
  for (const auto& [name, code] : rows) {
    const auto fixture = testing::read_fixture("http-errors", name);
    const Answer answer = read_answer(fixture.bytes);
    EXPECT_EQ(name_of(map_http_failure(answer.status, answer.headers, answer.body, "h").error.code), code) << name;
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
