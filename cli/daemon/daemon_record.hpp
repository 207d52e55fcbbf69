// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a running daemon leaves beside its token, so that the command line finds it. Blocking; any thread.

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

struct DaemonRecord {
  pid_t pid = 0;
  std::string begun;    // when the process began, so that another one with its number is not taken for it
  std::string address;  // HOST:PORT
  std::string store;    // as `store_name` writes it
  std::string version;
  bool operator==(const DaemonRecord&) const = default;
};

/// The address of a store as it can be shown and compared: paths whole, without passwords.
[[nodiscard]] std::string store_name(const std::string& url);

/// A record of this process.
[[nodiscard]] DaemonRecord own_record(std::string address, std::string store);

/// Whether the process of the record is still there.
[[nodiscard]] bool is_running(const DaemonRecord& record);

/// One line of JSON, and back. Error: `configuration_invalid` for what is no such line.
[[nodiscard]] std::string encode_record(const DaemonRecord& record);
[[nodiscard]] harness::Result<DaemonRecord> parse_record(std::string_view text);

/// The record in the daemon's folder, whether or not its process is there; nothing where there is none. Errors:
/// `configuration_invalid`, `storage_failed`.
[[nodiscard]] harness::Result<std::optional<DaemonRecord>> read_record(const std::string& folder);
/// Error: `storage_failed`.
[[nodiscard]] harness::Result<void> write_record(const std::string& folder, const DaemonRecord& record);
/// Removes it if it is this one.
void remove_record(const std::string& folder, const DaemonRecord& record);

}  // namespace orchestrator::cli
