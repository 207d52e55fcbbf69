// SPDX-License-Identifier: Apache-2.0
#pragma once

// Start here. A `Harness` runs AI agents; a run is a journal of events that you read while it grows.
//
//   auto harness = HarnessBuilder::from_environment().build().value();
//   auto run = harness.session().run("Say hello").start().value();
//   for (const StreamEvent& event : run.events())
//     if (auto* delta = event.get_if<StreamEvent::OutputDelta>()) std::cout << delta->text << std::flush;
//
// A harness owns one I/O thread, its connections and its settings; several in one process share nothing.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/catalogue.hpp"
#include "orchestrator/harness/compensation.hpp"
#include "orchestrator/harness/context.hpp"
#include "orchestrator/harness/control.hpp"
#include "orchestrator/harness/embedder.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/fork.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/memory.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/observability.hpp"
#include "orchestrator/harness/provider.hpp"
#include "orchestrator/harness/redaction.hpp"
#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/replay.hpp"
#include "orchestrator/harness/run.hpp"
#include "orchestrator/harness/safety.hpp"
#include "orchestrator/harness/session.hpp"
#include "orchestrator/harness/stream.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

namespace runtime {
class Engine;
}

/// How a run is gone on with.
struct ResumeOptions {
  std::vector<std::shared_ptr<Tool>> tools;  // besides those of the harness
  std::string by = "user";
  bool trust_imported = false;  // act also where the run came out of a file (`RunSummary::imported`)
};

/// A running harness. Movable. Destroying it closes it: runs under way are aborted, and that is in their journals.
class Harness {
 public:
  explicit Harness(std::shared_ptr<runtime::Engine> engine);
  Harness(Harness&&) noexcept;
  Harness& operator=(Harness&&) noexcept;
  ~Harness();

  /// A new session.
  [[nodiscard]] Session session(SessionConfig config = {});
  /// A session of the store, with its history rebuilt from its runs. Error: `session_not_found`.
  Awaitable<Result<Session>> async_open_session(SessionId id, SessionConfig config);
  Result<Session> open_session(SessionId id, SessionConfig config = {});

  /// A reader of any run of the store, live or not, from its first event; control works while this harness holds it.
  Awaitable<Result<RunHandle>> async_open_run(RunId id);
  Result<RunHandle> open_run(RunId id);
  /// Aborts a run that no process holds: takes the store's lock and writes how it ended. Errors: `run_locked`,
  /// `run_not_active` when it has ended already, `run_not_found`.
  Awaitable<Result<void>> async_abort_orphan(RunId id, std::string by);
  Result<void> abort_orphan(RunId id, std::string by);

  /// Records a person's answer in a run that no process holds; `resume_run` then goes on with it. Errors: `run_locked`,
  /// `run_not_active`, `run_not_found`, `precondition_failed` when the question is not open.
  Awaitable<Result<void>> async_answer_orphan(RunId id, InterruptAnswer answer);
  Result<void> answer_orphan(RunId id, InterruptAnswer answer);

  /// Goes on with a run that no process holds: after a crash, after `detach`, or with a person's answer. What the dead
  /// process had begun is judged first (docs/harness/tools-track.md). Every tool that the run declared must be there,
  /// as it was declared. The handle reads from the first new event. Errors: `run_locked` (names the holder),
  /// `run_not_active` when it has ended, `run_not_found`, `precondition_failed` (a tool is missing or has changed),
  /// `journal_damaged`, `configuration_invalid` (its workspace), `imported_run` (names the folder; see the options).
  Awaitable<Result<RunHandle>> async_resume_run(RunId id, ResumeOptions options);
  Result<RunHandle> resume_run(RunId id, ResumeOptions options = {});

