// SPDX-License-Identifier: Apache-2.0
// Code as users wrote it against journal.hpp, run_store.hpp, replay.hpp, fork.hpp and compensation.hpp of 0.2.2, from
// which on they are stable. It names every function, type, member and enumerator of theirs, in the order in which
// members may be given, implements the interfaces that users implement, and runs. It is never changed: a release that
// does not build it breaks them.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "orchestrator/harness/compensation.hpp"
#include "orchestrator/harness/fork.hpp"
#include "orchestrator/harness/harness.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/make_tool.hpp"
#include "orchestrator/harness/replay.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace oh = orchestrator::harness;
namespace asio = boost::asio;

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("not so: %s\n", what);
  ++failures;
}

template <class T>
T await(asio::awaitable<T> operation) {
  asio::io_context io;
  auto result = asio::co_spawn(io, std::move(operation), asio::use_future);
  io.run();
  return result.get();
}

// --- journal.hpp: a writer and a store of one's own, which hand everything on.

class Writer final : public oh::RunWriter {
 public:
  explicit Writer(std::unique_ptr<oh::RunWriter> writer) : writer_(std::move(writer)) {}
  asio::awaitable<oh::Result<void>> append(std::shared_ptr<const oh::JournalLine> line) override {
    return writer_->append(std::move(line));
  }
  asio::awaitable<oh::Result<void>> sync() override { return writer_->sync(); }
  asio::awaitable<oh::Result<void>> put_blob(oh::SharedBytes bytes) override {
    return writer_->put_blob(std::move(bytes));
  }
  [[nodiscard]] std::uint64_t epoch() const override { return writer_->epoch(); }

 private:
  std::unique_ptr<oh::RunWriter> writer_;
};

class Store final : public oh::JournalStore {
 public:
  explicit Store(std::shared_ptr<oh::JournalStore> store) : store_(std::move(store)) {}
  [[nodiscard]] std::string url() const override { return store_->url(); }
  asio::awaitable<oh::Result<std::unique_ptr<oh::RunWriter>>> create(oh::RunId run_id,
                                                                     oh::SessionId session_id) override {
    auto made = co_await store_->create(run_id, session_id);
    if (made) *made = std::make_unique<Writer>(*std::move(made));
    co_return made;
  }
  asio::awaitable<oh::Result<oh::OpenedRun>> open(oh::RunId run_id) override {
    auto opened = co_await store_->open(run_id);
    if (!opened) co_return std::unexpected(opened.error());
    oh::OpenedRun own{.writer = std::make_unique<Writer>(std::move(opened->writer)), .cut_bytes = opened->cut_bytes};
    co_return own;
  }
  asio::awaitable<oh::Result<std::vector<oh::JournalLine>>> read(oh::RunId run_id, std::uint64_t after_seq,
                                                                 std::uint64_t bytes_max) override {
    return store_->read(run_id, after_seq, bytes_max);
  }
  asio::awaitable<oh::Result<bool>> wait(oh::RunId run_id, std::uint64_t after_seq,
                                         std::chrono::steady_clock::time_point deadline) override {
    return store_->wait(run_id, after_seq, deadline);
  }
  asio::awaitable<oh::Result<std::vector<oh::RunSummary>>> list(oh::RunFilter filter) override {
    return store_->list(std::move(filter));
  }
  asio::awaitable<oh::Result<oh::SharedBytes>> blob(oh::Hash hash) override { return store_->blob(hash); }
  asio::awaitable<oh::Result<void>> remove(oh::RunId run_id) override { return store_->remove(run_id); }

 private:
  std::shared_ptr<oh::JournalStore> store_;
};

