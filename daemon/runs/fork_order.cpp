// SPDX-License-Identifier: Apache-2.0
#include "daemon/runs/fork_order.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <utility>
#include <vector>

#include "daemon/runs/run_order.hpp"
#include "orchestrator/harness/model.hpp"

namespace orchestrator::daemon {
namespace {

namespace json = boost::json;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

Result<std::string> model_of(const json::value& value, const std::string& at) {
  std::string name = text_of(value);
  if (auto parsed = harness::ModelRef::parse(name); !parsed) {
    return fail(RuntimeErrorCode::invalid_argument, "a model is wrong: " + parsed.error().message, at);
  }
  return name;
}

Result<void> read_plan(const json::object& body, harness::ForkOptions& into) {
  const auto* model = body.if_contains("model");
  const auto* fallbacks = body.if_contains("fallbacks");
  if (model == nullptr && fallbacks != nullptr) {
    return fail(RuntimeErrorCode::invalid_argument, "fallbacks go with a model: a plan of its own", "/fallbacks");
  }
  if (model == nullptr) return {};
  auto name = model_of(*model, "/model");
  if (!name) return std::unexpected(std::move(name.error()));
  into.model = *std::move(name);
  if (fallbacks == nullptr) return {};
  for (const json::value& one : fallbacks->as_array()) {
    auto other = model_of(one, "/fallbacks/" + std::to_string(into.fallbacks.size()));
    if (!other) return std::unexpected(std::move(other.error()));
    into.fallbacks.push_back(*std::move(other));
  }
  return {};
}

void read_substitutes(const json::object& body, harness::ForkOptions& into) {
  if (const auto* results = body.if_contains("tool_results")) {
    for (const json::value& one : results->as_array()) {
      const json::object& object = one.as_object();
      harness::SubstitutedResult result;
      result.call_id = text_of(object.at("call_id"));
      const auto* outcome = object.if_contains("outcome");
      if (outcome != nullptr && outcome->as_string() == "error") result.outcome = harness::ToolOutcome::error;
      const json::value& value = object.at("result");
      if (value.is_string()) {
        result.result.emplace_back(harness::TextPart{text_of(value)});
      } else {
        result.result.emplace_back(harness::JsonPart{{json::serialize(value)}});
      }
      into.tool_results.push_back(std::move(result));
    }
  }
  if (const auto* gates = body.if_contains("gate_decisions")) {
    for (const json::value& one : gates->as_array()) {
      const json::object& object = one.as_object();
      into.gate_decisions.push_back({text_of(object.at("gate")), object.at("passed").as_bool()});
    }
  }
}

void read_texts(const json::object& body, harness::ForkOptions& into) {
  if (const auto* text = body.if_contains("system")) into.system = text_of(*text);
  if (const auto* text = body.if_contains("input"))
    into.input.emplace().emplace_back(harness::TextPart{text_of(*text)});
  if (const auto* hints = body.if_contains("hints")) {
    for (const json::value& hint : hints->as_array()) into.hints.push_back(text_of(hint));
  }
  if (const auto* labels = body.if_contains("labels")) {
    for (const auto& [key, label] : labels->as_object()) into.labels.emplace_back(key, text_of(label));
  }
}

}  // namespace

bool trusts_imported(const json::object& body) {
  const auto* trusted = body.if_contains("trust_imported");
  return trusted != nullptr && trusted->as_bool();
}

Result<ForkOrder> read_fork_order(const json::object& body) {
  ForkOrder order;
  if (const auto* at = body.if_contains("at")) {
    if (at->is_string()) {
      order.at_label = text_of(*at);
    } else {
      order.options.at_seq = at->to_number<std::uint64_t>();
    }
  }
  if (auto done = read_plan(body, order.options); !done) return std::unexpected(std::move(done.error()));
  order.options.trust_imported = trusts_imported(body);
  read_texts(body, order.options);
  read_substitutes(body, order.options);
  if (const auto* approve = body.if_contains("approve")) order.options.approval = approval_of_word(text_of(*approve));
  if (const auto* timeout = body.if_contains("timeout_ms")) {
    order.options.run_timeout_ms = timeout->to_number<std::uint64_t>();
  }
  if (const auto* workspace = body.if_contains("workspace")) {
    order.options.workspace = text_of(*workspace);
    if (!std::filesystem::path(*order.options.workspace).is_absolute()) {
      return fail(RuntimeErrorCode::invalid_argument, "workspace must be an absolute path", "/workspace");
    }
  }
  if (const auto* settings = body.if_contains("settings")) order.settings = settings->as_object();
  if (const auto* budgets = body.if_contains("budgets")) order.budgets = budgets->as_object();
  return order;
}

Result<void> complete_fork(ForkOrder& order, const harness::events::RunStarted& source) {
  if (!order.settings.empty()) {
    order.options.settings = source.settings;
    if (auto done = read_settings(order.settings, *order.options.settings); !done) return done;
  }
  if (!order.budgets.empty()) {
    order.options.budgets = source.budgets;
    read_budgets(order.budgets, *order.options.budgets);
  }
  return {};
}

harness::UndoOptions read_undo_order(const json::object& body) {
  harness::UndoOptions options;
  if (const auto* to = body.if_contains("to")) {
    if (to->is_string()) {
      options.to_label = text_of(*to);
    } else {
      options.to_seq = to->to_number<std::uint64_t>();
    }
  }
  if (const auto* overwrite = body.if_contains("overwrite")) {
    options.overwrite.all = overwrite->is_string();
    if (const auto* targets = overwrite->if_array()) {
      for (const json::value& target : *targets) options.overwrite.targets.push_back(text_of(target));
    }
  }
  options.trust_imported = trusts_imported(body);
  return options;
}

}  // namespace orchestrator::daemon
