// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/eval_scorer_spec.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "cli/commands/memory_access.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/input/byte_reader.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using harness::Scorer;
using ScorerPtr = std::shared_ptr<Scorer>;

constexpr std::uint64_t kFileBytesMax = 1ULL << 20;
constexpr std::string_view kKinds =
    "exact, contains, regex:PATTERN, json_schema:FILE, numeric, trajectory:ORDER, similarity:THRESHOLD, judge:FILE";

struct Spec {
  std::string text;
  std::string kind;
  std::string value;
  std::vector<std::string> options;
  std::string name;  // in results

  std::unexpected<harness::Error> refuse(const std::string& why) const {
    return fail(RuntimeErrorCode::invalid_argument, "--scorer " + quoted_text(text) + ": " + why, "--scorer");
  }
};

/// `regex:^[a-z]+$` has no options: only what ends in `]` and has option words between the brackets does.
Spec split(const std::string& text) {
  Spec spec;
  spec.text = text;
  std::string rest = text;
  const std::size_t open = rest.rfind('[');
  if (rest.ends_with(']') && open != std::string::npos) {
    const std::string inside = rest.substr(open + 1, rest.size() - open - 2);
    const bool is_options = !inside.empty() && std::ranges::all_of(inside, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("_=,./-+").contains(c);
    });
    const bool is_class = text.starts_with("regex:") && inside.find('_') == std::string::npos;
    if (is_options && !is_class) {
      for (std::size_t at = 0; at <= inside.size();) {
        const std::size_t end = std::min(inside.find(',', at), inside.size());
        spec.options.push_back(inside.substr(at, end - at));
        at = end + 1;
      }
      rest.resize(open);
    }
  }
  const std::size_t colon = rest.find(':');
  spec.kind = rest.substr(0, colon);
  if (colon != std::string::npos) {
    spec.value = rest.substr(colon + 1);
  }
  return spec;
}

Result<double> number_of(const Spec& spec, const std::string& what, const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return spec.refuse(what + " must be a number");
  }
  return value;
}

Result<harness::TextMatch> text_match(const Spec& spec) {
  harness::TextMatch match;
  for (const std::string& option : spec.options) {
    if (option == "ignore_case") {
      match.ignore_case = true;
    } else if (option == "no_trim") {
      match.trim = false;
    } else {
      return spec.refuse(quoted_text(option) + " is no option; allowed: ignore_case, no_trim");
    }
  }
  return match;
}

Result<harness::NumericMatch> numeric_match(const Spec& spec) {
  harness::NumericMatch match;
  for (const std::string& option : spec.options) {
    const std::size_t sign = option.find('=');
    const std::string key = option.substr(0, sign);
    const std::string value = sign == std::string::npos ? "" : option.substr(sign + 1);
    if (key == "pointer") {
      match.pointer = value;
      continue;
    }
    if (key != "absolute" && key != "relative") {
      return spec.refuse(quoted_text(option) + " is no option; allowed: absolute=X, relative=X, pointer=/PATH");
    }
    auto number = number_of(spec, key, value);
    if (!number) {
      return std::unexpected(std::move(number.error()));
    }
    (key == "absolute" ? match.absolute : match.relative) = *number;
  }
  return match;
}

Result<harness::TrajectoryMatch> trajectory_match(const Spec& spec) {
  harness::TrajectoryMatch match;
  if (spec.value == "exact") {
    match.order = harness::TrajectoryOrder::exact;
  } else if (spec.value == "any_order") {
    match.order = harness::TrajectoryOrder::any_order;
  } else if (!spec.value.empty() && spec.value != "in_order") {
    return spec.refuse("the order is exact, in_order or any_order");
  }
  for (const std::string& option : spec.options) {
    if (option != "arguments") {
      return spec.refuse(quoted_text(option) + " is no option; allowed: arguments");
    }
    match.arguments = true;
  }
  return match;
}

class Workshop {
 public:
  Workshop(const EvalOrder& order, const EvalWords& words, const Configuration& configuration,
           const Environment& environment)
      : order_(order), words_(words), configuration_(configuration), environment_(environment) {}

