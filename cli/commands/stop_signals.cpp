// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/stop_signals.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "cli/exit_status.hpp"
#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::cli {

namespace asio = boost::asio;

struct StopSignals::Watcher : std::enable_shared_from_this<Watcher> {
  Watcher(const asio::any_io_executor& executor, const Notes& where)
      : signals(executor), notes(where), idle(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    // What was to be ignored, as under nohup or behind `&` in a script, stays ignored.
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction now{};
      if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {
        signals.add(number);
      }
    }
  }
  ~Watcher() { ::close(idle); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void listen() {
    signals.async_wait([self = shared_from_this()](const boost::system::error_code& error, int number) {
      if (!error) {
        self->take(number);
        self->listen();
      }
    });
  }

  void take(int number);
  void abort_run(int number);

  asio::signal_set signals;
  const Notes& notes;
  const int idle;
  std::mutex mutex;  // guards what follows
  harness::RunId run_id;
  std::optional<harness::ControlHandle> control;
  int pending = 0;  // the signal that came while no run was watched
  bool aborting = false;
};

namespace {

/// The command's result is in the run's own events, or the run has ended already.
asio::awaitable<void> abort_now(harness::ControlHandle control, std::string by) {
  harness::AbortOptions options;
  options.by = std::move(by);
  co_await control.async_abort(std::move(options));
}

void ignore_failure(const std::exception_ptr& failure) { static_cast<void>(failure); }

}  // namespace

void StopSignals::Watcher::take(int number) {
  const std::lock_guard lock(mutex);
  if (aborting) {
    notes.note_from_any_thread("left at once; what there is of the run: orchestrator runs show " + run_id.str());
    ::_exit(static_cast<int>(ExitStatus::aborted));
  }
  if (control) {
    abort_run(number);
    return;
  }
  pending = number;
  const std::uint64_t one = 1;
  static_cast<void>(!::write(idle, &one, sizeof one));
}

void StopSignals::Watcher::abort_run(int number) {
  aborting = true;
  const std::string by = number == SIGINT ? "Ctrl-C" : number == SIGTERM ? "SIGTERM" : "SIGHUP";
  asio::co_spawn(signals.get_executor(), abort_now(*control, by), ignore_failure);
}

StopSignals::StopSignals(asio::any_io_executor executor, const Notes& notes)
    : watcher_(std::make_shared<Watcher>(executor, notes)) {
  asio::post(executor, [watcher = watcher_] { watcher->listen(); });
}

StopSignals::~StopSignals() {
  asio::post(watcher_->signals.get_executor(), [watcher = watcher_] {
    boost::system::error_code ignored;
    watcher->signals.cancel(ignored);
  });
}

void StopSignals::watch(const harness::RunId& run_id, harness::ControlHandle control) {
  const std::lock_guard lock(watcher_->mutex);
  watcher_->run_id = run_id;
  watcher_->control = std::move(control);
  if (watcher_->pending != 0) {
    watcher_->abort_run(watcher_->pending);
  }
}

void StopSignals::release() {
  const std::lock_guard lock(watcher_->mutex);
  watcher_->control.reset();
  watcher_->aborting = false;
  watcher_->pending = 0;
}

int StopSignals::idle_descriptor() const { return watcher_->idle; }

}  // namespace orchestrator::cli
