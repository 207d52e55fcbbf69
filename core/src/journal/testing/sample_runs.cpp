// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/sample_runs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "event/step.hpp"
#include "event/testing/golden_file.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

// 2023-11-14T22:13:21Z
constexpr std::uint64_t kPictureMs = 1'700'000'001'000;

std::shared_ptr<const JournalLine> line_of(std::string bytes, const event::JournalHead& before,
                                           const event::StoredStep& step) {
  JournalLine line{step.head.steps, before.seq + 1, step.head.seq, false, std::move(bytes)};
  for (const StreamEvent& event : step.events) line.strict = line.strict || event.is_strict();
  return std::make_shared<const JournalLine>(std::move(line));
}

}  // namespace

std::vector<SampleRun> golden_runs(const std::string& name) {
  const std::string text = event::read_text_file(event::repository_path("tests/golden/journals/" + name + ".jsonl"));
  std::vector<SampleRun> runs;
  event::JournalHead head;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string bytes = text.substr(at, end - at);
    at = end + 1;
    if (bytes.starts_with(R"({"step":1,)")) {
      runs.push_back({name, {}, {}, {}, {}});
      head = {};
    }
    const auto step = event::decode_step(bytes, head);
    if (!step) {
      ADD_FAILURE() << name << ": " << step.error().message;
      return runs;
    }
    runs.back().run_id = step->events.front().meta.run_id;
    runs.back().session_id = step->events.front().meta.session_id;
    runs.back().lines.push_back(line_of(std::move(bytes), head, *step));
    head = step->head;
  }
  EXPECT_FALSE(runs.empty()) << name;
  return runs;
}

SampleRun picture_run(const std::string& picture, std::uint64_t number, std::optional<RunId> base) {
  SampleRun run{
      "picture", RunId::make(kPictureMs, 1, number), SessionId::make(kPictureMs, 2, 9), {}, {SharedBytes(picture)}};
  event::inputs::Start start;
  start.spec.input = {ImagePart{{run.contents.front(), {}, "image/png", "a.png"}, {}}};
  start.spec.model_plan.primary = {ProviderId("scripted"), "demo.json"};
  start.spec.runtime_version = "0";
  start.spec.history.base_run_id = base;
  start.identity = {run.run_id, run.session_id, {}, {}};
  event::Step step;
  for (StreamEvent::Payload payload :
       {StreamEvent::Payload(start.spec),
        StreamEvent::Payload(events::ModelSelected{start.spec.model_plan.primary, "chat", {}})}) {
    StreamEvent& event = step.events.emplace_back();
    event.meta.run_id = run.run_id;
    event.meta.session_id = run.session_id;
    event.meta.trace_id = TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736").value();
    event.meta.span_id = SpanId::parse("c15c0289ec2d0a91").value();
    event.meta.seq = step.events.size();
    event.meta.at.unix_us = static_cast<std::int64_t>(kPictureMs * 1'000);
    event.payload = std::move(payload);
  }
  step.input = {{step.events[0].meta.at, 0}, start};
  const event::EncodedStep encoded = event::encode_step(step, {});
  const auto decoded = event::decode_step(encoded.line, {});
  if (decoded) run.lines.push_back(line_of(encoded.line, {}, *decoded));
  EXPECT_TRUE(decoded);
  return run;
}

std::vector<SampleRun> sample_runs() {
  std::vector<SampleRun> runs = golden_runs("session_with_history");
  runs.push_back(golden_runs("tools_and_hint").front());
  runs.push_back(picture_run("not really a picture"));
  return runs;
}

void write_sample(StoreTest& test, JournalStore& store, const SampleRun& run) {
  auto writer = test.await(store.create(run.run_id, run.session_id));
  ASSERT_TRUE(writer) << writer.error().message;
  for (const SharedBytes& content : run.contents) ASSERT_TRUE(test.await((*writer)->put_blob(content)));
  for (const auto& line : run.lines) test.append(**writer, line);
  ASSERT_TRUE(test.await((*writer)->sync()));
}

}  // namespace orchestrator::harness::journal::testing