void use_journal(const std::shared_ptr<oh::JournalStore>& store, oh::RunId run_id) {
  const oh::RunFilter filter{
      .session_id = {}, .status = oh::RunStatus::completed, .id_prefix = run_id.str(), .before = {}, .limit = 10};
  const auto runs = await(store->list(filter)).value();
  expect(runs.size() == 1, "a run is listed by its id");
  const oh::RunSummary run = runs.at(0);
  const oh::RunSummary same{.run_id = run.run_id,
                            .session_id = run.session_id,
                            .kind = oh::RunKind::live,
                            .status = run.status,
                            .held = run.held,
                            .model = run.model,
                            .input_preview = run.input_preview,
                            .started_at = run.started_at,
                            .last_event_at = run.last_event_at,
                            .events = run.events,
                            .bytes = run.bytes,
                            .finish_reason = run.finish_reason,
                            .error_code = run.error_code,
                            .usage = run.usage,
                            .cost_micro_usd = run.cost_micro_usd,
                            .total_us = run.total_us,
                            .damaged = false};
  expect(same.input_preview == "Make a note", "a summary says what the run began with");
  const auto lines = await(store->read(run_id, 0, 1)).value();
  const oh::JournalLine line{.step = lines.at(0).step,
                             .first_seq = lines.at(0).first_seq,
                             .last_seq = lines.at(0).last_seq,
                             .strict = lines.at(0).strict,
                             .bytes = lines.at(0).bytes};
  expect(line.step == 1 && line.first_seq == 1 && line.strict && !line.bytes.empty(), "a journal begins with step 1");
  expect(await(store->wait(run_id, 0, std::chrono::steady_clock::now())).value(), "there is something to read");
  expect(store->url() == "memory:", "a store has an address");
  for (const auto status :
       {oh::RunStatus::active, oh::RunStatus::completed, oh::RunStatus::failed, oh::RunStatus::aborted}) {
    expect(status == run.status || status != oh::RunStatus::completed, "the run has ended");
  }
}

// --- run_store.hpp

void use_run_store(const std::shared_ptr<oh::JournalStore>& store, oh::RunId run_id, oh::RunId fork_id) {
  const oh::RunStore runs(store);
  const oh::RunQuery query{.where = {},
                           .kind = oh::RunKind::live,
                           .model = "scripted",
                           .error_code = "",
                           .started_from = {},
                           .started_before = {},
                           .cost_min_micro_usd = {},
                           .held = false};
  expect(await(runs.list(query)).value().size() == 1, "one live run");
  expect(await(runs.get(run_id)).value().run_id == run_id, "a run is got by its id");
  const std::vector<oh::RunMatch> matches = await(runs.search("note", query)).value();
  expect(matches.at(0).run.run_id == run_id && matches.at(0).hit.place == oh::RunHit::Place::input &&
             matches.at(0).hit.place != oh::RunHit::Place::output && !matches.at(0).hit.excerpt.empty(),
         "a search finds the input");
  expect(await(runs.dependents(run_id)).value() == std::vector<oh::RunId>{fork_id}, "a fork builds on its source");
  const oh::RetentionPolicy policy{.ended_before = {}, .runs_max = 0, .bytes_max = {}, .session_id = {}};
  const oh::RemovalPlan all = await(runs.plan_retention(policy)).value();
  expect(!all.runs.empty() && all.bytes > 0, "a policy takes what has ended");
  const oh::RemovalPlan none = await(runs.plan_removal({run_id}, false)).value();
  const oh::KeptRun kept = none.kept.at(0);
  expect(kept.run_id == run_id && kept.reason == oh::KeptRun::Reason::needed && kept.needed_by == fork_id,
         "what is built on stays");
  for (const auto reason :
       {oh::KeptRun::Reason::active, oh::KeptRun::Reason::undoing, oh::KeptRun::Reason::replaying}) {
    expect(kept.reason != reason, "there is one reason");
  }
  expect(await(runs.remove(fork_id)).has_value(), "a run is removed");
}

// --- replay.hpp

