// SPDX-License-Identifier: Apache-2.0
#include "evals/case_run.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "evals/recorded_tools.hpp"
#include "evals/run_transcript.hpp"

namespace orchestrator::harness::evals {
namespace {

namespace asio = boost::asio;

// Where a run is refused for one of these, every other would be, too.
constexpr std::array kOfAllCases{RuntimeErrorCode::unknown_provider, RuntimeErrorCode::key_missing,
                                 RuntimeErrorCode::budget_unpriced,  RuntimeErrorCode::configuration_invalid,
                                 RuntimeErrorCode::storage_full,     RuntimeErrorCode::storage_readonly,
                                 RuntimeErrorCode::storage_failed,   RuntimeErrorCode::storage_unavailable,
                                 RuntimeErrorCode::harness_closed,   RuntimeErrorCode::local_model_unavailable};

bool is_of_all_cases(const Error& error) {
  return std::ranges::any_of(kOfAllCases, [&](RuntimeErrorCode code) { return error.code == harness::name_of(code); });
}

/// What a case gave, or why it gave nothing; `is_final` when that ends the whole evaluation.
struct Answer {
  RunTranscript transcript;
  std::optional<Error> error;
  std::uint32_t not_recorded = 0;
  bool is_final = false;
};

Answer refused(Error error) {
  Answer answer;
  answer.is_final = is_of_all_cases(error);
  answer.error = std::move(error);
  return answer;
}

TimeoutPolicy timeouts_within(TimeoutPolicy timeouts, std::uint64_t case_timeout_ms) {
  timeouts.run_ms = std::min(timeouts.run_ms.value_or(case_timeout_ms), case_timeout_ms);
  return timeouts;
}

Session session_of(const EvaluationSetting& setting) {
  SessionConfig config;
  config.remember = false;
  return setting.harness->session(config);
}

void label(RunBuilder& builder, const EvaluationSetting& setting, const PlannedCase& planned) {
  builder.label("eval", setting.config.name)
      .label("eval_case", planned.test_case->id)
      .label("eval_epoch", std::to_string(planned.epoch))
      .remember(false);
}

RunBuilder plain_run(const EvaluationSetting& setting, const PlannedCase& planned) {
  const EvalConfig& config = setting.config;
  const EvalCase& one = *planned.test_case;
  RunBuilder builder = session_of(setting).run(one.input);
  if (!config.model.empty()) builder.model(config.model);
  builder.system(one.system.value_or(config.system.value_or("")))
      .settings(config.settings.value_or(GenerationSettings()))
      .tools(one.tools.value_or(config.tools))
      .tool_policy(config.tool_policy)
      .budgets(config.budgets)
      .on_unsupported(config.on_unsupported)
      .timeouts(timeouts_within(TimeoutPolicy(), config.case_timeout_ms));
  if (config.retries) builder.retries(*config.retries);
  if (config.context) builder.context(*config.context);
  if (!config.workspace.empty()) builder.workspace(config.workspace);
  label(builder, setting, planned);
  return builder;
}

RunBuilder second_run(const EvaluationSetting& setting, const PlannedCase& planned, const events::RunStarted& first,
                      const std::shared_ptr<RecordedResults>& results) {
  const EvalConfig& config = setting.config;
  RunBuilder builder = session_of(setting).run(first.input);
  ContextPolicy context = config.context.value_or(first.context);
  if (config.model.empty()) {
    builder.model(first.model_plan);
  } else {
    ModelPlan plan;
    plan.primary = ModelRef::parse(config.model).value_or(first.model_plan.primary);
    builder.model(std::move(plan));
    if (!config.context) context.tokens_max.reset();  // it was found for the window of the other model
  }
  Budgets budgets = config.budgets == Budgets() ? first.budgets : config.budgets;
  budgets.allow_unpriced = true;
  ToolPolicy policy = first.tool_policy;
  policy.approval = ApprovalMode::never;
  builder.parent(*planned.test_case->source)
      .system(config.system.value_or(first.system))
      .settings(config.settings.value_or(first.settings))
      .context(std::move(context))
      .memory(MemoryPolicy())
      .limits(first.limits)
      .budgets(budgets)
      .on_unsupported(config.on_unsupported == OnUnsupported::drop ? OnUnsupported::drop
                                                                   : first.model_plan.on_unsupported)
      .retries(config.retries.value_or(first.retries))
      .timeouts(timeouts_within(first.timeouts, config.case_timeout_ms))
      .tools({})
      .tool_policy(policy);
  for (auto& tool : recorded_tools(first.tools, results)) builder.tool(std::move(tool));
  label(builder, setting, planned);
  return builder;
}

/// Starts a run and reads it to its end.
asio::awaitable<Answer> carry_out(RunBuilder builder, CaseWatch* watch) {
  auto run = co_await builder.async_start();
  if (!run) co_return refused(run.error());
  Answer answer;
  watch->run = run->control();
  if (watch->is_stopping) {
    AbortOptions options;
    options.by = "eval";
    auto aborted = co_await run->control().async_abort(std::move(options));
    static_cast<void>(aborted);  // it may have ended already
  }
  for (;;) {
    auto event = co_await run->next();
    if (!event) {
      watch->run.reset();
      co_return refused(event.error());
    }
    if (!*event) break;
    answer.transcript.add(**event);
  }
  watch->run.reset();
  co_return answer;
}

asio::awaitable<Answer> answer_case(const EvaluationSetting* setting, PlannedCase planned, CaseWatch* watch) {
  if (setting->config.mode == EvalMode::run) {
    RunBuilder builder = plain_run(*setting, planned);
    Answer answer = co_await carry_out(std::move(builder), watch);
    co_return answer;
  }
  auto source = co_await load_transcript(setting->harness->store(), *planned.test_case->source);
  if (!source) co_return refused(source.error());
  if (setting->config.mode == EvalMode::recorded) {
    Answer answer;
    answer.transcript = *std::move(source);
    co_return answer;
  }
  const events::RunStarted& first = *source->started();
  auto results = std::make_shared<RecordedResults>(source->calls(), first.tools);
  RunBuilder builder = second_run(*setting, planned, first, results);
  Answer answer = co_await carry_out(std::move(builder), watch);
  answer.not_recorded = results->not_recorded();
  co_return answer;
}

/// Usage and cost of a run that ended, whichever way.
void take_numbers(EvalRecord& record, const StreamEvent& terminal) {
  const auto take = [&](const auto& end) {
    record.input_tokens = end.usage.input;
    record.output_tokens = end.usage.output;
    record.cost_micro_usd = end.cost_micro_usd;
    record.latency_us = end.latencies.total_us;
  };
  if (const auto* completed = terminal.get_if<StreamEvent::Completed>()) {
    take(*completed);
    record.output = completed->output;
  } else if (const auto* failed = terminal.get_if<StreamEvent::Error>()) {
    take(*failed);
    record.output = failed->partial_output;
  } else if (const auto* aborted = terminal.get_if<StreamEvent::Aborted>()) {
    take(*aborted);
    record.output = aborted->partial_output;
  }
}

EvalRecord begin_record(const PlannedCase& planned) {
  EvalRecord record;
  record.key = planned.key;
  record.case_id = planned.test_case->id;
  record.case_hash = planned.test_case->hash();
  record.place = planned.place;
  record.epoch = planned.epoch;
  record.tags = planned.test_case->tags;
  record.source = planned.test_case->source;
  return record;
}

/// What one scorer says; what it throws is its error.
asio::awaitable<ScoreRecord> judge(std::shared_ptr<Scorer> scorer, std::shared_ptr<const EvalSample> sample,
                                   ScorerContext context) {
  ScoreRecord record;
  record.scorer = scorer->name();
  try {
    auto score = co_await scorer->score(std::move(sample), context);
    if (!score) {
      record.error = score.error();
    } else if (!(score->value >= 0 && score->value <= 1)) {
      record.error = fail(RuntimeErrorCode::internal, "the scorer gave a value outside 0 to 1", record.scorer).error();
    } else {
      record.score = *std::move(score);
    }
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    record.error = fail(RuntimeErrorCode::internal, std::string("the scorer threw: ") + error.what()).error();
  } catch (const std::exception& error) {
    record.error = fail(RuntimeErrorCode::internal, std::string("the scorer threw: ") + error.what()).error();
  }
  co_return record;
}

}  // namespace

asio::awaitable<Result<EvalRecord>> run_case(const EvaluationSetting* setting, PlannedCase planned, CaseWatch* watch) {
  EvalRecord record = begin_record(planned);
  Answer answer = co_await answer_case(setting, planned, watch);
  if (answer.is_final) co_return std::unexpected(*answer.error);
  record.not_recorded = answer.not_recorded;
  if (answer.transcript.started()) {
    record.run_id = answer.transcript.run_id();
    record.tool_calls = static_cast<std::uint32_t>(answer.transcript.calls().size());
  }
  if (answer.transcript.terminal()) take_numbers(record, *answer.transcript.terminal());
  Result<EvalSample> sample =
      answer.error ? std::unexpected(*answer.error) : answer.transcript.sample(*planned.test_case, planned.epoch);
  if (!sample) {
    if (watch->is_stopping) co_return std::unexpected(sample.error());
    record.status = EvalStatus::run_failed;
    record.error = sample.error();
    co_return record;
  }
  const auto shared = std::make_shared<const EvalSample>(*std::move(sample));
  ScorerContext context;
  context.harness = setting->harness;
  context.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(setting->config.case_timeout_ms);
  watch->is_scoring = true;
  for (const std::shared_ptr<Scorer>& scorer : setting->scorers) {
    ScoreRecord score = co_await judge(scorer, shared, context);
    if (score.error) record.status = EvalStatus::scorer_failed;
    record.scores.push_back(std::move(score));
  }
  watch->is_scoring = false;
  co_return record;
}

}  // namespace orchestrator::harness::evals
