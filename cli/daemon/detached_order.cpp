// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/detached_order.hpp"

#include <array>
#include <boost/json.hpp>
#include <filesystem>
#include <string_view>
#include <utility>

#include "cli/display/quoted_text.hpp"

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr auto kNotOverHttp = std::to_array<std::string_view>(
    {"--file", "--output-schema", "--gates", "--redact", "--injection", "--parallel-tools", "--attempts",
     "--after-output", "--context-tokens", "--when-full", "--recall", "--keep-run", "--pin", "--unpin",
     "--drop-unsupported"});
constexpr std::string_view kScripted = "scripted/";

std::string whole_path(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

/// The daemon works in another folder: a script is named by its whole path.
std::string whole_name(const std::string& model) {
  return model.starts_with(kScripted) ? std::string(kScripted) + whole_path(model.substr(kScripted.size())) : model;
}

json::array texts(const std::vector<std::string>& from) {
  json::array to;
  for (const std::string& text : from) to.emplace_back(text);
  return to;
}

std::string_view word_of(harness::ApprovalMode mode) {
  switch (mode) {
    case harness::ApprovalMode::never:
      return "never";
    case harness::ApprovalMode::always:
      return "always";
    case harness::ApprovalMode::ask:
      break;
  }
  return "ask";
}

Result<json::object> settings_of(const Invocation& invocation, const RunRequest& request) {
  json::object settings;
  for (const std::string& text : invocation.values("--set")) {
    const std::size_t sign = text.find('=');
    if (sign == std::string::npos) continue;  // `make_run_request` has refused it
    const std::string key = text.substr(0, sign);
    if (!settings.emplace(key, text.substr(sign + 1)).second) {
      return fail(RuntimeErrorCode::invalid_argument,
                  "--set " + quoted_text(key) + " can be given once only with --detach", "--set");
    }
  }
  if (invocation.has("--max-output-tokens") && request.settings.max_output_tokens) {
    settings["max_output_tokens"] = *request.settings.max_output_tokens;
  }
  return settings;
}

json::object budgets_of(const harness::Budgets& budgets) {
  json::object object;
  if (budgets.cost_micro_usd) object["cost_micro_usd"] = *budgets.cost_micro_usd;
  if (budgets.tokens) object["tokens"] = *budgets.tokens;
  if (budgets.turns) object["turns"] = *budgets.turns;
  if (budgets.allow_unpriced) object["allow_unpriced"] = true;
  return object;
}

}  // namespace

Result<std::string> detached_order(const Invocation& invocation, const RunRequest& request,
                                   const std::optional<harness::SessionId>& session, const std::string& prompt) {
  for (const std::string_view flag : kNotOverHttp) {
    if (invocation.has(flag)) {
      return fail(RuntimeErrorCode::invalid_argument,
                  std::string(flag) + " does not go with --detach: the daemon cannot take it yet", std::string(flag));
    }
  }
  auto settings = settings_of(invocation, request);
  if (!settings) return std::unexpected(std::move(settings.error()));
  json::object order{{"input", prompt},
                     {"fallbacks", json::array()},
                     {"tools", texts(request.tools.names)},
                     {"approve", word_of(request.tools.policy.approval)},
                     {"remember", request.remember}};
  for (const std::string& name : request.fallbacks) order["fallbacks"].as_array().emplace_back(whole_name(name));
  if (session) order["session_id"] = session->str();
  if (request.model) order["model"] = whole_name(*request.model);
  if (!request.system.empty()) order["system"] = request.system;
  if (!request.hints.empty()) order["hints"] = texts(request.hints);
  if (!settings->empty()) order["settings"] = *std::move(settings);
  if (auto budgets = budgets_of(request.budgets); !budgets.empty()) order["budgets"] = std::move(budgets);
  if (request.timeouts.run_ms) order["timeout_ms"] = *request.timeouts.run_ms;
  if (!request.tools.workspace.empty()) order["workspace"] = whole_path(request.tools.workspace);
  if (!request.labels.empty()) {
    json::object labels;
    for (const auto& [key, label] : request.labels) labels[key] = label;
    order["labels"] = std::move(labels);
  }
  return json::serialize(order);
}

}  // namespace orchestrator::cli
