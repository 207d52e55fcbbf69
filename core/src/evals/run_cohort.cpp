// SPDX-License-Identifier: Apache-2.0
// Stored runs as the cases of a dataset.
#include <boost/json.hpp>

#include <algorithm>
#include <utility>

#include "evals/case_json.hpp"
#include "evals/run_transcript.hpp"
#include "orchestrator/harness/eval_dataset.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::uint32_t kRunsPerPage = 100;
constexpr std::uint32_t kRunsMax = 1'000;
constexpr std::string_view kJudgeLabel = "eval_judge";

bool fits(const RunCohort& cohort, const evals::RunTranscript& transcript) {
  const events::RunStarted& started = *transcript.started();
  if (started.parent || started.kind != RunKind::live) return false;
  const bool is_judge =
      std::ranges::any_of(started.labels, [](const auto& label) { return label.first == kJudgeLabel; });
  if (is_judge) return false;
  if (!cohort.model.empty() && started.model_plan.primary.str() != cohort.model) return false;
  if (cohort.with_tools && transcript.calls().empty()) return false;
  return std::ranges::all_of(cohort.labels, [&](const auto& label) {
    return std::ranges::find(started.labels, label) != started.labels.end();
  });
}

EvalCase case_of(const evals::RunTranscript& transcript) {
  const events::RunStarted& started = *transcript.started();
  EvalCase one;
  one.id = transcript.run_id().str();
  one.input = started.input;
  if (!started.system.empty()) one.system = started.system;
  if (const auto* completed = transcript.terminal()->get_if<StreamEvent::Completed>()) {
    one.expected = {boost::json::serialize(boost::json::value(completed->output))};
  }
  for (const auto& [key, value] : started.labels) one.tags[key] = value;
  one.source = transcript.run_id();
  return one;
}

}  // namespace

Awaitable<Result<Dataset>> dataset_of_runs(std::shared_ptr<JournalStore> store, RunCohort cohort) {
  const std::uint32_t wanted = cohort.runs.limit;
  if (wanted == 0 || wanted > kRunsMax) {
    co_return fail(RuntimeErrorCode::invalid_argument, "the limit must be 1 to 1000 runs", "limit");
  }
  std::vector<EvalCase> cases;
  RunFilter filter = cohort.runs;
  filter.limit = kRunsPerPage;
  bool is_last = false;
  while (!is_last && cases.size() < wanted) {
    auto page = co_await store->list(filter);
    if (!page) co_return std::unexpected(page.error());
    is_last = page->size() < kRunsPerPage;
    if (!page->empty()) filter.before = page->back().run_id;
    for (const RunSummary& summary : *page) {
      if (cases.size() == wanted) break;
      if (summary.status == RunStatus::active || summary.damaged) continue;
      auto transcript = co_await evals::load_transcript(store, summary.run_id);
      if (!transcript) co_return std::unexpected(transcript.error());
      if (transcript->terminal() && fits(cohort, *transcript)) cases.push_back(case_of(*transcript));
    }
  }
  if (cases.empty()) {
    co_return fail(RuntimeErrorCode::run_not_found, "no run of " + store->url() + " fits that has ended", store->url());
  }
  std::ranges::reverse(cases);
  co_return Dataset::of(store->url(), std::move(cases));
}

}  // namespace orchestrator::harness
