// SPDX-License-Identifier: Apache-2.0
#include "journal/run_summary.hpp"

#include <optional>
#include <utility>

#include "event/character_cut.hpp"
#include "event/erasure.hpp"
#include "event/field_encoder.hpp"
#include "event/step.hpp"
#include "journal/outer_event.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr std::size_t kPreviewBytes = 200;
constexpr std::uint32_t kLimitMax = 1'000;

std::string text_of_parts(const std::vector<ContentPart>& parts) {
  std::string text;
  for (const ContentPart& part : parts) {
    const auto* one = std::get_if<TextPart>(&part);
    if (one != nullptr && text.size() <= kPreviewBytes)
      text += (text.empty() ? "" : " ") + one->text.substr(0, kPreviewBytes + 1);
  }
  return text;
}

// Of an event that ends a run, by its name alone.
RunStatus status_of_type(std::string_view type) {
  if (type == "Completed") return RunStatus::completed;
  if (type == "Error") return RunStatus::failed;
  return type == "Aborted" ? RunStatus::aborted : RunStatus::active;
}

// Returns false for a first event that begins no run.
bool read_start(RunSummary& run, const StreamEvent& event) {
  run.session_id = event.meta.session_id;
  run.started_at = event.meta.at;
  const auto* started = event.get_if<StreamEvent::RunStarted>();
  run.erased = event::is_erased(event);
  if (run.erased) return event.type() == "RunStarted";
  if (started == nullptr) return false;
  run.kind = started->kind;
  run.model = started->model_plan.primary.str();
  run.input_preview = preview_of(text_of_parts(started->input), kPreviewBytes);
  return true;
}

// Of an erased run: what its first step still says.
std::string model_in(std::string_view line) {
  const auto step = event::read_step(line);
  if (!step) return {};
  for (const StreamEvent& one : step->events) {
    if (const auto* selected = one.get_if<StreamEvent::ModelSelected>()) return selected->model.str();
  }
  return {};
}

void read_end(RunSummary& run, const StreamEvent& event) {
  run.last_event_at = event.meta.at;
  run.events = event.meta.seq;
  const auto read_totals = [&run](const auto& terminal, RunStatus status) {
    run.status = status;
    run.usage = terminal.usage;
    run.cost_micro_usd = terminal.cost_micro_usd;
    run.total_us = terminal.latencies.total_us;
  };
  if (const auto* completed = event.get_if<StreamEvent::Completed>()) {
    read_totals(*completed, RunStatus::completed);
    run.finish_reason = event::enum_name(completed->finish_reason);
  } else if (const auto* error = event.get_if<StreamEvent::Error>()) {
    read_totals(*error, RunStatus::failed);
    run.error_code = error->error.code;
  } else if (const auto* aborted = event.get_if<StreamEvent::Aborted>()) {
    read_totals(*aborted, RunStatus::aborted);
  } else if (event::is_erased(event)) {
    run.status = status_of_type(event.type());
  }
}

}  // namespace

RunSummary summarise(const SummarySource& source) {
  RunSummary run;
  run.run_id = source.run_id;
  run.bytes = source.bytes;
  run.held = source.held;
  const auto first = first_event_of(source.first_line);
  const auto last = last_event_of(source.last_line);
  run.damaged = !last || !first || !read_start(run, *first) || first->meta.run_id != source.run_id ||
                last->meta.run_id != source.run_id;
  if (last) read_end(run, *last);
  if (run.erased) run.model = model_in(source.first_line);
  return run;
}

bool passes_status(const RunFilter& filter, const RunSummary& run) {
  return !filter.status || *filter.status == run.status;
}

bool passes_id(const RunFilter& filter, const RunId& run_id) {
  if (filter.before && !(run_id < *filter.before)) return false;
  return run_id.str().starts_with(filter.id_prefix);
}

Result<void> check_filter(const RunFilter& filter) {
  if (filter.limit >= 1 && filter.limit <= kLimitMax) return {};
  return fail(RuntimeErrorCode::invalid_argument,
              "a list of " + std::to_string(filter.limit) + " runs; 1 to " + std::to_string(kLimitMax) + " are allowed",
              "limit");
}

std::string preview_of(std::string_view text, std::size_t bytes_max) {
  std::string preview(event::cut_between_characters(text, bytes_max));
  for (char& c : preview) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return preview;
}

}  // namespace orchestrator::harness::journal
