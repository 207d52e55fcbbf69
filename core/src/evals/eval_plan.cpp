// SPDX-License-Identifier: Apache-2.0
#include "evals/eval_plan.hpp"

#include <boost/json.hpp>

#include <array>
#include <map>
#include <utility>

#include "evals/case_json.hpp"
#include "event/field_encoder.hpp"

namespace orchestrator::harness::evals {
namespace {

namespace json = boost::json;

/// A value that the journal knows how to write, as JSON.
template <class Described>
json::value stored_form(const Described& value) {
  std::string text;
  event::append_value(text, value);
  auto parsed = parse_json(text);
  return parsed ? *std::move(parsed) : json::value(text);
}

template <class Described>
json::value stored_form_or_null(const std::optional<Described>& value) {
  return value ? stored_form(*value) : json::value(nullptr);
}

}  // namespace

std::string config_json(const EvalConfig& config, const std::string& model,
                        const std::vector<std::shared_ptr<Scorer>>& scorers, const std::optional<Hash>& policies) {
  static constexpr std::array<std::string_view, 3> kModes{"run", "rerun", "recorded"};
  json::array judges;
  for (const auto& scorer : scorers) {
    auto of_scorer = parse_json(scorer->config().text);
    judges.push_back({{"name", scorer->name()}, {"config", of_scorer ? *std::move(of_scorer) : json::value(nullptr)}});
  }
  json::object object{{"mode", kModes.at(static_cast<std::size_t>(config.mode))},
                      {"model", model},
                      {"system", config.system ? json::value(*config.system) : json::value(nullptr)},
                      {"settings", stored_form_or_null(config.settings)},
                      {"context", stored_form_or_null(config.context)},
                      {"tools", json::value_from(config.tools)},
                      {"tool_policy", stored_form(config.tool_policy)},
                      {"workspace", config.workspace},
                      {"budgets", stored_form(config.budgets)},
                      {"retries", stored_form_or_null(config.retries)},
                      {"drop_unsupported", config.on_unsupported == OnUnsupported::drop},
                      {"scorers", std::move(judges)}};
  if (policies) object.emplace("policies", policies->str());
  return canonical_line(object);
}

std::vector<PlannedCase> plan_of(const Dataset& dataset, std::uint32_t epochs, const std::string& config_json) {
  const std::string base = sha256(config_json).str();
  std::map<Hash, std::uint64_t> equal_cases;
  std::vector<PlannedCase> plan;
  std::uint64_t place = 0;
  for (const EvalCase& one : dataset.cases()) {
    const Hash hash = one.hash();
    const std::string of_case = base + "/" + hash.str() + "/" + std::to_string(equal_cases[hash]++) + "/";
    for (std::uint32_t epoch = 1; epoch <= epochs; ++epoch) {
      PlannedCase planned;
      planned.test_case = &one;
      planned.place = place;
      planned.epoch = epoch;
      planned.key = sha256(of_case + std::to_string(epoch));
      plan.push_back(planned);
    }
    ++place;
  }
  return plan;
}

std::string model_of(const EvalConfig& config, const std::string& default_model) {
  return config.model.empty() && config.mode == EvalMode::run ? default_model : config.model;
}

}  // namespace orchestrator::harness::evals
