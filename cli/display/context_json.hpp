// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a request held, as JSON. Pure functions; the views live for ever.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string_view>
#include <vector>

#include "orchestrator/harness/context_manifest.hpp"

namespace orchestrator::cli {

[[nodiscard]] std::string_view word_of(harness::ContextVerdict verdict);
/// One object an item.
[[nodiscard]] boost::json::array json_of(const std::vector<harness::ContextItem>& items);
/// The whole request, and what had gone before it.
[[nodiscard]] boost::json::object json_of(const harness::ContextManifest& manifest);

}  // namespace orchestrator::cli
