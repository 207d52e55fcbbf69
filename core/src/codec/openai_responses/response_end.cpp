// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/response_end.hpp"

#include <algorithm>

#include "codec/json_document.hpp"
#include "codec/provider_failure.hpp"
#include "codec/service_tier.hpp"

namespace orchestrator::harness::codec::responses {
namespace {

namespace json = boost::json;

// Tools that the provider runs itself and charges by the call.
bool is_hosted_call(const json::value& item) {
  const json::object* object = item.if_object();
  const std::string_view type = object == nullptr ? std::string_view() : string_or(*object, "type");
  return type == "web_search_call" || type == "file_search_call" || type == "code_interpreter_call" ||
         type == "image_generation_call";
}

std::optional<EndStatus> status_of(std::string_view word) {
  if (word == "completed") return EndStatus::completed;
  if (word == "incomplete") return EndStatus::incomplete;
  if (word == "failed") return EndStatus::failed;
  if (word == "cancelled") return EndStatus::other;
  return std::nullopt;
}

}  // namespace

ResponseEnd read_end(const json::object* response, std::string_view event_status) {
  ResponseEnd end;
  const std::string_view sent = response == nullptr ? std::string_view() : string_or(*response, "status");
  const std::string_view word = status_of(sent) || event_status.empty() ? sent : event_status;
  end.status = status_of(word).value_or(EndStatus::other);
  end.native = word;
  const json::object* details = response == nullptr ? nullptr : find_object(*response, "incomplete_details");
  if (end.status == EndStatus::incomplete && details != nullptr) {
    end.incomplete_reason = string_or(*details, "reason");
    if (!end.incomplete_reason.empty()) end.native += ":" + end.incomplete_reason;
  }
  return end;
}

FinishReason finish_reason_of(const ResponseEnd& end, AnswerContent content) {
  if (end.status == EndStatus::completed) {
    if (content.has_calls) return FinishReason::tool_calls;
    return content.has_refusal ? FinishReason::refusal : FinishReason::stop;
  }
  if (end.status == EndStatus::incomplete && end.incomplete_reason == "max_output_tokens") return FinishReason::length;
  if (end.status == EndStatus::incomplete && end.incomplete_reason == "content_filter")
    return FinishReason::content_filter;
  return FinishReason::other;
}

std::optional<Usage> read_usage(const json::object& response) {
  const json::object* sent = find_object(response, "usage");
  if (sent == nullptr) return std::nullopt;
  Usage usage;
  usage.input = read_token_count(*sent, "input_tokens", usage.invalid);
  usage.output = read_token_count(*sent, "output_tokens", usage.invalid);
  usage.total = read_token_count(*sent, "total_tokens", usage.invalid);
  if (const json::object* details = find_object(*sent, "input_tokens_details")) {
    usage.cached_input = read_token_count(*details, "cached_tokens", usage.invalid);
    usage.cache_write = read_token_count(*details, "cache_write_tokens", usage.invalid);
  }
  if (const json::object* details = find_object(*sent, "output_tokens_details")) {
    usage.reasoning = read_token_count(*details, "reasoning_tokens", usage.invalid);
  }
  if (usage == Usage{}) return std::nullopt;
  add_service_tier(usage, string_or(response, "service_tier"));
  if (const json::array* output = find_array(response, "output")) {
    if (std::ranges::any_of(*output, is_hosted_call)) add_unpriced(usage, "hosted_tools");
  }
  return usage;
}

Error failure_of_response(const json::object* response) {
  if (response == nullptr || find_member(*response, "error") == nullptr)
    return map_stream_error("the response failed without a reason");
  return failure_of_event(*response);
}

Error failure_of_event(const json::object& event) {
  if (const json::object* error = find_object(event, "error")) return map_stream_error(*error);
  if (const auto message = find_string(event, "error")) return map_stream_error(*message);
  return map_stream_error(event);
}

}  // namespace orchestrator::harness::codec::responses
