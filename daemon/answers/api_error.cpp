// SPDX-License-Identifier: Apache-2.0
#include "daemon/answers/api_error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <utility>

namespace orchestrator::daemon {
namespace {

using harness::RuntimeErrorCode;

constexpr auto kStatuses = std::to_array<std::pair<RuntimeErrorCode, unsigned>>({
    {RuntimeErrorCode::invalid_argument, 400},   {RuntimeErrorCode::configuration_invalid, 400},
    {RuntimeErrorCode::unknown_provider, 400},   {RuntimeErrorCode::key_missing, 409},
    {RuntimeErrorCode::capability_missing, 400}, {RuntimeErrorCode::negotiation_failed, 400},
    {RuntimeErrorCode::budget_unpriced, 400},    {RuntimeErrorCode::script_invalid, 400},
    {RuntimeErrorCode::run_not_found, 404},      {RuntimeErrorCode::session_not_found, 404},
    {RuntimeErrorCode::run_not_active, 409},     {RuntimeErrorCode::run_locked, 409},
    {RuntimeErrorCode::session_busy, 409},       {RuntimeErrorCode::precondition_failed, 409},
    {RuntimeErrorCode::journal_damaged, 409},    {RuntimeErrorCode::limit_exceeded, 422},
    {RuntimeErrorCode::queue_full, 429},         {RuntimeErrorCode::not_supported, 422},
    {RuntimeErrorCode::not_a_journal, 422},      {RuntimeErrorCode::version_too_new, 422},
    {RuntimeErrorCode::storage_full, 507},       {RuntimeErrorCode::storage_readonly, 503},
    {RuntimeErrorCode::storage_failed, 503},     {RuntimeErrorCode::storage_unavailable, 503},
    {RuntimeErrorCode::harness_closed, 503},     {RuntimeErrorCode::local_model_unavailable, 503},
    {RuntimeErrorCode::imported_run, 409},
});

}  // namespace

unsigned status_of(const harness::Error& error) {
  for (const auto& [code, status] : kStatuses) {
    if (error.code == harness::name_of(code)) return status;
  }
  switch (error.category) {
    case harness::ErrorCategory::provider:
      return 502;
    case harness::ErrorCategory::tool:
      return 400;
    case harness::ErrorCategory::runtime:
      break;
  }
  return 500;
}

ApiError to_api_error(const harness::Error& error) {
  return {.status = status_of(error), .code = error.code, .message = error.message, .at = error.at};
}

ApiError to_api_error(const HeadFault& fault) {
  return {.status = fault.status, .code = fault.code, .message = fault.message};
}

Reply to_reply(const ApiError& error) {
  boost::json::object inner{{"code", error.code}, {"message", error.message}};
  inner["at"] = error.at.empty() ? boost::json::value(nullptr) : boost::json::value(error.at);
  inner["limit"] = error.limit;
  inner["got"] = error.got;
  boost::json::object outer;
  outer["error"] = std::move(inner);
  Reply reply = json_reply(error.status, boost::json::serialize(outer));
  if (error.status == 401) reply.fields.add("WWW-Authenticate", "Bearer");
  if (error.status == 429 || error.status == 503) reply.fields.add("Retry-After", "1");
  return reply;
}

Reply json_reply(unsigned status, std::string json) {
  json.push_back('\n');
  return text_reply(status, "application/json", std::move(json));
}

Reply text_reply(unsigned status, std::string media_type, std::string text) {
  Reply reply;
  reply.status = status;
  reply.fields.add("Content-Type", std::move(media_type));
  reply.fields.add("Cache-Control", "no-store");
  reply.fields.add("X-Content-Type-Options", "nosniff");
  reply.fields.add("Referrer-Policy", "no-referrer");
  reply.fields.add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  reply.body = std::move(text);
  return reply;
}

}  // namespace orchestrator::daemon
