// SPDX-License-Identifier: Apache-2.0
#pragma once

// What of an output item has to go back to the provider that made it, verbatim: for messages and calls the fields that
// have no common form (id, phase, status, ...), as one JSON object. Pure functions, safe on any thread.

#include <string_view>

#include <boost/json/object.hpp>

#include "orchestrator/harness/content.hpp"

namespace orchestrator::harness::codec::responses {

/// The fields of a message but `type`, `role` and `content`; the whole item where its content holds parts of unknown
/// types, or where it is no message by its type. Null fields are left out. `item` may be null.
[[nodiscard]] RawJson echo_of_message(const boost::json::object* item, std::string_view raw);

/// The fields of a call but `type`, `call_id`, `name` and the one that holds its arguments.
[[nodiscard]] RawJson echo_of_call(std::string_view raw, std::string_view arguments_member);

}  // namespace orchestrator::harness::codec::responses
