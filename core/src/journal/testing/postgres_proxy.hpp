// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stands between a store and its PostgreSQL server and cuts connections at chosen moments. It listens on a socket in a
// folder of its own; one thread of its own. Any thread may ask it.

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "journal/file_descriptor.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::journal::testing {

class PostgresProxy {
 public:
  /// In front of the server whose socket lies in `server_folder`.
  explicit PostgresProxy(const std::string& server_folder);
  ~PostgresProxy();
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  [[nodiscard]] std::string socket_folder() const { return folder_.path(); }
  /// What becomes of the next message that contains a text: cut before the server gets it, or after the server has
  /// answered, before the client gets the answer.
  enum class Cut { before, after };
  void cut_at(const std::string& text, Cut cut);
  /// Cuts all connections.
  void cut_all() { is_cutting_ = true; }
  /// How many connections were cut.
  [[nodiscard]] int cuts() const { return cuts_; }

 private:
  struct Pair {
    FileDescriptor client;
    FileDescriptor server;
  };
  void run();
  void accept_one();
  bool forward_request(Pair& pair);
  static bool forward_answer(Pair& pair);

  runtime::testing::TemporaryFolder folder_{runtime::testing::FolderPlace::memory};
  const std::string server_path_;
  FileDescriptor listening_;
  std::vector<Pair> pairs_;  // of the thread alone
  std::mutex mutex_;
  std::string text_;
  Cut cut_ = Cut::before;
  std::atomic<bool> is_cutting_ = false;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<int> cuts_ = 0;
  std::thread thread_;
};

}  // namespace orchestrator::harness::journal::testing
