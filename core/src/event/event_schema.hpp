// SPDX-License-Identifier: Apache-2.0
#pragma once

// The JSON Schema (draft 7) of every event, made of the same described fields as the encoder, so that neither can
// drift from the other. `schema/events.schema.json` is its output. Pure.

#include <string>

namespace orchestrator::harness::event {

/// The whole schema as JSON text, indented, with a final line end. Further members are allowed everywhere, so that
/// journals of later versions validate; missing or ill-typed ones are not.
[[nodiscard]] std::string event_schema();

}  // namespace orchestrator::harness::event
