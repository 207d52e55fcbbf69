// SPDX-License-Identifier: Apache-2.0
#pragma once

// The remote control of one run: a Unix socket of mode 0600 through which other processes of the same user send
// commands. It works on the harness's thread; make and destroy it on another one, and destroy it before the harness.

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "cli/configuration/user_folders.hpp"
#include "orchestrator/harness/control.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::cli {

class ControlSocket {
 public:
  /// Listens for commands for `run_id` and gives them to `control`. Stale sockets in the folder go away. Each
  /// connection carries one request and has `connection_time`; at most 16 are open at once. Errors: `storage_failed`
  /// with the reason; the run then works without remote control.
  [[nodiscard]] static harness::Result<std::unique_ptr<ControlSocket>> open(
      boost::asio::any_io_executor executor, const UserFolders& folders, const harness::RunId& run_id,
      harness::ControlHandle control, std::chrono::milliseconds connection_time = std::chrono::seconds(10));
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  /// Stops listening and removes the socket; an answer under way still gets out.
  ~ControlSocket();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Listener;
  ControlSocket(std::shared_ptr<Listener> listener, std::string path);
  std::shared_ptr<Listener> listener_;  // shared with its coroutines
  std::string path_;
};

}  // namespace orchestrator::cli
