// SPDX-License-Identifier: Apache-2.0
// Goal: no secret leaves its slot (P21): not into the store, a stream, a log, a trace, or a model. Method: a canary in
// every slot of a run, then a search of all that the run left; the same without redaction, where the search must find
// it.
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "canary_scan.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

const std::string kCanary = "kanarienvogel~7f3a91c2/42";

RedactionPolicy policy_of(RedactionMode mode) {
  RedactionPolicy policy;
  policy.mode = mode;
  policy.secrets = {{.name = "canary", .value = kCanary}};
  return policy;
}

class Lines final : public LogSink {
 public:
  [[nodiscard]] bool wants(std::string_view, LogLevel) const override { return true; }
  void write(const LogLine& line) override {
    const std::scoped_lock lock(mutex_);
    text_ += line.message;
    for (const auto& [name, value] : line.fields) text_ += " " + std::string(name) + "=" + value;
    text_ += "\n";
  }
  [[nodiscard]] std::string text() {
    const std::scoped_lock lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

// Says what it was given, and the canary in every form, as text, output and JSON.
class TellTale final : public Tool {
 public:
  explicit TellTale(ApprovalNeed approval = ApprovalNeed::none) {
    spec_.name = "tell";
    spec_.description = "For a test.";
    spec_.input_schema = {R"({"type":"object","properties":{"key":{"type":"string"}}})"};
    spec_.approval = approval;
    spec_.output_bytes_max = 200;
  }
  const ToolSpec& spec() const override { return spec_; }
  Awaitable<std::expected<ToolPreparation, ToolError>> prepare(ToolCall call, ToolContext) override {
    ToolPreparation preparation;
    preparation.preview = "tell " + call.arguments.text;
    preparation.targets.push_back({"host of " + kCanary, std::nullopt});
    co_return preparation;
  }
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation preparation, ToolContext context) override {
    got = call.arguments.text;
    got_target = preparation.targets.empty() ? "" : preparation.targets.front().name;
    context.output->write("written " + kCanary.substr(0, 9));
    context.output->write(kCanary.substr(9) + " in two pieces\n");
    ToolResult result =
        ToolResult::text("here: " + kCanary + " " + base64_of(kCanary) + " " + hex_of(kCanary) + " " +
                         hex_of(kCanary, "%") + " " + base64_of("xx" + kCanary) + "\n" + std::string(500, '.'));
    if (!says.empty()) result = ToolResult::text(says);
    co_return result;
  }
  Awaitable<ToolVerdict> verify(ToolCall, std::optional<UndoRecord>, ToolContext) override { co_return ToolVerdict{}; }

  std::string got;
  std::string got_target;
  std::string says;  // in place of all that

 private:
  ToolSpec spec_;
};

std::string script_with_canary(int seed) {
  const std::string body = R"({\"error\":{\"message\":\"bad key )" + kCanary + R"(\"}})";
  return R"({"seed":)" + std::to_string(seed) + R"(,"turns":[{"reasoning":"I know )" + kCanary +
         R"( now","delta_chars":1,"text":"first )" + kCanary +
         R"(","tool_calls":[{"id":"c1","name":"tell","arguments":{"key":")" + kCanary +
         R"("}}],"faults":[{"kind":"http","status":503,"body":")" + body + R"("}]},{"text":"It is )" + kCanary +
         ", and in base64 " + base64_of(kCanary) +
         R"(.","faults":[{"kind":"error_event","after_bytes":700,"code":"server_error","message":"no )" + kCanary +
         R"("}]}]})";
}

struct Left {
  std::size_t in_store = 0;
  std::size_t in_stream = 0;
  std::size_t in_deltas = 0;
  std::size_t in_log = 0;
  std::size_t in_trace = 0;
  std::size_t in_history = 0;
  std::vector<StreamEvent> events;
};

// Runs with a canary in every slot, and looks at all that is left.
Left left_by(const std::optional<RedactionPolicy>& policy, int seed, std::shared_ptr<SecretVault> vault = {}) {
  const TemporaryFolder folder(FolderPlace::memory);
  const CanaryScan scan(kCanary);
  auto lines = std::make_shared<Lines>();
  Left left;
  {
    HarnessBuilder builder = scripted_builder(script_with_canary(seed));
    builder.store("jsonl:" + folder.path("store")).log(lines).tool(std::make_shared<TellTale>());
    builder.trace(trace_file({folder.path("trace/events.jsonl")}).value());
    builder.retries({.attempts_max = 3, .delay_ms = 1, .delay_max_ms = 1, .after_output = AfterOutput::restart});
    if (policy) builder.redaction(*policy, vault ? vault : memory_vault());
    Harness harness = builder.build().value();
    Session session = harness.session();
    auto run = session.run("my key is " + kCanary)
                   .input(JsonPart{{R"({"key":")" + kCanary + R"("})"}})
                   .input(FilePart{{SharedBytes("file with " + kCanary), {}, "text/plain", "notes.txt"}})
                   .system("never say " + kCanary)
                   .label("note", kCanary)
                   .metadata("note", kCanary)
                   .pin("key", "it is " + kCanary)
                   .on_unsupported(OnUnsupported::drop)
                   .hint("remember " + kCanary)
                   .start()
                   .value();
    (void)run.control().checkpoint("at " + kCanary);
    left.events = all_events(run);
    std::map<std::string, std::string> deltas;
    for (const StreamEvent& event : left.events) {
      left.in_stream += scan.hits(event.json());
      if (const auto* delta = event.get_if<StreamEvent::OutputDelta>()) deltas["text " + delta->item_id] += delta->text;
      if (const auto* delta = event.get_if<StreamEvent::ReasoningDelta>()) deltas["think"] += delta->text;
      if (const auto* delta = event.get_if<StreamEvent::ToolArgumentsDelta>()) deltas["call"] += delta->text;
    }
    EXPECT_GE(deltas.size(), 3U);
    for (const auto& [name, text] : deltas) left.in_deltas += scan.hits(text);
    for (const ConversationItem& item : session.history()) left.in_history += scan.hits(text_of(item));
  }
  left.in_log = scan.hits(lines->text());
  left.in_store = scan.hits_below(folder.path("store"));
  left.in_trace = scan.hits_below(folder.path("trace"));
  return left;
}

