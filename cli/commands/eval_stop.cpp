// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/eval_stop.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <utility>

#include "cli/exit_status.hpp"

namespace orchestrator::cli {

namespace asio = boost::asio;

struct EvalStop::Watcher : std::enable_shared_from_this<Watcher> {
  Watcher(const asio::any_io_executor& executor, const Notes& where) : signals(executor), notes(where) {
    // What was to be ignored, as under nohup or behind `&` in a script, stays ignored.
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction now{};
      if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {
        signals.add(number);
      }
    }
  }

  void listen() {
    signals.async_wait([self = shared_from_this()](const boost::system::error_code& error, int) {
      if (error) {
        return;
      }
      if (self->stop.stop_requested()) {
        ::_exit(static_cast<int>(ExitStatus::aborted));
      }
      self->notes.note_from_any_thread("stopping; once more to leave at once");
      self->stop.request_stop();
      self->listen();
    });
  }

  asio::signal_set signals;
  const Notes& notes;
  std::stop_source stop;
};

EvalStop::EvalStop(asio::any_io_executor executor, const Notes& notes)
    : watcher_(std::make_shared<Watcher>(executor, notes)) {
  asio::post(executor, [watcher = watcher_] { watcher->listen(); });
}

EvalStop::~EvalStop() {
  asio::post(watcher_->signals.get_executor(), [watcher = watcher_] {
    boost::system::error_code ignored;
    watcher->signals.cancel(ignored);
  });
}

std::stop_token EvalStop::token() const { return watcher_->stop.get_token(); }
bool EvalStop::is_stopped() const { return watcher_->stop.stop_requested(); }

}  // namespace orchestrator::cli
