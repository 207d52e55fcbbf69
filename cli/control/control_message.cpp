// SPDX-License-Identifier: Apache-2.0
#include "cli/control/control_message.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::Error;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kDepthMax = 4;
constexpr auto kVerbs =
    std::to_array<std::string_view>({"abort", "hint", "pause", "resume", "checkpoint", "approve", "deny"});

std::unexpected<Error> malformed(std::string_view what) {
  return fail(RuntimeErrorCode::invalid_argument, "the control socket got " + std::string(what), "control");
}

std::optional<json::object> parse_object(std::string_view line) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code error;
  json::value value = json::parse(line, error, {}, options);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  json::object& object = value.as_object();
  const json::value* version = object.if_contains("v");
  if (version == nullptr || !version->is_int64() || version->as_int64() != kVersion) {
    return std::nullopt;
  }
  return std::move(object);
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

bool truth_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

/// The error with the fields that its code stands for; an unknown code keeps its text alone.
Error error_of(std::string_view code, std::string message) {
  for (int number = 0; number <= static_cast<int>(RuntimeErrorCode::internal); ++number) {
    const auto known = static_cast<RuntimeErrorCode>(number);
    if (harness::name_of(known) == code) {
      return fail(known, std::move(message)).error();
    }
  }
  Error error = fail(RuntimeErrorCode::internal, std::move(message)).error();
  error.code = code;
  return error;
}

}  // namespace

std::string_view name_of(ControlVerb verb) { return kVerbs.at(static_cast<std::size_t>(verb)); }

std::string encode_request(const ControlRequest& request) {
  json::object object{{"v", kVersion},
                      {"command", name_of(request.verb)},
                      {"run_id", request.run_id.str()},
                      {"after_turn", request.after_turn},
                      {"text", request.text},
                      {"by", request.by}};
  if (request.interrupt_id) {
    object.emplace("interrupt_id", request.interrupt_id->str());
    object.emplace("for_run", request.for_run);
  }
  return json::serialize(object) + "\n";
}

std::string encode_answer(const Result<ControlAnswer>& answer) {
  if (answer) {
    return json::serialize(json::object{{"v", kVersion}, {"ok", true}, {"hint_id", answer->hint_id}}) + "\n";
  }
  const json::object error{{"code", answer.error().code}, {"message", answer.error().message}};
  return json::serialize(json::object{{"v", kVersion}, {"ok", false}, {"error", error}}) + "\n";
}

Result<ControlRequest> parse_request(std::string_view line) {
  const auto object = parse_object(line);
  if (!object) {
    return malformed("a line that is no request of version 1");
  }
  const auto verb = std::ranges::find(kVerbs, text_in(*object, "command"));
  if (verb == kVerbs.end()) {
    return malformed("an unknown command");
  }
  const auto run_id = harness::RunId::parse(text_in(*object, "run_id"));
  if (!run_id) {
    return malformed("a request without a run id");
  }
  ControlRequest request{static_cast<ControlVerb>(verb - kVerbs.begin()), *run_id, truth_in(*object, "after_turn"),
                         text_in(*object, "text"), text_in(*object, "by")};
  request.interrupt_id = harness::InterruptId::parse(text_in(*object, "interrupt_id"));
  request.for_run = truth_in(*object, "for_run");
  const bool is_answer = request.verb == ControlVerb::approve || request.verb == ControlVerb::deny;
  if (is_answer && !request.interrupt_id) {
    return malformed("an answer without the id of its question");
  }
  return request;
}

Result<ControlAnswer> parse_answer(std::string_view line) {
  const auto object = parse_object(line);
  if (!object) {
    return malformed("a line that is no answer of version 1");
  }
  if (truth_in(*object, "ok")) {
    return ControlAnswer{text_in(*object, "hint_id")};
  }
  const json::value* error = object->if_contains("error");
  if (error == nullptr || !error->is_object()) {
    return malformed("a refusal without its error");
  }
  return std::unexpected(error_of(text_in(error->as_object(), "code"), text_in(error->as_object(), "message")));
}

}  // namespace orchestrator::cli