  /// Replays a run of the store, ended or not, in a run of its own of kind `replay`, whose `parent` is the point that
  /// it goes to. That run ends as `Completed` (`matched`), or with the `Error` `replay_diverged` behind the event that
  /// names the first difference. It asks no adapter or tool for anything; a process that dies leaves it to
  /// `resume_run`. A token is refused with `journal_damaged` where the journal is not the one that it was made of.
  /// Other errors: `run_not_found`, `invalid_argument` for an event that the run does not have, `precondition_failed`
  /// in the mode `strict` (it names both versions, or both adapters), `journal_damaged`, `storage_*`.
  Awaitable<Result<RunHandle>> async_replay(RunId id, ReplayOptions options);
  Result<RunHandle> replay(RunId id, ReplayOptions options = {});
  Awaitable<Result<RunHandle>> async_replay(ReplayToken token, ReplayOptions options);
  Result<RunHandle> replay(ReplayToken token, ReplayOptions options = {});
  /// A token for the last event of a run that this harness holds, which the run notes as `ReplayTokenIssued`;
  /// `replay_token` makes one for any event of any run and leaves no note. Errors: `run_not_active`, `limit_exceeded`.
  Awaitable<Result<ReplayToken>> async_issue_replay_token(RunId id, std::string by);
  Result<ReplayToken> issue_replay_token(RunId id, std::string by = "user");

  /// What taking back the calls of a run would do, last call first; changes nothing. Errors: `run_not_found`,
  /// `precondition_failed` (the run has not ended, or is a replay), `invalid_argument` (no such event or checkpoint),
  /// `limit_exceeded` (more than 10,000 calls), `configuration_invalid` (its workspace), `journal_damaged`.
  Awaitable<Result<events::UndoPlanned>> async_plan_undo(RunId id, UndoOptions options);
  Result<events::UndoPlanned> plan_undo(RunId id, UndoOptions options = {});
  /// Carries out a plan of `plan_undo`, and nothing that it does not name, as a run of its own in the session of `id`;
  /// what has changed since the plan was made is not touched. The run ends as `Completed` (`undone`), or with
  /// `undo_incomplete`. A process that dies leaves it to `resume_run`. Errors as above, `invalid_argument` where
  /// the plan is not one of this run, and `imported_run`.
  Awaitable<Result<RunHandle>> async_undo(RunId id, events::UndoPlanned plan, UndoOptions options);
  Result<RunHandle> undo(RunId id, events::UndoPlanned plan, UndoOptions options = {});

  /// Goes on from an event of a run, live or ended, in a run of its own: of kind `fork`, in a new session, under the
  /// rules and the redaction of this harness. Every tool that the run declared must be there. The handle reads from the
  /// fork's first event; how its files were found stands in its second. Errors: `run_not_found`, `invalid_argument` (no
  /// such event, call or rule), `precondition_failed` (nothing to go on with; a tool is missing; an input that rules
  /// have judged), `not_supported` (a replay or an undo), `imported_run`, those of a run's start, `journal_damaged`.
  Awaitable<Result<RunHandle>> async_fork(RunId id, ForkOptions options);
  Result<RunHandle> fork(RunId id, ForkOptions options = {});
  /// The forks that were made of a run, newest first. Looks at every fork of the store.
  Awaitable<Result<std::vector<RunId>>> async_forks_of(RunId id);
  Result<std::vector<RunId>> forks_of(RunId id);