TEST(RunRedaction, KeepsACanaryOutOfEverythingThatARunLeaves) {
  for (const RedactionMode mode : {RedactionMode::full, RedactionMode::reversible}) {
    for (int seed = 1; seed <= 5; ++seed) {
      const Left left = left_by(policy_of(mode), seed);
      ASSERT_TRUE(left.events.back().get_if<StreamEvent::Completed>() != nullptr) << left.events.back().json();
      EXPECT_EQ(left.in_store, 0U);
      EXPECT_EQ(left.in_stream, 0U);
      EXPECT_EQ(left.in_deltas, 0U);
      EXPECT_EQ(left.in_log, 0U);
      EXPECT_EQ(left.in_trace, 0U);
      EXPECT_EQ(left.in_history, 0U);
      std::uint64_t secrets = 0;
      for (const auto& applied : of_type<StreamEvent::RedactionApplied>(left.events)) {
        for (const events::RedactionCount& count : applied.counts) {
          if (count.kind == RedactionKind::secret) secrets += count.count;
        }
      }
      EXPECT_GE(secrets, 15U);
      EXPECT_EQ(of_type<StreamEvent::RunStarted>(left.events).front().redaction, mode);
    }
  }
}

TEST(RunRedaction, TheSearchFindsTheCanaryWhereNothingIsRedacted) {
  const Left left = left_by(std::nullopt, 1);
  EXPECT_GE(left.in_store, 4U);
  EXPECT_GE(left.in_stream, 4U);
  EXPECT_GE(left.in_deltas, 3U);
  EXPECT_GE(left.in_trace, 2U);
  EXPECT_GE(left.in_history, 1U);
  EXPECT_TRUE(of_type<StreamEvent::RedactionApplied>(left.events).empty());
}

TEST(RunRedaction, WhatAToolSaysIsRedactedBeforeItIsShortened) {
  for (std::size_t before = 60; before < 100; before += 3) {
    const auto tool = std::make_shared<TellTale>();
    tool->says = std::string(before, 'x') + kCanary + std::string(500, '.') + kCanary + std::string(before, 'x');
    const std::string script = R"({"turns":[{"tool_calls":[{"id":"c1","name":"tell","arguments":{}}]},{"text":"ok"}]})";
    Harness harness = scripted_builder(script).tool(tool).redaction(policy_of(RedactionMode::full)).build().value();
    auto run = harness.session().run("Hi").start().value();
    for (const StreamEvent& event : all_events(run)) {
      EXPECT_EQ(event.json().find(kCanary.substr(0, 6)), std::string::npos) << event.json();
      EXPECT_EQ(event.json().find(kCanary.substr(kCanary.size() - 6)), std::string::npos) << event.json();
    }
  }
}

TEST(RunRedaction, AnAnswerIsStillAStream) {
  std::string words;
  for (int i = 0; i < 200; ++i) words += "word ";
  HarnessBuilder builder = scripted_builder(R"({"turns":[{"delta_chars":5,"delay_ms":1,"text":")" + words + "\"}]}");
  Harness harness = builder.flush_window_ms(0).redaction(policy_of(RedactionMode::full)).build().value();
  auto run = harness.session().run("Hi").start().value();
  EXPECT_GT(of_type<StreamEvent::OutputDelta>(all_events(run)).size(), 50U);
}

TEST(RunRedaction, ReversibleToolsGetTheValuesThatTheJournalHasNot) {
  const auto tool = std::make_shared<TellTale>();
  const auto vault = memory_vault();
  const std::string script =
      R"({"turns":[{"tool_calls":[{"id":"c1","name":"tell","arguments":{"key":"joe@example.com"}}]},{"text":"ok"}]})";
  Harness harness =
      scripted_builder(script).tool(tool).redaction(policy_of(RedactionMode::reversible), vault).build().value();
  auto run = harness.session().run("write to joe@example.com").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(tool->got, R"({"key":"joe@example.com"})");
  EXPECT_EQ(tool->got_target, "host of " + kCanary);
  for (const StreamEvent& event : events) EXPECT_EQ(event.json().find("joe@example.com"), std::string::npos);
  const auto started = of_type<StreamEvent::RunStarted>(events).front();
  EXPECT_EQ(restore(std::get<TextPart>(started.input[0]).text, *vault), "write to joe@example.com");
}

