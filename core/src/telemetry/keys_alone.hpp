// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is taken out of log lines, and of the names in traces. Pure function.

#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness {

/// A policy that takes out the configured secrets of `policy` and vendors' keys, whatever else that one looks for.
[[nodiscard]] inline RedactionPolicy keys_alone(const RedactionPolicy& policy) {
  RedactionPolicy keys;
  keys.mode = RedactionMode::full;
  keys.secrets = policy.secrets;
  keys.detectors = {.secret = true,
                    .vendor_key = true,
                    .email = false,
                    .card = false,
                    .iban = false,
                    .phone = false,
                    .name = false,
                    .entropy = false};
  return keys;
}

}  // namespace orchestrator::harness
