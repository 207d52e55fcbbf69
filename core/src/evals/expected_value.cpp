// SPDX-License-Identifier: Apache-2.0
#include "evals/expected_value.hpp"

#include <algorithm>
#include <utility>

#include "evals/case_json.hpp"
#include "event/character_cut.hpp"

namespace orchestrator::harness::evals {
namespace {

namespace json = boost::json;

constexpr std::size_t kQuotedBytesMax = 120;
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kFence = "```";

std::unexpected<Error> bad(const EvalSample& sample, const std::string& message) {
  return fail(RuntimeErrorCode::invalid_argument, "case " + sample.test_case.id + ": " + message, sample.test_case.id);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

bool is_scalar(const json::value& value) { return value.is_string() || value.is_number() || value.is_bool(); }

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : canonical_line(value);
}

}  // namespace

Result<json::value> expected_value(const EvalSample& sample) {
  if (!sample.test_case.expected) return bad(sample, "it has no 'expected', which this scorer needs");
  auto value = parse_json(sample.test_case.expected->text);
  if (!value) return bad(sample, "'expected' is " + value.error().message);
  return value;
}

Result<std::vector<std::string>> expected_texts(const EvalSample& sample) {
  auto value = expected_value(sample);
  if (!value) return std::unexpected(value.error());
  if (is_scalar(*value)) return std::vector<std::string>{text_of(*value)};
  const json::array* list = value->if_array();
  if (list == nullptr || list->empty() || !std::ranges::all_of(*list, is_scalar)) {
    return bad(sample, "'expected' must be a text or a list of texts for this scorer");
  }
  std::vector<std::string> texts;
  for (const json::value& element : *list) texts.push_back(text_of(element));
  return texts;
}

std::string matched_form(std::string_view text, const TextMatch& match) {
  std::string form(match.trim ? trimmed(text) : text);
  if (match.ignore_case) {
    std::ranges::transform(form, form.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  }
  return form;
}

std::string_view unfenced(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with(kFence) || !text.ends_with(kFence) || text.size() < 2 * kFence.size()) return text;
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos) return text;
  text.remove_suffix(kFence.size());
  return line_end >= text.size() ? std::string_view() : trimmed(text.substr(line_end + 1));
}

std::string quoted(std::string_view text) { return "\"" + event::cut_with_ellipsis(text, kQuotedBytesMax) + "\""; }

Score verdict(bool passed, std::string explanation) {
  Score score;
  score.value = passed ? 1 : 0;
  score.passed = passed;
  score.explanation = std::move(explanation);
  return score;
}

}  // namespace orchestrator::harness::evals