TEST(RunRedaction, AVaultInAFileLetsAnotherProcessGoOn) {
  const TemporaryFolder folder(FolderPlace::memory);
  const std::string script =
      R"({"turns":[{"tool_calls":[{"id":"c1","name":"tell","arguments":{"key":"joe@example.com"}}]},{"text":"ok"}]})";
  const auto harness_with = [&](std::optional<RedactionPolicy> policy, std::shared_ptr<TellTale> tool) {
    HarnessBuilder builder = scripted_builder(script);
    builder.store("jsonl:" + folder.path("store")).tool(std::move(tool));
    if (policy) builder.redaction(*policy, file_vault(folder.path("vault/values")).value());
    return builder.build().value();
  };
  const auto asking = [] { return std::make_shared<TellTale>(ApprovalNeed::require); };
  RunId id;
  {
    Harness first = harness_with(policy_of(RedactionMode::reversible), asking());
    auto run = first.session().run("Hi").start().value();
    id = run.id();
    const auto raised = read_until<StreamEvent::InterruptRaised>(run);
    EXPECT_EQ(raised.shown.find("joe@example.com"), std::string::npos);
    while (!run.control().detach()) std::this_thread::yield();
  }
  // Under another policy, or none, it does not go on.
  EXPECT_EQ(harness_with(std::nullopt, asking()).resume_run(id).error().at, "redaction");
  EXPECT_EQ(harness_with(policy_of(RedactionMode::full), asking()).resume_run(id).error().code, "precondition_failed");
  RedactionPolicy other = policy_of(RedactionMode::reversible);
  other.secret_names = {"door"};
  EXPECT_EQ(harness_with(other, asking()).resume_run(id).error().code, "precondition_failed");

  const auto tool = asking();
  RedactionPolicy rotated = policy_of(RedactionMode::reversible);
  rotated.secrets.push_back({.name = "new key", .value = "another-secret-value"});
  Harness second = harness_with(rotated, tool);
  auto resumed = second.resume_run(id).value();
  const auto raised = of_type<StreamEvent::InterruptRaised>([&] {
    auto whole = second.open_run(id).value();
    std::vector<StreamEvent> events;
    while (of_type<StreamEvent::InterruptRaised>(events).empty()) events.push_back(**whole.next_blocking());
    return events;
  }());
  InterruptAnswer answer;
  answer.interrupt_id = raised.front().interrupt_id;
  answer.decision = InterruptDecision::allow_once;
  answer.reason = "for " + kCanary;
  ASSERT_TRUE(resumed.control().resolve(answer));
  const auto rest = rest_of(resumed);
  EXPECT_NE(rest.back().get_if<StreamEvent::Completed>(), nullptr);
  EXPECT_EQ(tool->got, R"({"key":"joe@example.com"})");
  EXPECT_EQ(CanaryScan(kCanary).hits_below(folder.path("store")), 0U);
  EXPECT_EQ(CanaryScan("joe@example.com").hits_below(folder.path("store")), 0U);
}

TEST(RunRedaction, IsRefusedWhereItMakesNoSense) {
  HarnessBuilder builder = scripted_builder(R"({"turns":[{"text":"x"}]})");
  EXPECT_EQ(builder.redaction(policy_of(RedactionMode::metadata_only)).build().error().at, "redaction.mode");
  RedactionPolicy short_one = policy_of(RedactionMode::full);
  short_one.secrets[0].value = "abc";
  EXPECT_EQ(builder.redaction(short_one).build().error().code, "configuration_invalid");
  EXPECT_TRUE(builder.redaction(policy_of(RedactionMode::none)).build());
}

class Collected final : public TraceSink {
 public:
  void take(const StreamEvent& event) override {
    const std::scoped_lock lock(mutex_);
    events_.push_back(event);
    if (throws) throw std::runtime_error("a sink of no use");
  }
  [[nodiscard]] std::vector<StreamEvent> events() {
    const std::scoped_lock lock(mutex_);
    return events_;
  }
  std::atomic<bool> throws = false;

 private:
  std::mutex mutex_;
  std::vector<StreamEvent> events_;
};

TEST(Trace, GetsWhatReadersGet) {
  for (const bool throws : {false, true}) {
    auto trace = std::make_shared<Collected>();
    trace->throws = throws;
    std::vector<StreamEvent> read;
    {
      Harness harness = scripted_builder(script_with_canary(1))
                            .tool(std::make_shared<TellTale>())
                            .retries({.attempts_max = 3, .delay_ms = 1, .after_output = AfterOutput::restart})
                            .trace(trace)
                            .build()
                            .value();
      auto run = harness.session().run("Hi").start().value();
      read = all_events(run);
    }
    EXPECT_EQ(trace->events(), read);
  }
}

}  // namespace
}  // namespace orchestrator::harness::integration
