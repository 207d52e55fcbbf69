// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a strict host makes of an optional property (`strict_schema`), undone: null there means that it is missing.
// A pure function.

#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

/// `arguments` without the null members that are optional properties in `schema`, the tool's own; all else stays as it
/// is written, but for white space in the objects and lists around a member that went. The text itself where there is
/// no such member, where either text is no JSON, or where it would take more than 2,000,000 steps.
[[nodiscard]] std::string drop_nulls(std::string_view schema, std::string_view arguments);

}  // namespace orchestrator::harness::codec
