// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sees that other processes append to journal files: one inotify instance and one thread for a whole store, started
// when the first watch is asked for. Any thread.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "journal/file_descriptor.hpp"
#include "journal/run_signal.hpp"

namespace orchestrator::harness::journal {

class JournalWatch final {
 public:
  JournalWatch() = default;
  ~JournalWatch();
  JournalWatch(const JournalWatch&) = delete;
  JournalWatch& operator=(const JournalWatch&) = delete;

  /// Notifies `signal` whenever the file at `path` changes, until `unwatch` of the number that it returns, with the
  /// same signal. Negative where the system cannot watch the file (a limit, a file system without events): then the
  /// caller must poll.
  int watch(const std::string& path, std::shared_ptr<RunSignal> signal);
  void unwatch(int watch, const std::shared_ptr<RunSignal>& signal);

 private:
  struct Watched {
    std::vector<std::shared_ptr<RunSignal>> signals;  // one for each call of `watch`
  };

  bool start();
  void run(int events_fd, int stop_fd);

  std::mutex mutex_;
  std::map<int, Watched> watched_;  // by inotify's watch descriptor
  FileDescriptor events_;
  FileDescriptor stop_;
  std::jthread thread_;
  bool is_tried_ = false;
};

}  // namespace orchestrator::harness::journal
