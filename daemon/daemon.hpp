// SPDX-License-Identifier: Apache-2.0
#pragma once

// The daemon around one harness: its routes on a server, from the first connection to the last. Made, started, stopped
// and destroyed on one thread that is not the harness's.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/run_request.hpp"
#include "daemon/access/tokens.hpp"
#include "daemon/http/server.hpp"
#include "daemon/service.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::daemon {

struct DaemonOptions {
  ListenAddress address;
  std::string socket_path;  // empty: none
  std::vector<Tokens::Entry> tokens;
  std::string private_folder;  // with the daemon's own files: no workspace of others than admins; empty: none
  cli::RunRequest defaults;    // of runs that say nothing
  harness::SessionConfig sessions;
  ServerBounds bounds;
  std::function<void(const std::string&)> note = [](const std::string&) {};  // a line for the log; any thread
};

/// How a recovery went.
struct Recovery {
  std::size_t resumed = 0;
  std::size_t imported = 0;              // were passed over: they came out of files
  std::vector<harness::Error> failures;  // at most 20
};

class Daemon {
 public:
  /// REQUIRES: the harness outlives it.
  Daemon(harness::Harness& harness, DaemonOptions options, DaemonRecords records);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Begins to serve; the address with its port. Errors: `configuration_invalid` for an address that other machines
  /// reach, and those of `Server` and of the records.
  [[nodiscard]] harness::Result<ListenAddress> start();
  /// Begins to go on with the runs of the store that no process holds and that have not ended, and returns at once.
  /// `told` is called at the end, with the errors of single runs in the result, on the harness's thread; not where
  /// `stop` comes first. Once at most.
  void recover(std::function<void(const harness::Result<Recovery>&)> told);
  /// Takes no more requests, ends all streams, and lets go of the runs that wait for a person, within about
  /// `patience`. The number of runs that are still under way. Idempotent.
  std::size_t stop(std::chrono::milliseconds patience);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace orchestrator::daemon
