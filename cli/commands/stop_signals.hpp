// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ctrl-C, SIGTERM and a closed terminal while runs are under way. The first signal aborts the run cleanly; a second one
// leaves the process at once. Signals are taken on the harness's thread; make, use and destroy it on the main thread,
// before the harness is closed.

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "cli/display/notes.hpp"
#include "orchestrator/harness/control.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::cli {

class StopSignals {
 public:
  StopSignals(boost::asio::any_io_executor executor, const Notes& notes);
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// From now on a signal aborts this run; one that came before does so at once.
  void watch(const harness::RunId& run_id, harness::ControlHandle control);
  /// The run has ended: the next signal is a first one again.
  void release();

  /// Becomes readable when a signal comes while no run is watched. Owned by this object.
  [[nodiscard]] int idle_descriptor() const;

 private:
  struct Watcher;
  std::shared_ptr<Watcher> watcher_;  // shared with its handlers
};

}  // namespace orchestrator::cli
