// SPDX-License-Identifier: Apache-2.0
#pragma once

// The contents that stored text refers to by hash: `{"hash":"<64 hex>","size_bytes":N}`, the one form that such a
// reference has in events and inputs. Inside a string its quotes would be escaped, so no text of a person is mistaken
// for one. Pure.

#include <cstdint>
#include <map>
#include <string_view>

#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::event {

/// Adds what `line` refers to, with its size in bytes; empty content has none.
void collect_references(std::string_view line, std::map<Hash, std::uint64_t>& contents);

}  // namespace orchestrator::harness::event