  /// The store of all runs. Valid as long as this harness.
  [[nodiscard]] const std::shared_ptr<JournalStore>& store() const;
  /// What is known of models. Valid as long as this harness.
  [[nodiscard]] const ModelCatalogue& catalogue() const;
  /// The model of runs that name none; empty where there is none. Valid as long as this harness.
  [[nodiscard]] const std::string& default_model() const;
  /// Of the rules that its runs are under and of what is taken out of them, as they pin it; empty where there is none
  /// of both.
  [[nodiscard]] std::optional<Hash> policies_hash() const;
  /// The adapters, in the order in which they were given. Their calls belong to the harness's thread.
  [[nodiscard]] std::vector<std::shared_ptr<ProviderAdapter>> providers() const;
  /// The declarations of the tools that runs of this harness may call, by name.
  [[nodiscard]] std::vector<ToolSpec> tools() const;
  /// The executor of the harness's thread: coroutines spawned on it read events without changing threads.
  [[nodiscard]] boost::asio::any_io_executor executor() const;
  /// Aborts all runs, waits until they have ended or `deadline_ms` has passed, and stops. Idempotent.
  void close(std::uint64_t deadline_ms = 5'000);

 private:
  std::shared_ptr<runtime::Engine> engine_;  // shared with sessions, runs and their handles
};

/// Settings of a harness. Copyable; nothing is opened or started before `build`.
class HarnessBuilder {
 public:
  HarnessBuilder();
  HarnessBuilder(const HarnessBuilder&);
  HarnessBuilder& operator=(const HarnessBuilder&);
  ~HarnessBuilder();
  /// Store, providers, default model and logs as the environment says (see docs/harness/overview.md).
  static HarnessBuilder from_environment();

  HarnessBuilder& store(std::string url);  // default `memory:`
  HarnessBuilder& store(std::shared_ptr<JournalStore> store);
  HarnessBuilder& provider(std::shared_ptr<ProviderAdapter> adapter);  // a later one of the same id replaces it
  HarnessBuilder& default_model(std::string_view name);
  HarnessBuilder& tool(std::shared_ptr<Tool> tool);  // that runs may call; `build` answers with what is wrong with it
  /// What takes calls of the tool `tool` back, in place of an earlier one. The built-in file tools have theirs.
  HarnessBuilder& compensator(std::string tool, std::shared_ptr<Compensator> compensator);
  HarnessBuilder& limits(Limits limits);
  HarnessBuilder& timeouts(TimeoutPolicy timeouts);  // of runs whose session and builder set none
  HarnessBuilder& retries(RetryPolicy retries);      // of runs whose session and builder set none
  HarnessBuilder& context(ContextPolicy context);    // of runs whose session and builder set none
  /// The rules that every run is under: none by default. A run that another process began goes on under the same only.
  HarnessBuilder& safety(SafetyPolicy policy);
  /// What is taken out of everything that comes into a run, before its journal, its readers, its models and its logs
  /// have it: by default nothing. The keys that `from_environment` found are secrets of the policy, too. The vault
  /// counts in the mode `reversible` alone: tools get what it has put back. Runs take no `metadata_only`. A run that
  /// another process began under a policy goes on under the same only; values of secrets do not count.
  HarnessBuilder& redaction(RedactionPolicy policy, std::shared_ptr<SecretVault> vault = memory_vault());
  /// Where runs look memories up and leave them, and what those do that set no policy of their own: by default nothing.
  /// With an embedder they are found by their meaning, too; what it costs is a part of the run's cost.
  HarnessBuilder& memory(std::shared_ptr<MemoryStore> store, MemoryPolicy policy = {},
                         std::shared_ptr<Embedder> embedder = {});
  HarnessBuilder& circuit(CircuitPolicy circuit);            // for each model
  HarnessBuilder& retry_budget(RetryBudget retry_budget);    // of all runs together
  HarnessBuilder& catalogue(ModelCatalogue catalogue);       // goes before the one that comes with the library
  HarnessBuilder& concurrency(std::uint32_t calls);          // provider calls at once; default 256
  HarnessBuilder& flush_window_ms(std::uint32_t window_ms);  // how long deltas may wait to be joined; default 4
  HarnessBuilder& log(std::shared_ptr<LogSink> sink);
  /// Gets every event of every run of the harness once it may be seen.
  HarnessBuilder& trace(std::shared_ptr<TraceSink> sink);
  /// Errors: `configuration_invalid`, `storage_*`; those of `from_environment` come out here, too.
  [[nodiscard]] Result<Harness> build() const;

 private:
  struct Draft;
  std::unique_ptr<Draft> draft_;
};

}  // namespace orchestrator::harness
