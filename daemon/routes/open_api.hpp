// SPDX-License-Identifier: Apache-2.0
#pragma once

// The OpenAPI 3.1 document, written from the table that serves. A pure function; any thread.

#include <string>

namespace orchestrator::daemon {

/// The document as JSON text. The same text each time.
[[nodiscard]] std::string open_api_document();

}  // namespace orchestrator::daemon
