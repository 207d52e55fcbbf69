// SPDX-License-Identifier: Apache-2.0
#include "cli/display/undo_text.hpp"

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "cli/display/event_word.hpp"
#include "cli/display/table.hpp"

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::CompensationOutcome;
using harness::UndoConflict;
using harness::UndoStep;
using harness::UndoVerdict;

constexpr std::size_t kShownDigits = 12;     // of a hash
constexpr std::size_t kShownColumns = 8192;  // nothing that a person agrees to is cut

std::string shown(const std::optional<harness::Hash>& hash) {
  return hash ? hash->str().substr(0, kShownDigits) : std::string("nothing");
}

/// What becomes of a step, in one or two words.
std::string verdict_of(const UndoStep& step) {
  switch (step.verdict) {
    case UndoVerdict::restorable:
      return "restorable";
    case UndoVerdict::nothing_to_do:
      return "nothing to do";
    case UndoVerdict::conflict:
      return step.overwrites ? "overwrite" : "conflict";
    case UndoVerdict::not_undoable:
      return "not undoable";
  }
  return {};
}

std::string outcome_of(const UndoStep& step, CompensationOutcome outcome) {
  switch (outcome) {
    case CompensationOutcome::restored:
      return step.verdict == UndoVerdict::nothing_to_do ? "nothing to do" : "restored";
    case CompensationOutcome::conflict:
      return "conflict";
    case CompensationOutcome::failed:
      return "failed";
    case CompensationOutcome::not_undoable:
      return "not undoable";
  }
  return {};
}

std::string text_of(const UndoConflict& conflict) {
  std::string text = conflict.target + ": " + conflict.reason;
  if (conflict.expected != conflict.found) {
    text += " (expected " + shown(conflict.expected) + ", found " + shown(conflict.found) + ")";
  }
  return text;
}

json::value json_of(const std::optional<harness::Hash>& hash) {
  return hash ? json::value(hash->str()) : json::value(nullptr);
}

json::object json_of(const UndoStep& step, std::size_t number) {
  json::array conflicts;
  for (const UndoConflict& conflict : step.conflicts) {
    conflicts.push_back(json::object{{"target", conflict.target},
                                     {"expected", json_of(conflict.expected)},
                                     {"found", json_of(conflict.found)},
                                     {"reason", conflict.reason}});
  }
  return {{"step", number},
          {"seq", step.seq},
          {"call_id", step.call_id},
          {"tool", step.tool},
          {"verdict", std::string(word_of(step.verdict))},
          {"overwrites", step.overwrites},
          {"reason", step.reason},
          {"conflicts", std::move(conflicts)}};
}

}  // namespace

std::string undo_plan_text(const harness::events::UndoPlanned& plan) {
  Table table({"STEP", "EVENT", "CALL", "TOOL", "VERDICT", "WHAT"});
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const UndoStep& step = plan.steps[i];
    const auto add = [&](const std::string& what) {
      table.add({std::to_string(i + 1), std::to_string(step.seq), step.call_id, step.tool, verdict_of(step), what});
    };
    if (step.conflicts.empty()) {
      add(step.reason);
    }
    for (const UndoConflict& conflict : step.conflicts) {
      add(text_of(conflict) + (step.overwrites ? "; " + step.reason : ""));
    }
  }
  return table.text(kShownColumns);
}

std::vector<json::object> undo_plan_json(const harness::events::UndoPlanned& plan) {
  std::vector<json::object> steps;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    steps.push_back(json_of(plan.steps[i], i + 1));
  }
  return steps;
}

std::string undo_step_text(const harness::events::UndoPlanned& plan,
                           const harness::events::CompensationFinished& finished) {
  const UndoStep& step = plan.steps.at(finished.index);
  std::string what = finished.error ? finished.error->message : step.reason;
  for (const UndoConflict& conflict : finished.conflicts) {
    what = text_of(conflict);
  }
  Table line({"", "", "", ""});
  line.add({std::to_string(finished.index + 1), step.tool, outcome_of(step, finished.outcome), what});
  const std::string text = line.text(kShownColumns);
  return text.substr(text.find('\n') + 1);
}

}  // namespace orchestrator::cli
