// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/run.hpp"

#include <boost/asio/co_spawn.hpp>

#include <utility>

#include "runtime/blocking.hpp"
#include "runtime/event_cursor.hpp"
#include "runtime/run_driver.hpp"

namespace orchestrator::harness {
namespace {

namespace asio = boost::asio;

std::string text_of_terminal(const StreamEvent& event) {
  if (const auto* completed = event.get_if<StreamEvent::Completed>()) return completed->output;
  if (const auto* error = event.get_if<StreamEvent::Error>()) return error->partial_output;
  if (const auto* aborted = event.get_if<StreamEvent::Aborted>()) return aborted->partial_output;
  return {};
}

Error no_terminal() {
  return RuntimeError{
      RuntimeErrorCode::run_not_active, "the run's journal has no terminal event: its process is gone", "run", {}};
}

using Cursor = std::shared_ptr<runtime::EventCursor>;

// Reads on the callback thread, so that neither reading nor a slow callback holds up a run.
asio::awaitable<void> read_to_end(Cursor cursor, std::function<void(const StreamEvent&)> on_event,
                                  std::function<void(Result<void>)> on_end) {
  for (;;) {
    Result<std::optional<StreamEvent>> event = co_await cursor->next();
    if (!event) {
      on_end(std::unexpected(event.error()));
      co_return;
    }
    if (!*event) break;
    on_event(**event);
  }
  on_end(Result<void>());
}

}  // namespace

RunHandle::RunHandle() = default;
RunHandle::RunHandle(std::shared_ptr<runtime::RunDriver> driver, std::unique_ptr<runtime::EventCursor> cursor)
    : driver_(std::move(driver)), cursor_(std::move(cursor)) {}
RunHandle::RunHandle(RunHandle&&) noexcept = default;
RunHandle& RunHandle::operator=(RunHandle&&) noexcept = default;
RunHandle::~RunHandle() = default;

RunId RunHandle::id() const { return cursor_->run_id(); }
SessionId RunHandle::session_id() const { return driver_ ? driver_->session_id() : SessionId(); }

Awaitable<Result<std::optional<StreamEvent>>> RunHandle::next() { return cursor_->next(); }

Result<std::optional<StreamEvent>> RunHandle::next_blocking() {
  if (driver_ && driver_->engine()->on_io_thread()) {
    return fail(RuntimeErrorCode::not_supported,
                "a blocking call on the harness's own thread would wait for itself: use co_await run.next()");
  }
  return cursor_->next_blocking();
}

EventRange RunHandle::events() { return EventRange(this); }

void RunHandle::subscribe(std::function<void(const StreamEvent&)> on_event, std::function<void(Result<void>)> on_end) {
  Cursor cursor = std::move(cursor_);
  cursor_ = cursor->clone(cursor->next_seq() - 1);
  auto executor = cursor->callback_executor();
  // What a callback throws is the caller's bug, and ends the process as it would on any thread of theirs.
  asio::co_spawn(executor, read_to_end(std::move(cursor), std::move(on_event), std::move(on_end)),
                 [](const std::exception_ptr& failure) {
                   if (failure) std::rethrow_exception(failure);
                 });
}

Awaitable<Result<RunResult>> RunHandle::result() {
  std::optional<StreamEvent> last;
  for (;;) {
    Result<std::optional<StreamEvent>> event = co_await cursor_->next();
    if (!event) co_return std::unexpected(event.error());
    if (!*event) break;
    last = *std::move(*event);
  }
  if (!last || !last->is_terminal()) co_return std::unexpected(no_terminal());
  std::string text = text_of_terminal(*last);
  RunResult result{*std::move(last), std::move(text)};
  co_return result;
}

Result<RunResult> RunHandle::wait() {
  std::optional<StreamEvent> last;
  for (;;) {
    Result<std::optional<StreamEvent>> event = next_blocking();
    if (!event) return std::unexpected(event.error());
    if (!*event) break;
    last = *std::move(*event);
  }
  if (!last || !last->is_terminal()) return std::unexpected(no_terminal());
  std::string text = text_of_terminal(*last);
  return RunResult{*std::move(last), std::move(text)};
}

RunHandle RunHandle::reader(std::uint64_t after_seq) const { return RunHandle(driver_, cursor_->clone(after_seq)); }
ControlHandle RunHandle::control() const { return ControlHandle(driver_); }

Result<void> RunHandle::abort(AbortMode mode) const {
  AbortOptions options;
  options.mode = mode;
  return control().abort(std::move(options));
}
Result<HintId> RunHandle::hint(std::string text, HintPriority priority) const {
  HintOptions options;
  options.priority = priority;
  return control().hint(std::move(text), std::move(options));
}

bool EventRange::advance() {
  Result<std::optional<StreamEvent>> event = handle_->next_blocking();
  if (!event) {
    handle_->error_ = event.error();
    return false;
  }
  current_ = *std::move(event);
  return current_.has_value();
}

EventRange::Iterator EventRange::begin() { return Iterator(advance() ? this : nullptr); }

EventRange::Iterator& EventRange::Iterator::operator++() {
  if (!range_->advance()) range_ = nullptr;
  return *this;
}

}  // namespace orchestrator::harness
