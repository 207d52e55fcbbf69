// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include "evals/eval_plan.hpp"
#include "evals/evaluation.hpp"
#include "orchestrator/harness/evals.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::harness {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::uint32_t kEpochsMax = 1'000;
constexpr std::uint32_t kConcurrencyMax = 256;
constexpr std::uint64_t kCaseTimeoutMsMax = 86'400'000;

std::unexpected<Error> bad(std::string message, std::string at) {
  return fail(RuntimeErrorCode::invalid_argument, std::move(message), std::move(at));
}

bool is_name(const std::string& name, std::string_view extra) {
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || extra.contains(c);
  });
}

Result<void> check_config(const EvalConfig& config) {
  if (!is_name(config.name, "_.-")) return bad("the name must be 1 to 64 of [A-Za-z0-9_.-]", "name");
  if (config.epochs == 0 || config.epochs > kEpochsMax) return bad("epochs must be 1 to 1000", "epochs");
  if (config.concurrency == 0 || config.concurrency > kConcurrencyMax) {
    return bad("concurrency must be 1 to 256", "concurrency");
  }
  if (config.case_timeout_ms == 0 || config.case_timeout_ms > kCaseTimeoutMsMax) {
    return bad("case_timeout_ms must be 1 to 86400000", "case_timeout_ms");
  }
  if (config.tool_policy.approval != ApprovalMode::never) {
    return bad("tool_policy.approval must be never: nobody is there to be asked", "tool_policy.approval");
  }
  if (!config.model.empty()) {
    if (auto model = ModelRef::parse(config.model); !model) return std::unexpected(model.error());
  }
  if (config.mode == EvalMode::recorded && config.epochs != 1) {
    return bad("what is recorded has one epoch", "epochs");
  }
  return {};
}

}  // namespace

Eval::Eval(Dataset dataset, std::vector<std::shared_ptr<Scorer>> scorers, EvalConfig config)
    : dataset_(std::move(dataset)), scorers_(std::move(scorers)), config_(std::move(config)) {}

Result<Eval> Eval::make(Dataset dataset, std::vector<std::shared_ptr<Scorer>> scorers, EvalConfig config) {
  if (dataset.cases().empty()) return bad("the dataset has no case", "dataset");
  if (scorers.empty()) return bad("there is no scorer", "scorers");
  std::set<std::string> names;
  for (const auto& scorer : scorers) {
    if (scorer == nullptr) return bad("a scorer is null", "scorers");
    const std::string name = scorer->name();
    if (!is_name(name, "_-")) return bad("a scorer's name must be 1 to 64 of [A-Za-z0-9_-]", "scorers");
    if (!names.insert(name).second) return bad("two scorers are called '" + name + "'", "scorers");
  }
  if (auto checked = check_config(config); !checked) return std::unexpected(checked.error());
  if (config.mode != EvalMode::run) {
    for (const EvalCase& one : dataset.cases()) {
      if (!one.source) return bad("the case " + one.id + " has no stored run as its source", one.id);
    }
  }
  return Eval(std::move(dataset), std::move(scorers), std::move(config));
}

EvalHeader Eval::header(const std::string& default_model, const std::optional<Hash>& policies) const {
  EvalHeader header;
  header.name = config_.name;
  header.dataset = dataset_.name();
  header.dataset_hash = dataset_.hash();
  header.cases = dataset_.cases().size();
  header.epochs = config_.epochs;
  header.model = evals::model_of(config_, default_model);
  header.config = {evals::config_json(config_, header.model, scorers_, policies)};
  for (const auto& scorer : scorers_) header.scorers.push_back(scorer->name());
  header.eval_hash =
      sha256(header.config.text + "/" + header.dataset_hash.str() + "/" + std::to_string(config_.epochs));
  return header;
}

Awaitable<Result<EvalResults>> Eval::async_run(Harness* harness, std::function<void(const EvalProgress&)> progress,
                                               std::stop_token stop) const {
  auto setting = std::make_shared<evals::EvaluationSetting>();
  setting->harness = harness;
  setting->dataset = dataset_;
  setting->scorers = scorers_;
  setting->config = config_;
  setting->header = header(harness->default_model(), harness->policies_hash());
  setting->progress = std::move(progress);
  auto evaluation = evals::run_evaluation(std::move(setting), std::move(stop));
  co_return co_await asio::co_spawn(harness->executor(), std::move(evaluation), asio::use_awaitable);
}

Result<EvalResults> Eval::run(Harness& harness, std::function<void(const EvalProgress&)> progress,
                              std::stop_token stop) const {
  const auto executor = harness.executor();
  const auto* io = executor.target<asio::io_context::executor_type>();
  if (io != nullptr && io->running_in_this_thread()) {
    return fail(RuntimeErrorCode::not_supported,
                "a blocking call on the harness's own thread would wait for itself: use the awaitable form");
  }
  return asio::co_spawn(executor, async_run(&harness, std::move(progress), std::move(stop)), asio::use_future).get();
}

}  // namespace orchestrator::harness
