// SPDX-License-Identifier: Apache-2.0
#pragma once

// The texts under which a configured secret may turn up. Pure function.

#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness::codec {

/// The value itself, and as it stands in base64 (RFC 4648, both alphabets, at each of the three alignments: the
/// characters that its bytes alone decide), hex of either case, percent-encoded (RFC 3986 unreserved bytes kept, `+`
/// for a blank, or every byte; hex of either case), and in JSON strings (short escapes, `\/`, ASCII only, and one
/// level further). Sorted, without repeats; each has at least 6 bytes where the value has.
[[nodiscard]] std::vector<std::string> secret_forms(std::string_view value);

}  // namespace orchestrator::harness::codec
