// SPDX-License-Identifier: Apache-2.0
#pragma once

// Starting a run and reading its events: by coroutine (`co_await run.next()`), blocking (`for (auto& e :
// run.events())`) or callback. Each `RunHandle` has a cursor of its own into the journal: a slow reader costs the run
// nothing and loses nothing.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/control.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/stream.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

namespace runtime {
class EventCursor;
class RunRequest;
class SessionState;
}  // namespace runtime

/// How a run ended, out of its terminal event.
struct RunResult {
  StreamEvent terminal;
  std::string text;  // the output of a completed run, what there was of it otherwise
  [[nodiscard]] bool is_completed() const { return terminal.get_if<StreamEvent::Completed>() != nullptr; }
};

class EventRange;

/// A reader of one run, and its remote control. Movable; used by one thread at a time (make another with `reader`).
/// Destroying it never touches the run.
class RunHandle {
 public:
  RunHandle();
  RunHandle(std::shared_ptr<runtime::RunDriver> driver, std::unique_ptr<runtime::EventCursor> cursor);
  RunHandle(RunHandle&&) noexcept;
  RunHandle& operator=(RunHandle&&) noexcept;
  ~RunHandle();

  /// The run's id. REQUIRES: not a default-made handle.
  [[nodiscard]] RunId id() const;
  /// Its session's id; all zeros for a run that this process only reads.
  [[nodiscard]] SessionId session_id() const;

  /// The next event after this handle's cursor; empty after the terminal event. Errors: `storage_*` when the journal
  /// broke (the run then ends without a terminal event), `cancelled`, `harness_closed`.
  Awaitable<Result<std::optional<StreamEvent>>> next();
  /// The same, blocking. Must not be called on the harness's own thread.
  Result<std::optional<StreamEvent>> next_blocking();
  /// All further events as a range for `for`; an error ends it and is then found in `error()`.
  EventRange events();
  /// The error that ended `events()`, if any.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// Calls `on_event` for each further event on a thread of the harness kept for callbacks, in order, then `on_end`
  /// once. A callback may block: it holds up other callbacks, never a run. Takes this handle's cursor with it.
  void subscribe(std::function<void(const StreamEvent&)> on_event, std::function<void(Result<void>)> on_end);

  /// Reads on to the terminal event. Errors as of `next`.
  Awaitable<Result<RunResult>> result();
  Result<RunResult> wait();

  /// Another reader of the same run, from the event after `after_seq`.
  [[nodiscard]] RunHandle reader(std::uint64_t after_seq = 0) const;
  [[nodiscard]] ControlHandle control() const;
  /// Short forms of `control()`.
  Result<void> abort(AbortMode mode = AbortMode::now) const;
  Result<HintId> hint(std::string text, HintPriority priority = HintPriority::asap) const;

 private:
  friend class EventRange;
  std::shared_ptr<runtime::RunDriver> driver_;  // shared with the other handles of the run
  std::unique_ptr<runtime::EventCursor> cursor_;
  std::optional<Error> error_;
};

/// The events of a run as an input range. Valid as long as its handle; single pass.
class EventRange {
 public:
  /// Reads the next event when it is incremented. Equal to `end()` once the range is over.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = StreamEvent;
    using difference_type = std::ptrdiff_t;
    using pointer = const StreamEvent*;
    using reference = const StreamEvent&;
    explicit Iterator(EventRange* range) : range_(range) {}
    reference operator*() const { return *range_->current_; }
    pointer operator->() const { return &*range_->current_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(const Iterator& other) const { return range_ == other.range_; }

   private:
    EventRange* range_;
  };

  explicit EventRange(RunHandle* handle) : handle_(handle) {}
  /// Waits for the first event. To be called once.
  Iterator begin();
  /// The end of every range.
  Iterator end() { return Iterator(nullptr); }

 private:
  bool advance();
  RunHandle* handle_;
  std::optional<StreamEvent> current_;
};

/// What a run shall do; made by `Session::run`. A plain builder: copy it, keep it, start it several times.
/// Settings are checked by `start`, which names the first that is wrong.
class RunBuilder {
 public:
  RunBuilder(std::shared_ptr<runtime::SessionState> session, std::vector<ContentPart> input);