void use_replay(oh::Harness& harness, oh::RunId run_id) {
  const oh::ReplayToken token = await(oh::replay_token(harness.store(), run_id, std::nullopt)).value();
  const oh::ReplayToken same{.run_id = token.run_id,
                             .seq = token.seq,
                             .head = token.head,
                             .request = token.request,
                             .contexts = token.contexts,
                             .tools = token.tools,
                             .adapters = token.adapters,
                             .runtime_version = token.runtime_version};
  expect(same == oh::ReplayToken::parse(token.str()).value(), "a token comes back from its text");
  const oh::ReplayReport report = await(oh::verify_replay(harness.store(), run_id, token.seq)).value();
  expect(report.matched && !report.diverged && report.matched->events == token.seq, "every event comes out again");
  const oh::ReplayOptions options{.mode = oh::ReplayMode::strict, .to_seq = token.seq, .by = "consumer"};
  expect(harness.replay(run_id, options)->wait().has_value(), "a replay is a run");
  expect(harness.replay(token, {.mode = oh::ReplayMode::compat})->wait().has_value(), "so is one of a token");
  const oh::RunParent parent{.run_id = run_id, .seq = token.seq, .hash = token.head};
  expect(parent == oh::RunParent(parent), "a parent is a value");
}

// --- fork.hpp

oh::RunId use_fork(oh::Harness& harness, oh::RunId run_id) {
  oh::ForkOptions options{.at_seq = 0,
                          .model = {},
                          .fallbacks = {},
                          .system = "Be brief",
                          .input = {},
                          .settings = oh::GenerationSettings(),
                          .budgets = oh::Budgets(),
                          .approval = oh::ApprovalMode::never,
                          .run_timeout_ms = 60'000,
                          .hints = {"And then?"},
                          .tool_results = {},
                          .gate_decisions = {},
                          .workspace = {},
                          .tools = {},
                          .labels = {{"why", "consumer"}},
                          .by = "consumer"};
  auto fork = harness.fork(run_id, std::move(options)).value();
  const oh::RunId fork_id = fork.id();
  expect(fork.wait().has_value(), "a fork is a run");
  expect(harness.forks_of(run_id).value() == std::vector<oh::RunId>{fork_id}, "a fork is found");
  const oh::SubstitutedResult result{.call_id = "c1", .outcome = oh::ToolOutcome::ok, .result = {}};
  const oh::SubstitutedGate gate{.gate = "words", .passed = true};
  expect(result.call_id == "c1" && gate.passed, "what is put in place is values");
  return fork_id;
}

// --- compensation.hpp: a compensator of one's own.

struct Notes {
  int count = 0;
};

class ForgetNote final : public oh::Compensator {
 public:
  explicit ForgetNote(std::shared_ptr<Notes> notes) : notes_(std::move(notes)) {}
  oh::Awaitable<std::expected<oh::CompensationLook, oh::ToolError>> look(oh::CompensationCall call,
                                                                         oh::CompensationContext context) override {
    const bool knows = call.tool == "save_note" && !call.call_id.empty() && call.seq > 0 &&
                       !call.idempotency_key.empty() && !call.arguments.text.empty() && !call.undo &&
                       call.outcome == oh::ToolOutcome::ok && !call.result.empty();
    expect(knows && context.attempt == 1 && context.workspace == nullptr, "a call comes with what is known of it");
    expect(!context.cancellation.stop_requested() && context.deadline > std::chrono::steady_clock::now(),
           "there is time");
    oh::CompensationLook look{
        .verdict = notes_->count > 0 ? oh::UndoVerdict::restorable : oh::UndoVerdict::nothing_to_do,
        .conflicts = {},
        .can_overwrite = true,
        .reason = "forgets the note",
        .undo = {},
        .targets = {}};
    co_return look;
  }
  oh::Awaitable<oh::CompensationResult> restore(oh::CompensationCall, oh::UndoStep step,
                                                oh::CompensationContext context) override {
    expect(step.tool == "save_note" && context.run_id != oh::RunId(), "a step says what it is of");
    --notes_->count;
    oh::CompensationResult result{.outcome = oh::CompensationOutcome::restored, .conflicts = {}, .error = {}};
    co_return result;
  }

