// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ctrl-C, SIGTERM and a closed terminal while an evaluation is under way: the first signal stops it, and what it has is
// kept; a second one leaves the process at once. Signals are taken on the harness's thread; make and destroy it on the
// main thread, before the harness is closed.

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <stop_token>

#include "cli/display/notes.hpp"

namespace orchestrator::cli {

class EvalStop {
 public:
  EvalStop(boost::asio::any_io_executor executor, const Notes& notes);
  EvalStop(const EvalStop&) = delete;
  EvalStop& operator=(const EvalStop&) = delete;
  ~EvalStop();
  /// Of the evaluation.
  [[nodiscard]] std::stop_token token() const;
  [[nodiscard]] bool is_stopped() const;

 private:
  struct Watcher;
  std::shared_ptr<Watcher> watcher_;  // shared with its handlers
};

}  // namespace orchestrator::cli
