// SPDX-License-Identifier: Apache-2.0
#include "runtime/event_cursor.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <semaphore>
#include <utility>

#include "event/step.hpp"
#include "runtime/run_epochs.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kPageBytes = 256ULL << 10;

// Waits on the tail; completes on the handler's own executor. False: there is nothing to wait for any more.
template <class Handler>
void start_wait(Handler handler, EventTail* tail, EventTail::ReaderId reader, std::uint64_t next_seq) {
  auto executor = asio::get_associated_executor(handler);
  auto slot = asio::get_associated_cancellation_slot(handler);
  auto shared = std::make_shared<Handler>(std::move(handler));  // either the waiter or the cancellation has it
  EventTail::Waiter waiter = [shared, executor]() mutable {
    asio::post(executor, [shared] { std::move (*shared)(boost::system::error_code()); });
  };
  if (slot.is_connected()) {
    slot.assign([tail, reader, shared, executor](asio::cancellation_type) {
      if (!tail->cancel_wait(reader)) return;
      asio::post(executor, [shared] { std::move (*shared)(asio::error::operation_aborted); });
    });
  }
  if (!tail->wait(reader, next_seq, waiter)) waiter();
}

}  // namespace

EventCursor::EventCursor(std::shared_ptr<Engine> engine, RunId run_id, std::shared_ptr<EventTail> tail,
                         std::uint64_t after_seq)
    : engine_(std::move(engine)), run_id_(run_id), tail_(std::move(tail)), next_seq_(after_seq + 1) {
  if (tail_) reader_ = tail_->add_reader(next_seq_);
}

EventCursor::~EventCursor() {
  if (tail_) tail_->remove_reader(reader_);
}

std::unique_ptr<EventCursor> EventCursor::clone(std::uint64_t after_seq) const {
  return std::make_unique<EventCursor>(engine_, run_id_, tail_, after_seq);
}

std::optional<StreamEvent> EventCursor::take() {
  if (!loaded_.empty()) {
    StreamEvent event = std::move(loaded_.front());
    loaded_.pop_front();
    next_seq_ = event.meta.seq + 1;
    saw_terminal_ = event.is_terminal();
    return event;
  }
  if (!step_) return std::nullopt;
  const auto index = next_seq_ - step_->events.front().meta.seq;
  StreamEvent event = step_->events[static_cast<std::size_t>(index)];
  next_seq_ += 1;
  saw_terminal_ = event.is_terminal();
  if (index + 1 == step_->events.size()) step_.reset();
  return event;
}

Result<EventCursor::Found> EventCursor::look() {
  if (!loaded_.empty() || step_) return Found::event;
  if (saw_terminal_) return Found::ended;
  if (!tail_) return store_ended_ ? Found::ended : Found::need_store;
  EventTail::Fetched fetched = tail_->fetch(reader_, next_seq_);
  visible_seq_ = fetched.visible_seq;
  switch (fetched.status) {
    case EventTail::Status::step:
      step_ = std::move(fetched.step);
      return Found::event;
    case EventTail::Status::behind:
      return Found::need_store;
    case EventTail::Status::wait:
      return Found::need_wait;
    case EventTail::Status::ended:
      break;
  }
  if (fetched.error) return std::unexpected(*fetched.error);
  return Found::ended;
}

asio::awaitable<Result<void>> EventCursor::check_epoch() {
  const auto epoch = co_await epoch_of(engine_->options().store, run_id_);
  if (!epoch) co_return std::unexpected(epoch.error());
  const std::uint64_t before = std::exchange(epoch_, *epoch);
  if (before == 0 || before == *epoch) co_return Result<void>();
  co_return fail(RuntimeErrorCode::precondition_failed,
                 "run " + run_id_.str() + " was changed in its store while it was read (epoch " +
                     std::to_string(*epoch) + " after " + std::to_string(before) + "): read it from the start",
                 run_id_.str());
}

asio::awaitable<Result<void>> EventCursor::load_from_store() {
  Result<void> holds;
  if (epoch_ == 0) holds = co_await check_epoch();
  if (!holds) co_return holds;
  auto lines = co_await engine_->store().read(run_id_, next_seq_ - 1, kPageBytes);
  if (!lines) co_return std::unexpected(lines.error());
  // After the lines, so that those of a new form never pass for ones of the old.
  holds = co_await check_epoch();
  if (!holds) co_return holds;
  for (const JournalLine& line : *lines) {
    auto step = event::read_step(line.bytes);
    if (!step) co_return std::unexpected(step.error());
    for (StreamEvent& event : step->events) {
      const bool is_visible = !tail_ || event.meta.seq <= visible_seq_;
      if (event.meta.seq >= next_seq_ && is_visible) loaded_.push_back(std::move(event));
    }
  }
  if (!loaded_.empty()) co_return Result<void>();
  if (tail_) {
    co_return fail(RuntimeErrorCode::storage_failed,
                   "event " + std::to_string(next_seq_) + " was published but is not in the store", run_id_.str());
  }
  store_ended_ = true;
  co_return Result<void>();
}

asio::awaitable<Result<void>> EventCursor::wait_for_tail() {
  try {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(boost::system::error_code)>(
        [](auto handler, EventTail* tail, EventTail::ReaderId reader, std::uint64_t next_seq) {
          start_wait(std::move(handler), tail, reader, next_seq);
        },
        asio::use_awaitable, tail_.get(), reader_, next_seq_);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) throw;
    co_return fail(RuntimeErrorCode::cancelled, "the wait for an event was cancelled");
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::optional<StreamEvent>>> EventCursor::next() {
  for (;;) {
    const auto found = look();
    if (!found) co_return std::unexpected(found.error());
    if (*found == Found::event) co_return take();
    if (*found == Found::ended) co_return std::optional<StreamEvent>();
    Result<void> done;
    if (*found == Found::need_wait) {
      done = co_await wait_for_tail();
    } else {
      done = co_await load_from_store();
    }
    if (!done) co_return std::unexpected(done.error());
  }
}

Result<std::optional<StreamEvent>> EventCursor::next_blocking() {
  for (;;) {
    const auto found = look();
    if (!found) return std::unexpected(found.error());
    if (*found == Found::event) return take();
    if (*found == Found::ended) return std::optional<StreamEvent>();
    if (*found == Found::need_store) {
      auto done = asio::co_spawn(engine_->executor(), load_from_store(), asio::use_future).get();
      if (!done) return std::unexpected(done.error());
      continue;
    }
    auto ready = std::make_shared<std::binary_semaphore>(0);  // shared with the waiter, which may outlive this frame
    EventTail::Waiter waiter = [ready] { ready->release(); };
    if (tail_->wait(reader_, next_seq_, waiter)) ready->acquire();
  }
}

}  // namespace orchestrator::harness::runtime