  Result<ScorerPtr> make(const Spec& spec) const {
    if (spec.kind == "exact" || spec.kind == "contains" || spec.kind == "regex") {
      return of_text(spec);
    }
    if (spec.kind == "numeric") {
      auto match = numeric_match(spec);
      return match ? harness::numeric_scorer(*match, spec.name) : std::unexpected(std::move(match.error()));
    }
    if (spec.kind == "trajectory") {
      auto match = trajectory_match(spec);
      return match ? Result<ScorerPtr>(harness::trajectory_scorer(*match, spec.name))
                   : std::unexpected(std::move(match.error()));
    }
    if (spec.kind == "json_schema") {
      auto schema = file_of(spec);
      return schema ? harness::json_schema_scorer(*schema, spec.name) : std::unexpected(std::move(schema.error()));
    }
    if (spec.kind == "similarity") {
      return of_meaning(spec);
    }
    if (spec.kind == "judge") {
      return judge(spec);
    }
    return spec.refuse("there is no such scorer; allowed: " + std::string(kKinds));
  }

 private:
  Result<std::string> file_of(const Spec& spec) const {
    const std::string path = words_.path_of("--scorer", spec.value);
    auto file = read_file(path, kFileBytesMax);
    if (!file) {
      return spec.refuse("the file " + path + " " + file.error());
    }
    return std::move(file->bytes);
  }

  static Result<ScorerPtr> of_text(const Spec& spec) {
    auto match = text_match(spec);
    if (!match) {
      return std::unexpected(std::move(match.error()));
    }
    if (spec.kind != "regex") {
      return spec.kind == "exact" ? harness::exact_scorer(*match, spec.name)
                                  : harness::contains_scorer(*match, spec.name);
    }
    return spec.value.empty() ? spec.refuse("the pattern is missing")
                              : harness::regex_scorer(spec.value, *match, spec.name);
  }

  Result<ScorerPtr> of_meaning(const Spec& spec) const {
    auto threshold = number_of(spec, "the threshold", spec.value);
    if (!threshold) {
      return std::unexpected(std::move(threshold.error()));
    }
    auto embedder = memory_embedder(configuration_, environment_);
    if (!embedder) {
      return std::unexpected(std::move(embedder.error()));
    }
    if (*embedder == nullptr) {
      return spec.refuse("memory.embeddings names no model that makes vectors");
    }
    return harness::similarity_scorer(*std::move(embedder), *threshold, spec.name);
  }

  Result<ScorerPtr> judge(const Spec& spec) const {
    auto rubric = file_of(spec);
    if (!rubric) {
      return std::unexpected(std::move(rubric.error()));
    }
    harness::JudgeConfig config;
    config.rubric = *std::move(rubric);
    config.model = order_.judge_model;
    for (const std::string& option : spec.options) {
      if (!option.starts_with("threshold=")) {
        return spec.refuse(quoted_text(option) + " is no option; allowed: threshold=X");
      }
      auto threshold = number_of(spec, "the threshold", option.substr(option.find('=') + 1));
      if (!threshold) {
        return std::unexpected(std::move(threshold.error()));
      }
      config.threshold = *threshold;
    }
    return harness::judge_scorer(std::move(config), spec.name);
  }

  const EvalOrder& order_;
  const EvalWords& words_;
  const Configuration& configuration_;
  const Environment& environment_;
};

}  // namespace

Result<std::vector<ScorerPtr>> make_scorers(const EvalOrder& order, const EvalWords& words,
                                            const Configuration& configuration, const Environment& environment) {
  const Workshop workshop(order, words, configuration, environment);
  std::map<std::string, int> kinds;
  std::vector<ScorerPtr> scorers;
  for (const std::string& text : order.scorers) {
    Spec spec = split(text);
    const int number = ++kinds[spec.kind];
    spec.name = number == 1 ? spec.kind : spec.kind + "-" + std::to_string(number);
    auto scorer = workshop.make(spec);
    if (!scorer) {
      return std::unexpected(std::move(scorer.error()));
    }
    scorers.push_back(*std::move(scorer));
  }
  return scorers;
}

}  // namespace orchestrator::cli
