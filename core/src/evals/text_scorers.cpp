// SPDX-License-Identifier: Apache-2.0
// The scorers that look at the text alone: exact, contains, regex, JSON schema, and a function of the caller's.
#include <re2/re2.h>

#include <boost/asio/awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <utility>

#include "codec/json_schema/json_schema.hpp"
#include "evals/case_json.hpp"
#include "evals/expected_value.hpp"
#include "orchestrator/harness/eval_scorer.hpp"

namespace orchestrator::harness {
namespace {

namespace json = boost::json;

using Judgement = std::function<Result<Score>(const EvalSample& sample)>;

/// A scorer that asks nobody.
class PureScorer final : public Scorer {
 public:
  PureScorer(std::string name, const json::object& config, Judgement judge)
      : name_(std::move(name)), config_{evals::canonical_line(config)}, judge_(std::move(judge)) {}
  std::string name() const override { return name_; }
  RawJson config() const override { return config_; }
  Awaitable<Result<Score>> score(std::shared_ptr<const EvalSample> sample, ScorerContext) override {
    co_return judge_(*sample);
  }

 private:
  std::string name_;
  RawJson config_;
  Judgement judge_;
};

json::object config_of(std::string_view kind, const TextMatch& match) {
  return {{"kind", kind}, {"trim", match.trim}, {"ignore_case", match.ignore_case}};
}

Result<Score> judge_exact(const EvalSample& sample, const TextMatch& match) {
  auto texts = evals::expected_texts(sample);
  if (!texts) return std::unexpected(texts.error());
  const std::string output = evals::matched_form(sample.output, match);
  const bool passed =
      std::ranges::any_of(*texts, [&](const std::string& text) { return evals::matched_form(text, match) == output; });
  return evals::verdict(
      passed, passed ? "" : "expected " + evals::quoted(texts->front()) + ", got " + evals::quoted(sample.output));
}

Result<Score> judge_contains(const EvalSample& sample, const TextMatch& match) {
  auto texts = evals::expected_texts(sample);
  if (!texts) return std::unexpected(texts.error());
  const std::string output = evals::matched_form(sample.output, match);
  const bool passed = std::ranges::any_of(*texts, [&](const std::string& text) {
    return output.find(evals::matched_form(text, match)) != std::string::npos;
  });
  return evals::verdict(passed,
                        passed ? "" : evals::quoted(texts->front()) + " is not in " + evals::quoted(sample.output));
}

Result<Score> judge_regex(const EvalSample& sample, const re2::RE2& pattern, const TextMatch& match) {
  std::string captured;
  const bool has_group = pattern.NumberOfCapturingGroups() > 0;
  const bool found = has_group ? re2::RE2::PartialMatch(sample.output, pattern, &captured)
                               : re2::RE2::PartialMatch(sample.output, pattern);
  if (!found) return evals::verdict(false, "the pattern is not found in " + evals::quoted(sample.output));
  if (!has_group) return evals::verdict(true, "");
  auto texts = evals::expected_texts(sample);
  if (!texts) return std::unexpected(texts.error());
  const std::string form = evals::matched_form(captured, match);
  const bool passed =
      std::ranges::any_of(*texts, [&](const std::string& text) { return evals::matched_form(text, match) == form; });
  return evals::verdict(
      passed, passed ? "" : "expected " + evals::quoted(texts->front()) + ", captured " + evals::quoted(captured));
}

Result<Score> judge_schema(const EvalSample& sample, const codec::JsonSchema& schema) {
  auto violations = schema.check_text(evals::unfenced(sample.output));
  if (!violations) return evals::verdict(false, "the output is no JSON: " + violations.error().message);
  if (violations->empty()) return evals::verdict(true, "");
  json::array list;
  for (const codec::SchemaViolation& violation : *violations) {
    list.push_back({{"pointer", violation.pointer}, {"keyword", violation.keyword}, {"message", violation.message}});
  }
  Score score = evals::verdict(
      false, (violations->front().pointer.empty() ? std::string("the value") : violations->front().pointer) + ": " +
                 violations->front().message);
  score.details = {evals::canonical_line(json::object{{"violations", std::move(list)}})};
  return score;
}

}  // namespace

std::shared_ptr<Scorer> exact_scorer(TextMatch match, std::string name) {
  return std::make_shared<PureScorer>(std::move(name), config_of("exact", match),
                                      [match](const EvalSample& sample) { return judge_exact(sample, match); });
}

std::shared_ptr<Scorer> contains_scorer(TextMatch match, std::string name) {
  return std::make_shared<PureScorer>(std::move(name), config_of("contains", match),
                                      [match](const EvalSample& sample) { return judge_contains(sample, match); });
}

Result<std::shared_ptr<Scorer>> regex_scorer(const std::string& pattern, TextMatch match, std::string name) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!match.ignore_case);
  auto compiled = std::make_shared<const re2::RE2>(pattern, options);
  if (!compiled->ok()) {
    return fail(RuntimeErrorCode::invalid_argument, "the pattern is not RE2's: " + compiled->error(), pattern);
  }
  json::object config = config_of("regex", match);
  config["pattern"] = pattern;
  return std::make_shared<PureScorer>(std::move(name), config, [compiled, match](const EvalSample& sample) {
    return judge_regex(sample, *compiled, match);
  });
}

Result<std::shared_ptr<Scorer>> json_schema_scorer(const std::string& schema, std::string name) {
  auto compiled = codec::JsonSchema::compile(schema);
  if (!compiled) return std::unexpected(compiled.error());
  auto value = evals::parse_json(schema);
  if (!value) return std::unexpected(value.error());
  return std::make_shared<PureScorer>(
      std::move(name), json::object{{"kind", "json_schema"}, {"schema", *std::move(value)}},
      [schema = *std::move(compiled)](const EvalSample& sample) { return judge_schema(sample, schema); });
}

std::shared_ptr<Scorer> custom_scorer(std::string name, std::string version, Judgement function) {
  json::object config{{"kind", "custom"}, {"name", name}, {"version", version}};
  return std::make_shared<PureScorer>(std::move(name), config, std::move(function));
}

}  // namespace orchestrator::harness
