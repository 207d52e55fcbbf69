// SPDX-License-Identifier: Apache-2.0
#pragma once

// The folder that holds the control sockets of a user's runs, one socket a run. It has mode 0700 and belongs to the
// user, so who can reach a socket is the user. Free functions on paths; any thread.

#include <sys/socket.h>
#include <sys/un.h>

#include <expected>
#include <string>
#include <vector>

#include "cli/configuration/user_folders.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::cli {

/// Where sockets may be, in order: below the runtime folder, then below the state folder.
[[nodiscard]] std::vector<std::string> control_folders(const UserFolders& folders);

/// The first of them that is there or can be made, with mode 0700 and our own. Error: `storage_failed` with the
/// reason for the last one.
[[nodiscard]] harness::Result<std::string> make_control_folder(const UserFolders& folders);

/// An open descriptor of a folder that is ours alone; else -1. The caller closes it.
[[nodiscard]] int open_control_folder(const std::string& folder);

/// The name of a run's socket in its folder.
[[nodiscard]] std::string socket_name(const harness::RunId& run_id);

/// The address of a socket in an open folder. It goes through /proc/self/fd, because the path itself may be longer
/// than the 108 bytes that an address holds.
[[nodiscard]] sockaddr_un socket_address(int folder_descriptor, const std::string& name);

/// Removes the sockets that nobody listens on; looks at 1,000 of them at most.
void remove_stale_sockets(const std::string& folder);

}  // namespace orchestrator::cli
