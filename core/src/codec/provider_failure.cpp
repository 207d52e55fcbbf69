// SPDX-License-Identifier: Apache-2.0
#include "codec/provider_failure.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "codec/json_document.hpp"
#include "codec/key_redaction.hpp"

namespace orchestrator::harness::codec {
namespace {

using Code = ProviderErrorCode;
using MaybeCode = std::optional<ProviderErrorCode>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

// The provider's words in lower case, ready to be compared.
struct Evidence {
  std::vector<std::string> words;  // code, type and further reasons, the most specific first
  std::string text;                // message and upstream message

  [[nodiscard]] bool says(std::string_view part) const { return text.find(part) != std::string::npos; }
  [[nodiscard]] bool names(std::string_view word) const { return std::ranges::find(words, word) != words.end(); }
};

Evidence evidence_of(const ProviderErrorBody& body) {
  Evidence out;
  for (const auto& reason : body.reasons) out.words.push_back(lower_case(reason));
  out.words.push_back(lower_case(body.code));
  out.words.push_back(lower_case(body.type));
  out.text = lower_case(body.message) + '\n' + lower_case(body.upstream) + '\n' + lower_case(body.excerpt);
  return out;
}

// Words that mean one thing wherever they occur, whatever the status says.
struct WordRow {
  std::string_view word;
  Code code;
};
constexpr auto kCertainWords = std::to_array<WordRow>({
    {"context_length_exceeded", Code::provider_context_overflow},
    {"exceed_context_size_error", Code::provider_context_overflow},
    {"context_window_exceeded", Code::provider_context_overflow},
    {"model_context_window_exceeded", Code::provider_context_overflow},
    {"content_filter", Code::provider_content_policy},
    {"content_policy_violation", Code::provider_content_policy},
    {"responsibleaipolicyviolation", Code::provider_content_policy},
    {"invalid_prompt", Code::provider_content_policy},
    {"moderation", Code::provider_content_policy},
    {"moderation_blocked", Code::provider_content_policy},
    {"image_content_policy_violation", Code::provider_content_policy},
    {"insufficient_quota", Code::provider_quota_exhausted},
    {"credit_balance_exhausted", Code::provider_quota_exhausted},
    {"organization_spend_limit_exceeded", Code::provider_quota_exhausted},
    {"project_spend_limit_exceeded", Code::provider_quota_exhausted},
    {"organization_usage_limit_exceeded", Code::provider_quota_exhausted},
    {"enforced_spend_limit_reached", Code::provider_quota_exhausted},
    {"billing_error", Code::provider_quota_exhausted},
    {"billing_hard_limit_reached", Code::provider_quota_exhausted},
    {"billing_not_active", Code::provider_quota_exhausted},
    {"exceeded_current_quota_error", Code::provider_quota_exhausted},
    {"invalid_api_key", Code::provider_auth_failed},
    {"api_key_invalid", Code::provider_auth_failed},
    {"authentication_error", Code::provider_auth_failed},
    {"unauthenticated", Code::provider_auth_failed},
    {"model_not_found", Code::provider_model_not_found},
    {"invalid_model", Code::provider_model_not_found},
    {"deploymentnotfound", Code::provider_model_not_found},
    {"overloaded_error", Code::provider_overloaded},
    {"server_is_overloaded", Code::provider_overloaded},
    {"request_too_large", Code::provider_request_too_large},
});

// Words that decide only where there is no status, inside a stream.
constexpr auto kStreamWords = std::to_array<WordRow>({
    {"rate_limit_exceeded", Code::provider_rate_limited},
    {"rate_limit_error", Code::provider_rate_limited},
    {"slow_down", Code::provider_rate_limited},
    {"resource_exhausted", Code::provider_rate_limited},
    {"too_many_requests", Code::provider_rate_limited},
    {"permission_error", Code::provider_permission_denied},
    {"permission_denied", Code::provider_permission_denied},
    {"not_found_error", Code::provider_not_found},
    {"tool_use_failed", Code::provider_stream_error},  // the model's own mistake, not the request's
    {"timeout_error", Code::provider_timeout},
    {"timeout", Code::provider_timeout},
    {"deadline_exceeded", Code::provider_timeout},
    {"unavailable", Code::provider_overloaded},
    {"unavailable_error", Code::provider_overloaded},
    {"service_unavailable", Code::provider_overloaded},
    {"server_error", Code::provider_server_error},
    {"internal_server_error", Code::provider_server_error},
    {"internal_error", Code::provider_server_error},
    {"internal", Code::provider_server_error},
    {"api_error", Code::provider_server_error},
    {"invalid_request_error", Code::provider_bad_request},
    {"invalid_argument", Code::provider_bad_request},
});

template <class Rows>
MaybeCode code_by_word(const Evidence& evidence, const Rows& rows) {
  for (const auto& word : evidence.words) {
    for (const auto& row : rows) {
      if (row.word == word) return row.code;
    }
  }
  return std::nullopt;
}

bool says_context_overflow(const Evidence& e) {
  return e.says("prompt is too long") || e.says("prompt too long") || e.says("maximum context length") ||
         e.says("max context length") || e.says("available context size") || e.says("exceeds the context window") ||
         e.says("context window exceeded") || e.says("exceeds the model's context") ||
         (e.says("input token count") && e.says("exceeds the maximum")) ||
         (e.says("input length and `max_tokens` exceed context limit"));
}

bool says_quota(const Evidence& e) {
  return e.says("credit balance is too low") || e.says("insufficient balance") || e.says("insufficient credit") ||
         e.says("monthly spending limit") || e.says("used all available credits") || e.says("free-models-per-day") ||
         (e.says("exceeded your current quota") && !e.names("resource_exhausted"));
}

bool is_daily_google_quota(const Evidence& e) {
  return e.names("resource_exhausted") &&
         std::ranges::any_of(e.words, [](const auto& word) { return word.find("perday") != std::string::npos; });
}

bool says_bad_key(const Evidence& e) {
  return e.says("incorrect api key") || e.says("api key not valid") || e.says("invalid api key");
}

bool says_unknown_model(const Evidence& e) {
  if (!e.says("model")) return false;
  return e.says("not found") || e.says("does not exist") || e.says("not a valid model") || e.says("unknown model") ||
         e.says("invalid model");
}

bool says_content_policy(const Evidence& e) {
  return e.says("content management policy") || e.says("flagged as potentially violating") ||
         e.says("requires moderation") || e.says("violate our usage policies") || e.says("violating our usage policy");
}

// A 500 that comes back for every repetition: the server was started without what the request needs.
bool says_missing_server_flag(const Evidence& e) {
  return e.says("--jinja") || e.says("--mmproj") || e.says("mmproj") || e.says("jinja template") ||
         e.says("failed to parse grammar");
}

MaybeCode code_of_client_error(unsigned status, const Evidence& e) {
  if (status == 401) return Code::provider_auth_failed;
  if (status == 402) return Code::provider_quota_exhausted;
  if (status == 404) {
    const bool model = says_unknown_model(e) || e.says("model:") || e.says("no endpoints found");
    return model ? Code::provider_model_not_found : Code::provider_not_found;
  }
  if (status == 429) {
    // One request larger than the whole allowance of a minute: waiting does not help.
    return e.says("request too large for") ? Code::provider_request_too_large : Code::provider_rate_limited;
  }
  if (says_bad_key(e)) return Code::provider_auth_failed;
  switch (status) {
    case 403:
      return Code::provider_permission_denied;
    case 408:
      return Code::provider_timeout;
    case 409:
      return Code::provider_conflict;
    case 410:
      return Code::provider_not_found;
    case 413:
      return Code::provider_request_too_large;
    case 400:
      return says_unknown_model(e) ? Code::provider_model_not_found : Code::provider_bad_request;
    case 415:
    case 422:
    case 424:
      return Code::provider_bad_request;
    case 498:
      return Code::provider_overloaded;  // Groq: no capacity in this tier
    default:
      return std::nullopt;
  }
}

MaybeCode code_of_server_error(unsigned status, const Evidence& e) {
  if (status == 500 && (says_missing_server_flag(e) || e.names("invalid_request_error"))) {
    return Code::provider_bad_request;
  }
  switch (status) {
    case 500:
    case 502:
    case 520:
    case 521:
    case 523:
      return Code::provider_server_error;
    case 501:
      return Code::provider_bad_request;
    case 503:
    case 529:
      return Code::provider_overloaded;
    case 504:
    case 522:
    case 524:
      return Code::provider_timeout;
    default:
      return std::nullopt;
  }
}

// What the words alone say: true of HTTP answers and of streams.
MaybeCode code_of_words(const Evidence& e) {
  if (is_daily_google_quota(e)) return Code::provider_quota_exhausted;
  if (const auto code = code_by_word(e, kCertainWords)) return code;
  if (says_context_overflow(e)) return Code::provider_context_overflow;
  if (says_content_policy(e)) return Code::provider_content_policy;
  if (says_quota(e)) return Code::provider_quota_exhausted;
  return std::nullopt;
}

MaybeCode code_of_status(unsigned status, const Evidence& evidence) {
  if (status >= 400 && status <= 499) return code_of_client_error(status, evidence);
  if (status >= 500 && status <= 599) return code_of_server_error(status, evidence);
  return std::nullopt;
}

// For an error that came with `status`, between 400 and 599.
Code code_of_failure(unsigned status, const Evidence& evidence) {
  // A refused key stays a refused key, whatever else the text speaks of.
  if (status != 401) {
    if (const auto code = code_of_words(evidence)) return *code;
  }
  return code_of_status(status, evidence).value_or(Code::provider_unexpected_status);
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// One line for people: what the provider said, or what came in place of words.
std::string said_by(const ProviderErrorBody& body) {
  if (!body.message.empty()) {
    std::string text = quote_provider_text(body.message, {.bytes_max = 500});
    if (!body.upstream.empty()) text += " (" + body.upstream + ")";
    return text;
  }
  if (!body.code.empty() || !body.type.empty()) return body.code.empty() ? body.type : body.code;
  if (!body.title.empty()) return "an HTML page titled \"" + body.title + "\"";
  if (!body.excerpt.empty()) return "\"" + body.excerpt + "\"";
  return "no text";
}

std::vector<ErrorCause> cause_of(const ProviderErrorBody& body) {
  const std::string& code = body.code.empty() ? body.type : body.code;
  if (code.empty() && body.message.empty()) return {};
  return {ErrorCause{code, body.message}};
}

// What a reader should know that the provider's text does not say.
std::string_view advice_for(Code code, const Evidence& evidence, unsigned status) {
  if (status == 500 && code == Code::provider_bad_request && says_missing_server_flag(evidence)) {
    return "; the server must be started with other options";
  }
  if (status == 503 && evidence.says("loading model")) return "; the server is still loading its model";
  return {};
}

// The HTTP status that some hosts send as the error's code, such as `400`; else 0.
unsigned status_in_code(std::string_view code) {
  const bool status = code.size() == 3 && (code[0] == '4' || code[0] == '5') && code[1] >= '0' && code[1] <= '9' &&
                      code[2] >= '0' && code[2] <= '9';
  return status ? static_cast<unsigned>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0')) : 0;
}

// The status that an error object carries in a field of its own: Groq's `status_code`, Azure's `status`.
unsigned status_in(const boost::json::object& object) {
  const auto* inner = find_object(object, "error");
  for (const auto* key : {"status_code", "status"}) {
    const auto number = uint_or(inner == nullptr ? object : *inner, key, 0);
    if (number >= 400 && number <= 599) return static_cast<unsigned>(number);
  }
  return 0;
}

ProviderError stream_error(const ProviderErrorBody& body, unsigned status) {
  const Evidence evidence = evidence_of(body);
  MaybeCode code = code_of_words(evidence);
  if (!code && evidence.names("tool_use_failed")) code = Code::provider_stream_error;
  if (!code && status != 0) code = code_of_status(status, evidence);
  if (!code) code = code_by_word(evidence, kStreamWords);
  return {.code = code.value_or(Code::provider_stream_error),
          .message = "the provider reported an error inside its answer: " + said_by(body),
          .at = {},
          .cause = cause_of(body)};
}

ProviderError error_of_status(unsigned status, const Headers& headers, const ProviderErrorBody& body) {
  const std::string number = std::to_string(status);
  if (is_redirect(status) && !find_header(headers, "location").empty()) {
    const std::string target = quote_provider_text(find_header(headers, "location"), {.bytes_max = 200});
    return {.code = Code::provider_redirect_refused,
            .message = "HTTP " + number + ": the server redirects to " + target +
                       "; redirects are not followed, because they would carry the key to another place",
            .at = {}};
  }
  if (status == 200) {
    return {.code = Code::provider_not_sse,
            .message = "HTTP 200, but the answer is no event stream: " + said_by(body),
            .at = {}};
  }
  if (status < 400 || status > 599) {
    return {.code = Code::provider_unexpected_status,
            .message = "HTTP " + number + " is no answer to a model request; expected 200: " + said_by(body),
            .at = {}};
  }
  const Evidence evidence = evidence_of(body);
  const Code code = code_of_failure(status, evidence);
  return {.code = code,
          .message = "HTTP " + number + ": " + said_by(body) + std::string(advice_for(code, evidence, status)),
          .at = {}};
}

}  // namespace

std::string request_id_of(const Headers& headers) {
  for (const std::string_view name : {"x-request-id", "request-id", "x-generation-id"}) {
    const std::string_view value = find_header(headers, name);
    if (!value.empty()) return quote_provider_text(value, {.bytes_max = 200});
  }
  return {};
}

std::optional<RetryAdvice> advice_of(const ProviderFailure& failure) {
  if (!failure.retry_after_ms && !failure.should_retry) return std::nullopt;
  return RetryAdvice{failure.retry_after_ms, failure.retry_after_clamped, failure.should_retry};
}

ProviderFailure map_http_failure(unsigned status, const Headers& headers, std::string_view body, std::string_view host,
                                 WallTime now) {
  ProviderFailure out;
  out.native = read_error_body(body);
  const bool error_in_answer = status == 200 && !out.native.message.empty();
  out.error = error_in_answer ? stream_error(out.native, status_in_code(out.native.code))
                              : error_of_status(status, headers, out.native);
  out.error.at = host;
  out.error.cause = cause_of(out.native);

  out.request_id = request_id_of(headers);
  if (out.request_id.empty()) out.request_id = out.native.request_id;

  auto delay = retry_delay_of(headers, now);
  if (!delay) delay = parse_delay_seconds(out.native.retry_delay);
  if (delay) {
    out.retry_after_ms = delay->delay_ms;
    out.retry_after_clamped = delay->clamped;
  }
  const std::string_view advice = find_header(headers, "x-should-retry");
  if (advice == "true" || advice == "false") out.should_retry = advice == "true";
  return out;
}

Error map_stream_error(const boost::json::object& error) {
  const ProviderErrorBody body = read_error_object(error);
  const unsigned status = status_in(error);
  return stream_error(body, status != 0 ? status : status_in_code(body.code));
}

Error map_stream_error(std::string_view message) {
  ProviderErrorBody body;
  body.message = quote_provider_text(message, {.keep_lines = true});
  return stream_error(body, 0);
}

}  // namespace orchestrator::harness::codec
