// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asking a daemon on this machine. Blocking, every request within its bounds of time and size; for one thread.

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "cli/configuration/user_folders.hpp"
#include "cli/daemon/daemon_record.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// The folder of the daemon's record, token and log. Error: `configuration_invalid` where none is known.
[[nodiscard]] harness::Result<std::string> daemon_folder(const UserFolders& folders);

/// The error `kDaemonUnreachable`.
[[nodiscard]] std::unexpected<harness::Error> fail_unreachable(std::string message);

/// The record of the daemon that runs. Errors: `kDaemonUnreachable` where none does; those of `read_record`.
[[nodiscard]] harness::Result<DaemonRecord> find_daemon(const std::string& folder);

class DaemonClient {
 public:
  /// For that daemon, with the token of its folder. Errors: `configuration_invalid` for an address that is not one of
  /// this machine, to which no token is sent, and for a token file that is absent or wrong.
  [[nodiscard]] static harness::Result<DaemonClient> open(const std::string& folder, DaemonRecord record);

  /// Sends a request, without a body where `body` is empty. The answer's object. Errors: `kDaemonUnreachable`; what
  /// the daemon answered in place of a result.
  [[nodiscard]] harness::Result<boost::json::object> ask(const std::string& method, const std::string& path,
                                                         const std::string& body = {},
                                                         std::uint32_t wait_ms = kWaitMs) const;

  [[nodiscard]] const DaemonRecord& record() const { return record_; }

 private:
  static constexpr std::uint32_t kWaitMs = 30'000;
  DaemonClient(DaemonRecord record, std::string token) : record_(std::move(record)), token_(std::move(token)) {}
  DaemonRecord record_;
  std::string token_;
};

}  // namespace orchestrator::cli
