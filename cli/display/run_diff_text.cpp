// SPDX-License-Identifier: Apache-2.0
#include "cli/display/run_diff_text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <string_view>

#include "cli/display/amount_text.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"
#include "event/character_cut.hpp"

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::event::FieldDifference;
using harness::event::RunDifference;
using harness::event::RunOutline;
using harness::event::RunStep;
using harness::event::StepKind;
using harness::event::StepPair;

constexpr std::size_t kValueBytesMax = 120;
constexpr std::size_t kSharedBytesMax = 24;  // shown of what two long texts have in common

std::string name_of(const RunStep& step) {
  if (step.kind == StepKind::input) {
    return "input";
  }
  const std::string turn = "turn " + std::to_string(step.turn) + " ";
  return turn + (step.kind == StepKind::answer ? "answer" : "call " + escaped_line(step.name));
}

std::string_view word_of_kind(StepKind kind) {
  return kind == StepKind::input ? "input" : kind == StepKind::answer ? "answer" : "call";
}

std::string text_or_nothing(std::string_view value) {
  return value.empty() ? "nothing" : escaped_line(harness::event::cut_with_ellipsis(value, kValueBytesMax));
}

/// Of a long text the part from where the two differ, so that what differs is seen, with a little before it.
std::string from_parting(const FieldDifference& difference, const std::string& value) {
  const auto common = std::ranges::mismatch(difference.a, difference.b).in1 - difference.a.begin();
  const auto parting = static_cast<std::size_t>(common);
  if (value.size() <= kValueBytesMax || parting <= kSharedBytesMax) {
    return text_or_nothing(value);
  }
  const std::size_t start = harness::event::cut_between_characters(value, parting - kSharedBytesMax).size();
  return "…" + text_or_nothing(std::string_view(value).substr(start));
}

std::string shown(const FieldDifference& difference, const std::string& value) {
  const auto number = [&]() -> std::optional<std::uint64_t> {
    std::uint64_t parsed = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    return error == std::errc{} && end == value.data() + value.size() ? std::optional(parsed) : std::nullopt;
  }();
  if (difference.field == "latency_us") {
    return number ? duration_text(*number) : "?";
  }
  if (difference.field == "cost_micro_usd") {
    return number ? cost_text(number) : "?";
  }
  if (difference.field == "request") {
    return value.empty() ? "none" : value.substr(0, 12);
  }
  return from_parting(difference, value);
}

std::string place_of(const StepPair& pair) {
  std::string place;
  if (pair.a) {
    place += "A event " + std::to_string(pair.a->seq);
  }
  if (pair.b) {
    place += (place.empty() ? "" : ", ") + ("B event " + std::to_string(pair.b->seq));
  }
  return place;
}

void append_pair(std::string& out, const StepPair& pair) {
  const RunStep& step = pair.a ? *pair.a : *pair.b;
  if (!pair.a || !pair.b) {
    out += (pair.a ? "- " : "+ ") + name_of(step) + "  only in " + (pair.a ? "A" : "B") + " (" + place_of(pair) + ")\n";
    if (step.kind == StepKind::call) {
      out += "    arguments: " + text_or_nothing(step.request) + "\n";
    }
    out += "    output: " + text_or_nothing(step.output) + "\n";
    return;
  }
  const bool is_shared = pair.a->is_shared || pair.b->is_shared;
  out += (pair.diverges() ? "! " : "  ") + name_of(step);
  out += pair.differences.empty() ? (is_shared ? "  shared\n" : "  same\n") : "  (" + place_of(pair) + ")\n";
  for (const FieldDifference& difference : pair.differences) {
    out += "    " + difference.field + ": " + shown(difference, difference.a) + " | " +
           shown(difference, difference.b) + "\n";
  }
}

std::string head_of(const char* letter, const RunOutline& run) {
  std::string head = std::string(letter) + "  " + run.run_id.str() + "  ";
  head += run.terminal.empty() ? "not ended" : run.terminal + (run.reason.empty() ? "" : " (" + run.reason + ")");
  if (run.started.parent) {
    head += ", " + std::string(word_of(run.started.kind)) + " of " + run.started.parent->run_id.str() + " at event " +
            std::to_string(run.started.parent->seq);
  }
  return head + "\n";
}

/// Of what the run did itself: a fork has paid nothing of what it shares.
std::string sums_of(const char* letter, const RunOutline& run) {
  std::string sums = std::string(letter) + "  " + usage_text(run.usage) + "; " + duration_text(run.last_us);
  const std::string cost = cost_text(run.cost_micro_usd);
  return sums + (cost.empty() ? "" : "; " + cost) + "\n";
}

json::value or_null(const std::optional<std::uint64_t>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::value json_of_step(const std::optional<RunStep>& step) {
  if (!step) {
    return nullptr;
  }
  return json::object{{"seq", step->seq},
                      {"shared", step->is_shared},
                      {"request", step->request},
                      {"output", step->output},
                      {"outcome", step->outcome},
                      {"cost_micro_usd", or_null(step->cost_micro_usd)},
                      {"latency_us", or_null(step->latency_us)},
                      {"attempts", step->attempts}};
}

json::object json_of_pair(const StepPair& pair) {
  const RunStep& step = pair.a ? *pair.a : *pair.b;
  json::array differences;
  for (const FieldDifference& difference : pair.differences) {
    differences.push_back(json::object{{"field", difference.field}, {"a", difference.a}, {"b", difference.b}});
  }
  return {{"kind", word_of_kind(step.kind)},      {"turn", step.turn},         {"name", step.name},
          {"diverges", pair.diverges()},          {"a", json_of_step(pair.a)}, {"b", json_of_step(pair.b)},
          {"differences", std::move(differences)}};
}

json::object json_of_run(const RunOutline& run) {
  json::object object{{"run_id", run.run_id.str()},
                      {"kind", word_of(run.started.kind)},
                      {"ended", run.terminal.empty() ? json::value(nullptr) : json::value(run.terminal)},
                      {"reason", run.reason},
                      {"usage", json_of(run.usage)},
                      {"cost_micro_usd", or_null(run.cost_micro_usd)},
                      {"total_us", run.last_us}};
  if (run.started.parent) {
    object.emplace("parent",
                   json::object{{"run_id", run.started.parent->run_id.str()}, {"seq", run.started.parent->seq}});
  }
  return object;
}

}  // namespace

std::string run_diff_text(const RunOutline& a, const RunOutline& b, const RunDifference& difference) {
  std::string out = head_of("A", a) + head_of("B", b) + "\n";
  for (const StepPair& pair : difference.pairs) {
    append_pair(out, pair);
  }
  out += "\n";
  if (difference.first_divergence) {
    const StepPair& first = difference.pairs[*difference.first_divergence];
    out += "first divergence: " + name_of(first.a ? *first.a : *first.b) + " (" + place_of(first) + ")\n";
  } else {
    out += "no divergence\n";
  }
  return out + sums_of("A", a) + sums_of("B", b);
}

json::object run_diff_json(const RunOutline& a, const RunOutline& b, const RunDifference& difference) {
  json::array steps;
  for (const StepPair& pair : difference.pairs) {
    steps.push_back(json_of_pair(pair));
  }
  return {{"a", json_of_run(a)},
          {"b", json_of_run(b)},
          {"first_divergence",
           difference.first_divergence ? json::value(*difference.first_divergence) : json::value(nullptr)},
          {"steps", std::move(steps)}};
}

}  // namespace orchestrator::cli
