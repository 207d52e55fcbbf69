// SPDX-License-Identifier: Apache-2.0
#pragma once

// The host that an address leads to, for rules that name hosts. A pure function, safe on any thread.

#include <optional>
#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

/// The host of `address` in lower case, without a final dot: of `scheme://[user@]host[:port][/...]`, of `host[:port]`
/// and of `[v6]`. Nothing where readers could disagree about it: control characters, spaces, backslashes, percent signs
/// and characters beyond ASCII before the path, an empty host, a port that is no number.
[[nodiscard]] std::optional<std::string> host_of(std::string_view address);

/// Whether `host`, as `host_of` gives it, is the one that `pattern` names, or stands below it where it begins with
/// `*.`. Numbers are compared as they are written.
[[nodiscard]] bool matches_host(std::string_view pattern, std::string_view host);

}  // namespace orchestrator::harness::codec
