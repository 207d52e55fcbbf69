// SPDX-License-Identifier: Apache-2.0
#include "cli/display/timeline_text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <vector>

#include "cli/display/amount_text.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::event::OutlineAttempt;
using harness::event::OutlineCall;
using harness::event::OutlineSpan;
using harness::event::OutlineTurn;
using harness::event::RunOutline;

constexpr std::size_t kColumnsLeast = 40;
constexpr std::size_t kLabelMost = 32;
constexpr std::size_t kNoteLeast = 14;
constexpr std::size_t kRowsMax = 10'000;

/// One line of the picture: a label, marks along the axis, and a duration with what became of it.
class Row {
 public:
  Row(std::string label, std::uint64_t total_us, std::size_t width)
      : label_(escaped_line(label)), total_us_(std::max<std::uint64_t>(total_us, 1)), marks_(width, ' ') {}

  Row& paint(std::uint64_t from_us, std::uint64_t to_us, char mark) {
    const std::size_t from = place(from_us);
    const std::size_t to = std::max(from + 1, place(to_us));
    std::fill(marks_.begin() + static_cast<std::ptrdiff_t>(from), marks_.begin() + static_cast<std::ptrdiff_t>(to),
              mark);
    return *this;
  }
  Row& mark(std::uint64_t at_us, char mark) {
    marks_[place(at_us)] = mark;
    return *this;
  }
  Row& note(std::string text) {
    note_ = std::move(text);
    return *this;
  }
  [[nodiscard]] std::string text(std::size_t label_width) const {
    std::string line = label_.substr(0, label_width);
    line.append(label_width - line.size() + 1, ' ').append(marks_).append(" ").append(note_);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
  }
  [[nodiscard]] std::size_t label_size() const { return label_.size(); }
  [[nodiscard]] std::size_t note_size() const { return note_.size(); }

 private:
  [[nodiscard]] std::size_t place(std::uint64_t at_us) const {
    const double share = static_cast<double>(std::min(at_us, total_us_)) / static_cast<double>(total_us_);
    return std::min(static_cast<std::size_t>(share * static_cast<double>(marks_.size())), marks_.size() - 1);
  }

  std::string label_;
  std::uint64_t total_us_;
  std::string marks_;
  std::string note_;
};

std::string label_of(const OutlineAttempt& attempt, std::uint32_t turn) {
  const std::string what = attempt.purpose == harness::AttemptPurpose::summary ? "summary by " : "";
  return std::to_string(turn) + " " + what + attempt.model.str();
}

std::uint64_t end_of(const OutlineSpan& span, const RunOutline& run) { return span.to_us.value_or(run.last_us); }

Row row_of(const OutlineAttempt& attempt, std::uint32_t turn, const RunOutline& run, std::size_t width) {
  Row row(label_of(attempt, turn), run.last_us, width);
  const std::uint64_t from = attempt.span.from_us;
  const std::uint64_t to = end_of(attempt.span, run);
  if (attempt.queue_us && *attempt.queue_us > 0) {
    row.paint(from - std::min(from, *attempt.queue_us), from, '.');
  }
  row.paint(from, attempt.first_output_us.value_or(to), '-');
  if (attempt.first_output_us) {
    row.paint(*attempt.first_output_us, to, '=').mark(*attempt.first_output_us, '|');
  }
  std::string note = duration_text(to - from);
  if (attempt.error) {
    row.mark(to, 'x');
    note += " " + attempt.error->code;
  }
  return row.note(std::move(note));
}

Row row_of(const OutlineCall& call, const RunOutline& run, std::size_t width) {
  Row row("  " + call.tool, run.last_us, width);
  row.paint(call.span.from_us, end_of(call.span, run), '.');
  for (const OutlineSpan& wait : call.waits) {
    row.paint(wait.from_us, end_of(wait, run), '?');
  }
  for (const OutlineSpan& one : call.runs) {
    row.paint(one.from_us, end_of(one, run), '#');
  }
  std::string note = duration_text(end_of(call.span, run) - call.span.from_us);
  if (call.outcome && *call.outcome != harness::ToolOutcome::ok) {
    row.mark(end_of(call.span, run), 'x');
    note += " " + (call.error ? call.error->code : std::string(word_of(*call.outcome)));
  } else if (!call.outcome) {
    note += " open";
  } else if (call.is_substituted) {
    note += " told";
  }
  return row.note(std::move(note));
}

