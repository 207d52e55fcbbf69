// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a client may do, and what a route asks for. Values; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator::daemon {

/// What is needed of a client, each with all that stands before it. `open` asks for nothing.
enum class Role : std::uint8_t { open, read, run, approve, admin };

/// The role's word, such as `read`. Lives for ever.
[[nodiscard]] constexpr std::string_view name_of(Role role) {
  switch (role) {
    case Role::open:
      return "open";
    case Role::read:
      return "read";
    case Role::run:
      return "run";
    case Role::approve:
      return "approve";
    case Role::admin:
      return "admin";
  }
  return "";
}

/// Who asks.
struct Principal {
  std::string name;  // of its token; goes into journals as who asked
  Role role = Role::open;
  std::uint64_t token_number = 0;  // of its token in this daemon: a name may be given again, a number is not
};

}  // namespace orchestrator::daemon
