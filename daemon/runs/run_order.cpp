// SPDX-License-Identifier: Apache-2.0
#include "daemon/runs/run_order.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <utility>
#include <vector>

#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::daemon {
namespace {

namespace json = boost::json;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

std::vector<std::string> texts_of(const json::value& value) {
  std::vector<std::string> texts;
  for (const json::value& one : value.as_array()) texts.push_back(text_of(one));
  return texts;
}

Result<void> read_tools(const json::object& body, cli::ToolChoice& into) {
  if (const auto* workspace = body.if_contains("workspace")) {
    into.workspace = text_of(*workspace);
    if (!std::filesystem::path(into.workspace).is_absolute()) {
      return fail(RuntimeErrorCode::invalid_argument, "workspace must be an absolute path", "/workspace");
    }
    into.names.clear();
    for (const auto& tool : harness::workspace_tools()) into.names.push_back(tool->spec().name);
  }
  if (const auto* tools = body.if_contains("tools")) into.names = texts_of(*tools);
  if (const auto* approve = body.if_contains("approve")) {
    into.policy.approval = approval_of_word(text_of(*approve));
  }
  return {};
}

}  // namespace

Result<void> read_settings(const json::object& settings, harness::GenerationSettings& into) {
  for (const auto& [key, value] : settings) {
    const auto* text = value.if_string();
    const std::string written = text != nullptr ? std::string(*text) : json::serialize(value);
    if (auto done = harness::set_by_name(into, key, written); !done) {
      done.error().at = "/settings/" + std::string(key);
      return done;
    }
  }
  return {};
}

void read_budgets(const json::object& budgets, harness::Budgets& into) {
  if (const auto* value = budgets.if_contains("cost_micro_usd"))
    into.cost_micro_usd = value->to_number<std::uint64_t>();
  if (const auto* value = budgets.if_contains("tokens")) into.tokens = value->to_number<std::uint64_t>();
  if (const auto* value = budgets.if_contains("turns")) into.turns = value->to_number<std::uint32_t>();
  if (const auto* value = budgets.if_contains("allow_unpriced")) into.allow_unpriced = value->as_bool();
}

harness::ApprovalMode approval_of_word(std::string_view word) {
  return word == "never"    ? harness::ApprovalMode::never
         : word == "always" ? harness::ApprovalMode::always
                            : harness::ApprovalMode::ask;
}

Result<RunOrder> read_run_order(const json::value& value, cli::RunRequest defaults) {
  const json::object& body = value.as_object();
  RunOrder order;
  order.request = std::move(defaults);
  order.input = text_of(body.at("input"));
  cli::RunRequest& request = order.request;
  if (const auto* id = body.if_contains("session_id")) {
    order.session_id = harness::SessionId::parse(text_of(*id));
    if (!order.session_id) return fail(RuntimeErrorCode::invalid_argument, "session_id is no id", "/session_id");
  }
  if (const auto* model = body.if_contains("model")) {
    if (auto parsed = harness::ModelRef::parse(text_of(*model)); !parsed) {
      return fail(RuntimeErrorCode::invalid_argument, "model is wrong: " + parsed.error().message, "/model");
    }
    request.model = text_of(*model);
    request.fallbacks.clear();
  }
  if (const auto* names = body.if_contains("fallbacks")) request.fallbacks = texts_of(*names);
  for (std::size_t at = 0; at < request.fallbacks.size(); ++at) {
    if (auto parsed = harness::ModelRef::parse(request.fallbacks[at]); !parsed) {
      return fail(RuntimeErrorCode::invalid_argument, "a fallback is wrong: " + parsed.error().message,
                  "/fallbacks/" + std::to_string(at));
    }
  }
  if (const auto* text = body.if_contains("system")) request.system = text_of(*text);
  if (const auto* hints = body.if_contains("hints")) request.hints = texts_of(*hints);
  if (const auto* timeout = body.if_contains("timeout_ms")) {
    request.timeouts.run_ms = timeout->to_number<std::uint64_t>();
  }
  if (const auto* remember = body.if_contains("remember")) request.remember = remember->as_bool();
  if (const auto* only = body.if_contains("only_if_idle")) order.only_if_idle = only->as_bool();
  if (const auto* labels = body.if_contains("labels")) {
    for (const auto& [key, label] : labels->as_object()) request.labels.emplace_back(key, text_of(label));
  }
  if (const auto* budgets = body.if_contains("budgets")) read_budgets(budgets->as_object(), request.budgets);
  Result<void> done;
  if (const auto* settings = body.if_contains("settings"))
    done = read_settings(settings->as_object(), request.settings);
  done = done ? read_tools(body, request.tools) : done;
  if (!done) return std::unexpected(std::move(done.error()));
  return order;
}

}  // namespace orchestrator::daemon
