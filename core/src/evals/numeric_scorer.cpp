// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/awaitable.hpp>
#include <boost/json.hpp>

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "evals/case_json.hpp"
#include "evals/expected_value.hpp"
#include "orchestrator/harness/eval_scorer.hpp"

namespace orchestrator::harness {
namespace {

namespace json = boost::json;

bool is_digit(char character) { return character >= '0' && character <= '9'; }

/// Where the number ends that begins at `at`; commas between digits belong to it, others and full stops do not.
std::size_t number_end(std::string_view text, std::size_t at) {
  const auto digit_at = [&](std::size_t place) { return place < text.size() && is_digit(text[place]); };
  std::size_t end = at;
  while (digit_at(end) || (end < text.size() && text[end] == ',' && end > at && digit_at(end + 1))) ++end;
  if (end < text.size() && text[end] == '.' && digit_at(end + 1)) {
    ++end;
    while (digit_at(end)) ++end;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    const std::size_t sign = end + 1 < text.size() && (text[end + 1] == '+' || text[end + 1] == '-') ? 2 : 1;
    if (digit_at(end + sign)) {
      end += sign;
      while (digit_at(end)) ++end;
    }
  }
  return end;
}

std::optional<double> number_of(std::string_view text) {
  std::string digits;
  for (const char character : text) {
    if (character != ',') digits.push_back(character);
  }
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// The last number of a text: `it is -1,250.5 kg` has -1250.5. A sign counts where no letter or digit is before it.
std::optional<double> last_number(std::string_view text) {
  std::optional<double> last;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const std::size_t end = number_end(text, at);
    auto value = number_of(text.substr(at, end - at));
    const bool has_point = at > 0 && text[at - 1] == '.' && (at == 1 || !is_digit(text[at - 2]));
    if (has_point) value = number_of("0." + std::string(text.substr(at, end - at)));
    const std::size_t before = at - (has_point ? 1 : 0);
    const bool has_sign = before > 0 && text[before - 1] == '-' &&
                          (before == 1 || std::isalnum(static_cast<unsigned char>(text[before - 2])) == 0);
    if (value) last = has_sign ? -*value : *value;
    at = end;
  }
  return last;
}

std::optional<double> number_in(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  if (value.is_string()) return last_number(value.get_string());
  return std::nullopt;
}

std::optional<double> output_number(const EvalSample& sample, const NumericMatch& match) {
  if (match.pointer.empty()) return last_number(sample.output);
  const auto document = evals::parse_json(evals::unfenced(sample.output));
  if (!document) return std::nullopt;
  boost::system::error_code error;
  const json::value* value = document->find_pointer(match.pointer, error);
  return error || value == nullptr ? std::nullopt : number_in(*value);
}

Result<Score> judge_number(const EvalSample& sample, const NumericMatch& match) {
  auto expected = evals::expected_value(sample);
  if (!expected) return std::unexpected(expected.error());
  const auto wanted = number_in(*expected);
  if (!wanted) {
    return fail(RuntimeErrorCode::invalid_argument,
                "case " + sample.test_case.id + ": 'expected' has no number, which this scorer needs",
                sample.test_case.id);
  }
  const auto got = output_number(sample, match);
  const std::string wanted_text = evals::canonical_line(json::value(*wanted));
  if (!got)
    return evals::verdict(false, "expected " + wanted_text + ", found no number in " + evals::quoted(sample.output));
  const double distance = std::abs(*got - *wanted);
  const bool passed = distance <= std::max(match.absolute, match.relative * std::abs(*wanted));
  const std::string got_text = evals::canonical_line(json::value(*got));
  Score score = evals::verdict(passed, passed ? "" : "expected " + wanted_text + ", got " + got_text);
  score.details = {evals::canonical_line(json::object{{"expected", *wanted}, {"got", *got}})};
  return score;
}

class NumericScorer final : public Scorer {
 public:
  NumericScorer(std::string name, NumericMatch match) : name_(std::move(name)), match_(std::move(match)) {}
  std::string name() const override { return name_; }
  RawJson config() const override {
    return {evals::canonical_line(json::object{{"kind", "numeric"},
                                               {"absolute", match_.absolute},
                                               {"relative", match_.relative},
                                               {"pointer", match_.pointer}})};
  }
  Awaitable<Result<Score>> score(std::shared_ptr<const EvalSample> sample, ScorerContext) override {
    co_return judge_number(*sample, match_);
  }

 private:
  std::string name_;
  NumericMatch match_;
};

}  // namespace

Result<std::shared_ptr<Scorer>> numeric_scorer(NumericMatch match, std::string name) {
  const auto is_tolerance = [](double value) { return std::isfinite(value) && value >= 0; };
  if (!is_tolerance(match.absolute) || !is_tolerance(match.relative)) {
    return fail(RuntimeErrorCode::invalid_argument, "a tolerance must be 0 or more, and finite", name);
  }
  if (!match.pointer.empty() && match.pointer.front() != '/') {
    return fail(RuntimeErrorCode::invalid_argument, "a JSON pointer is empty or begins with '/'", match.pointer);
  }
  return std::make_shared<NumericScorer>(std::move(name), std::move(match));
}

}  // namespace orchestrator::harness
