// SPDX-License-Identifier: Apache-2.0
#pragma once

// Hears what other processes have written: one connection that listens, and one thread, started when somebody first
// waits. What is missed while the connection is down the waiters find by looking. Any thread.

#include <mutex>
#include <string>
#include <thread>

#include "journal/file_descriptor.hpp"
#include "journal/postgres_address.hpp"
#include "journal/run_signal.hpp"

namespace orchestrator::harness::journal {

class PostgresNotices final {
 public:
  /// Tells the signals of `signals`, which must outlive this object.
  PostgresNotices(PostgresAddress address, std::string channel, RunSignals* signals)
      : address_(std::move(address)), channel_(std::move(channel)), signals_(signals) {}
  ~PostgresNotices();
  PostgresNotices(const PostgresNotices&) = delete;
  PostgresNotices& operator=(const PostgresNotices&) = delete;

  void start();

 private:
  void run(int stop_fd);
  void listen(int stop_fd);
  void tell(const std::string& payload);

  const PostgresAddress address_;
  const std::string channel_;
  RunSignals* signals_;
  std::mutex mutex_;
  FileDescriptor stop_;
  std::thread thread_;
};

}  // namespace orchestrator::harness::journal