 private:
  std::shared_ptr<Notes> notes_;
};

void use_undo(oh::Harness& harness, oh::RunId run_id, const Notes& notes) {
  const oh::UndoOptions options{
      .to_seq = 0, .to_label = "", .overwrite = {.all = false, .targets = {"a.txt"}}, .by = "consumer"};
  const oh::events::UndoPlanned plan = harness.plan_undo(run_id, options).value();
  expect(plan.steps.size() == 1 && plan.steps.at(0).verdict == oh::UndoVerdict::restorable, "one step");
  expect(harness.undo(run_id, plan, options)->wait().has_value() && notes.count == 0, "an undo is a run");
  const oh::UndoConflict conflict{.target = "a.txt", .expected = {}, .found = {}, .reason = "changed"};
  expect(oh::covers(options.overwrite, {conflict}), "consent covers what it names");
  expect(oh::can_be_undone(oh::EffectClass::reversible) && !oh::can_be_undone(oh::EffectClass::irreversible),
         "some effects can be undone");
  expect(oh::path_compensator() != nullptr, "paths have a compensator");
  const oh::PathChangePlan change{
      .path = "a.txt", .after = oh::PathState{.kind = oh::PathKind::file, .mode = 0644, .content = {}, .target = ""}};
  const auto workspace = oh::Workspace::open(".").value();
  expect(oh::record_paths(*workspace, {change}).has_value(), "what a path is can be kept");
  expect(!oh::record_move(*workspace, "not there", "nor there").has_value(), "what is not there cannot move");
  for (const auto kind : {oh::PathKind::absent, oh::PathKind::folder, oh::PathKind::link}) {
    expect(kind != change.after->kind, "a path is one thing");
  }
  for (const auto outcome :
       {oh::CompensationOutcome::conflict, oh::CompensationOutcome::failed, oh::CompensationOutcome::not_undoable}) {
    expect(outcome != oh::CompensationResult().outcome, "an undo restores unless it says otherwise");
  }
  expect(oh::UndoVerdict::conflict != oh::UndoVerdict::not_undoable, "verdicts differ");
}

}  // namespace

int main() {
  const auto notes = std::make_shared<Notes>();
  oh::ToolSpec spec;
  spec.name = "save_note";
  spec.description = "Saves a note.";
  spec.input_schema = {R"({"type":"object"})"};
  spec.effect_class = oh::EffectClass::irreversible;  // but for who has a compensator
  const auto tool = oh::make_blocking_tool(std::move(spec), [notes](oh::ToolCall, const oh::ToolContext&) {
    ++notes->count;
    return oh::ToolResult::text("saved");
  });
  const char* script = R"({"turns":[{"tool_calls":[{"id":"c1","name":"save_note","arguments":{"n":1}}]},
                                    {"text":"Noted."},{"text":"Nothing."}]})";
  oh::HarnessBuilder builder;
  builder.provider(oh::scripted_provider({{"demo", script}}).value())
      .default_model("scripted/demo")
      .store(std::make_shared<Store>(oh::open_store("memory:").value()))
      .tool(tool)
      .compensator("save_note", std::make_shared<ForgetNote>(notes));
  oh::Harness harness = builder.build().value();
  auto run = harness.session().run("Make a note").approval(oh::ApprovalMode::never).start().value();
  const oh::RunId run_id = run.id();
  expect(run.wait().has_value() && notes->count == 1, "a run makes its call");

  use_journal(harness.store(), run_id);
  use_replay(harness, run_id);
  const oh::RunId fork_id = use_fork(harness, run_id);
  use_undo(harness, run_id, *notes);
  use_run_store(harness.store(), run_id, fork_id);
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
