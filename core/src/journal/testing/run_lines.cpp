// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/run_lines.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace orchestrator::harness::journal::testing {
namespace {

// 2026-11-22T14:45:56.123Z
constexpr std::uint64_t kFirstRunMs = 1'795'358'756'123;

}  // namespace

RunId run_id(std::uint64_t number) { return RunId::make(kFirstRunMs + number, 1, number); }
SessionId session_id(std::uint64_t number) { return SessionId::make(kFirstRunMs, 2, number); }

RunLines::RunLines(RunId run, SessionId session) : run_(run), session_(session) {}

RunLines::Line RunLines::start(std::string input) {
  event::inputs::Start start;
  start.spec.input = {TextPart{std::move(input)}};
  return start_with(std::move(start));
}

RunLines::Line RunLines::start_as_fork_of(RunId parent) { return start_as(RunKind::fork, parent); }

RunLines::Line RunLines::start_as(RunKind kind, RunId parent) {
  event::inputs::Start start;
  start.spec.input = {TextPart{"And of Spain?"}};
  start.spec.kind = kind;
  start.spec.parent = events::ParentRef{parent, 1, {}};
  return start_with(std::move(start));
}

RunLines::Line RunLines::start_after(RunId base) {
  event::inputs::Start start;
  start.spec.input = {TextPart{"And of Spain?"}};
  start.spec.history.base_run_id = base;
  start.spec.history.items = 2;
  return start_with(std::move(start));
}

RunLines::Line RunLines::checkpoint(std::string label) {
  return step(event::inputs::Checkpoint{label, "test"}, {events::CheckpointCreated{label, "test"}});
}

RunLines::Line RunLines::start_with(event::inputs::Start start) {
  start.spec.model_plan.primary = {ProviderId("scripted"), "demo.json"};
  start.spec.runtime_version = "0";
  start.identity = {run_, session_, {}, {}};
  return step(start, {start.spec, events::ModelSelected{start.spec.model_plan.primary, "chat", {}}});
}

RunLines::Line RunLines::delta(std::string text) {
  const std::uint64_t offset = offset_;
  offset_ += text.size();
  return step(event::inputs::ProviderChunk{1, {TextPiece{"0", text}}}, {events::OutputDelta{1, 1, "0", offset, text}});
}

RunLines::Line RunLines::abort_request() {
  return step(event::inputs::Abort{AbortMode::now, "test", {}}, {events::AbortRequested{AbortMode::now, "test"}});
}

RunLines::Line RunLines::completed(std::string output) {
  events::Completed end;
  end.output = std::move(output);
  end.usage.input = 12;
  end.usage.output = 3;
  end.cost_micro_usd = 70;
  end.latencies.total_us = 1'500'000;
  return step(event::inputs::ProviderChunk{1, {}}, {std::move(end)});
}

RunLines::Line RunLines::failed() {
  events::Error end;
  end.error = ProviderError{ProviderErrorCode::provider_stalled, "no progress", {}, {}};
  return step(event::inputs::TimerFired{TimerKind::run}, {std::move(end)});
}

RunLines::Line RunLines::aborted() {
  return step(event::inputs::TimerFired{TimerKind::run}, {events::Aborted{AbortMode::now, "test", "Pa", {}, {}, {}}});
}

RunLines::Line RunLines::step(event::Input::Value input, std::vector<StreamEvent::Payload> payloads) {
  event::Step step;
  auto line = std::make_shared<JournalLine>();
  for (StreamEvent::Payload& payload : payloads) {
    StreamEvent& event = step.events.emplace_back();
    event.meta.run_id = run_;
    event.meta.session_id = session_;
    event.meta.seq = head_.seq + step.events.size();
    event.meta.elapsed_us = event.meta.seq * 1'000;
    event.meta.at.unix_us = static_cast<std::int64_t>(kFirstRunMs * 1'000 + event.meta.elapsed_us);
    event.payload = std::move(payload);
    line->strict = line->strict || event.is_strict();
  }
  step.input = {{step.events[0].meta.at, step.events[0].meta.elapsed_us}, std::move(input)};
  event::EncodedStep encoded = encode_step(step, head_);
  line->step = encoded.head.steps;
  line->first_seq = head_.seq + 1;
  line->last_seq = encoded.head.seq;
  line->bytes = std::move(encoded.line);
  head_ = encoded.head;
  return line;
}

std::vector<event::StoredStep> decode_run(const std::vector<JournalLine>& lines) {
  std::vector<event::StoredStep> steps;
  event::JournalHead head;
  for (const JournalLine& line : lines) {
    auto step = event::decode_step(line.bytes, head);
    if (!step) {
      ADD_FAILURE() << step.error().message;
      return steps;
    }
    head = step->head;
    steps.push_back(*std::move(step));
  }
  return steps;
}

bool equal(const JournalLine& left, const JournalLine& right) {
  return left.step == right.step && left.first_seq == right.first_seq && left.last_seq == right.last_seq &&
         left.strict == right.strict && left.bytes == right.bytes;
}

}  // namespace orchestrator::harness::journal::testing