  RunBuilder& model(std::string_view name);  // provider/model
  RunBuilder& model(ModelPlan plan);
  RunBuilder& fallback(std::string_view name);  // one more model to go on with where the ones before it fail
  RunBuilder& needs(ModelNeeds value);          // of every model of the plan
  RunBuilder& on_unsupported(OnUnsupported choice);
  RunBuilder& input(ContentPart part);  // one more part of the user's message
  RunBuilder& system(std::string text);
  RunBuilder& settings(GenerationSettings settings);
  RunBuilder& temperature(double value);
  RunBuilder& top_p(double value);
  RunBuilder& stop(std::vector<std::string> sequences);
  RunBuilder& seed(std::int64_t value);
  RunBuilder& max_output_tokens(std::uint32_t value);
  RunBuilder& max_input_tokens(std::uint64_t value);
  RunBuilder& reasoning(ReasoningSettings value);
  RunBuilder& tool_choice(ToolChoice value);
  RunBuilder& output_schema(OutputSchema value);
  RunBuilder& metadata(std::string key, std::string value);  // goes to the provider
  RunBuilder& label(std::string key, std::string value);     // stays in the journal
  RunBuilder& timeouts(TimeoutPolicy value);                 // unset: those of the session, else of the harness
  RunBuilder& retries(RetryPolicy value);                    // the same
  RunBuilder& context(ContextPolicy value);                  // the same; its pinned texts are added to the session's
  RunBuilder& memory(MemoryPolicy value);                    // unset: that of the session, else of the harness
  RunBuilder& pin(std::string name, std::string text);       // for this run and the later ones of its session
  RunBuilder& unpin(std::string name);                       // from this run on
  RunBuilder& budgets(Budgets value);
  RunBuilder& limits(Limits value);
  RunBuilder& remember(bool value);  // false: later runs of the session do not see this one
  RunBuilder& hint(std::string text, HintPriority priority = HintPriority::asap);  // queued from the start
  RunBuilder& traceparent(std::string header);                                     // W3C Trace Context of the caller
  RunBuilder& tool(std::shared_ptr<Tool> tool);       // one of this run alone; it hides one of the harness of that name
  RunBuilder& tools(std::vector<std::string> names);  // of the harness; unset: all of them
  RunBuilder& workspace(std::string directory);       // the folder that tools work in
  RunBuilder& tool_policy(ToolPolicy value);
  RunBuilder& approval(ApprovalMode value);
  /// A run that begins as `source` of the same store did: with the history that it had in place of the session's, and
  /// with `RunStarted::parent` naming it. All else is as this builder says. `start` then also fails with
  /// `run_not_found` and `journal_damaged`, of the source and of the runs before it.
  RunBuilder& parent(RunId source);
  RunBuilder& only_if_idle(bool value = true);  // refuse with `session_busy` instead of waiting for the session

  /// Accepts the run: returns once `RunStarted` is appended. Runs of one session follow one another in the order of
  /// their starts, since each sees what the one before left. Errors: `invalid_argument`, `unknown_provider` (with the
  /// known ones), `key_missing`, `budget_unpriced`, `limit_exceeded`, `session_busy`, `queue_full`, `storage_*`,
  /// `tool_schema_invalid`, `configuration_invalid` (the workspace).
  Awaitable<Result<RunHandle>> async_start() const;
  /// The same, blocking. Must not be called on the harness's own thread.
  Result<RunHandle> start() const;

 private:
  friend class runtime::RunRequest;
  struct Draft {
    std::vector<ContentPart> input;
    std::optional<std::string> model_name;
    std::optional<ModelPlan> plan;
    std::vector<std::string> fallback_names;
    std::optional<ModelNeeds> needs;
    std::optional<OnUnsupported> on_unsupported;
    std::string system;
    GenerationSettings settings;
    std::vector<std::pair<std::string, std::string>> labels;
    std::optional<TimeoutPolicy> timeouts;
    std::optional<RetryPolicy> retries;
    std::optional<ContextPolicy> context;
    std::optional<MemoryPolicy> memory;
    std::vector<std::pair<std::string, std::optional<std::string>>> pins;  // no text: unpin
    Budgets budgets;
    std::optional<Limits> limits;
    bool remember = true;
    std::vector<std::pair<std::string, HintPriority>> hints;
    std::string traceparent;
    bool only_if_idle = false;
    std::vector<std::shared_ptr<Tool>> own_tools;
    std::optional<std::vector<std::string>> tool_names;
    std::string workspace;
    ToolPolicy tool_policy;
    std::optional<RunId> parent;
  };
  std::shared_ptr<runtime::SessionState> session_;  // shared with the session's handles and runs
  Draft draft_;
};

}  // namespace orchestrator::harness