std::vector<Row> rows_of(const RunOutline& run, std::size_t width) {
  std::vector<Row> rows;
  for (const OutlineTurn& turn : run.turns) {
    if (turn.is_shared || rows.size() > kRowsMax) {
      continue;
    }
    std::size_t retries = 0;
    for (const OutlineAttempt& attempt : turn.attempts) {
      rows.push_back(row_of(attempt, turn.number, run, width));
      if (attempt.error && retries < turn.retry_waits.size()) {
        const OutlineSpan& wait = turn.retry_waits[retries++];
        Row row(std::to_string(turn.number) + " before trying again", run.last_us, width);
        row.paint(wait.from_us, end_of(wait, run), '~').note(duration_text(end_of(wait, run) - wait.from_us));
        rows.push_back(std::move(row));
      }
    }
    for (const OutlineCall& call : turn.calls) {
      rows.push_back(row_of(call, run, width));
    }
  }
  for (const OutlineSpan& pause : run.pauses) {
    Row row("paused", run.last_us, width);
    row.paint(pause.from_us, end_of(pause, run), '_').note(duration_text(end_of(pause, run) - pause.from_us));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string head_of(const RunOutline& run) {
  std::string head = run.run_id.str() + "  ";
  head += run.terminal.empty() ? "not ended" : run.terminal + (run.reason.empty() ? "" : " (" + run.reason + ")");
  head += "  " + duration_text(run.last_us);
  if (const std::string cost = cost_text(run.cost_micro_usd); !cost.empty()) {
    head += "  " + cost;
  }
  if (run.started.parent) {
    head += "\n" + std::string(word_of(run.started.kind)) + " of " + run.started.parent->run_id.str() + " at event " +
            std::to_string(run.started.parent->seq);
  }
  return head + "\n";
}

json::value or_null(const std::optional<std::uint64_t>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::array spans_of(const std::vector<OutlineSpan>& spans) {
  json::array array;
  for (const OutlineSpan& span : spans) {
    array.push_back(json::object{{"from_us", span.from_us}, {"to_us", or_null(span.to_us)}});
  }
  return array;
}

json::object json_of_attempt(const OutlineAttempt& attempt) {
  return {
      {"seq", attempt.seq},
      {"attempt", attempt.number},
      {"purpose", attempt.purpose == harness::AttemptPurpose::summary ? "summary" : "answer"},
      {"model", attempt.model.str()},
      {"queue_us", or_null(attempt.queue_us)},
      {"from_us", attempt.span.from_us},
      {"first_output_us", or_null(attempt.first_output_us)},
      {"to_us", or_null(attempt.span.to_us)},
      {"finish_reason", attempt.finish_reason ? json::value(word_of(*attempt.finish_reason)) : json::value(nullptr)},
      {"error", attempt.error ? json::value(attempt.error->code) : json::value(nullptr)},
      {"usage", json_of(attempt.usage)},
      {"cost_micro_usd", or_null(attempt.cost_micro_usd)}};
}

json::object json_of_call(const OutlineCall& call) {
  return {{"seq", call.seq},
          {"call_id", call.call_id},
          {"tool", call.tool},
          {"from_us", call.span.from_us},
          {"to_us", or_null(call.span.to_us)},
          {"runs", spans_of(call.runs)},
          {"waits", spans_of(call.waits)},
          {"outcome", call.outcome ? json::value(word_of(*call.outcome)) : json::value(nullptr)},
          {"error", call.error ? json::value(call.error->code) : json::value(nullptr)},
          {"told", call.is_substituted}};
}

}  // namespace

std::string timeline_text(const RunOutline& run, std::size_t columns) {
  columns = std::max(columns, kColumnsLeast);
  const std::size_t label_most = std::min(kLabelMost, columns / 3);
  const std::size_t note_most = std::max(kNoteLeast, columns / 4);
  std::size_t label_width = 1;
  std::size_t note_width = 1;
  for (const Row& row : rows_of(run, 1)) {
    label_width = std::max(label_width, std::min(row.label_size(), label_most));
    note_width = std::max(note_width, std::min(row.note_size(), note_most));
  }
  const std::size_t width = columns - label_width - note_width - 2;
  std::string text = head_of(run);
  const auto rows = rows_of(run, width);
  for (const Row& row : rows) {
    const std::string line = row.text(label_width);
    text += line.size() > columns + 1 ? line.substr(0, columns) + "\n" : line;
  }
  if (rows.empty()) {
    return text + "nothing was asked of a model\n";
  }
  return text + ". queued  - asked  | first output  = answer  # tool  ? person  ~ retry  x failed\n";
}

json::object timeline_json(const RunOutline& run) {
  json::array turns;
  for (const OutlineTurn& turn : run.turns) {
    json::array attempts;
    for (const OutlineAttempt& attempt : turn.attempts) {
      attempts.push_back(json_of_attempt(attempt));
    }
    json::array calls;
    for (const OutlineCall& call : turn.calls) {
      calls.push_back(json_of_call(call));
    }
    turns.push_back(json::object{{"turn", turn.number},
                                 {"attempts", std::move(attempts)},
                                 {"retry_waits", spans_of(turn.retry_waits)},
                                 {"calls", std::move(calls)}});
  }
  json::object object{{"run_id", run.run_id.str()},
                      {"kind", word_of(run.started.kind)},
                      {"ended", run.terminal.empty() ? json::value(nullptr) : json::value(run.terminal)},
                      {"reason", run.reason},
                      {"total_us", run.last_us},
                      {"cost_micro_usd", or_null(run.cost_micro_usd)},
                      {"turns", std::move(turns)},
                      {"pauses", spans_of(run.pauses)}};
  if (run.started.parent) {
    object.emplace("parent",
                   json::object{{"run_id", run.started.parent->run_id.str()}, {"seq", run.started.parent->seq}});
  }
  return object;
}

json::array tool_calls_json(const RunOutline& run) {
  json::array calls;
  for (const OutlineTurn& turn : run.turns) {
    for (const OutlineCall& call : turn.calls) {
      json::object object = json_of_call(call);
      object.emplace("turn", turn.number);
      object.emplace("arguments", call.arguments);
      object.emplace("result", call.result);
      calls.push_back(std::move(object));
    }
  }
  return calls;
}

}  // namespace orchestrator::cli
