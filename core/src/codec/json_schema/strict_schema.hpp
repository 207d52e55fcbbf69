// SPDX-License-Identifier: Apache-2.0
#pragma once

// The subset of JSON Schema that OpenAI and its like can constrain a model to, and the way of a tool's schema into it.
// Pure functions. The rule is in docs/harness/tool-schemas.md.

#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::codec {

/// The schema as a strict host takes it: byte for byte where it is in the subset already; else with
/// `additionalProperties: false` wherever it is missing, and with every property required, those that were optional as
/// a union with null. Error: `tool_schema_invalid` with the keyword and its JSON pointer, for what the subset does not
/// have, and past its limits: 5,000 properties, 10 levels of objects, 1,000 enum values, 120,000 bytes of names and
/// enum values.
[[nodiscard]] Result<std::string> strict_schema(std::string_view schema);

}  // namespace orchestrator::harness::codec
