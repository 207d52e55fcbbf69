// SPDX-License-Identifier: Apache-2.0
#pragma once

// A tool that makes a note on a server, and what takes it back.

#include <cstdint>
#include <memory>

#include "orchestrator/harness/compensation.hpp"
#include "orchestrator/harness/tools.hpp"

/// `create_note`: makes a note at /notes/KEY, where KEY is the call's idempotency key: made twice it is made once, and
/// its record is known before anything happens.
std::shared_ptr<orchestrator::harness::Tool> create_note_tool(std::uint16_t port);

/// Deletes the note where it is still what the call made, and can put it back.
std::shared_ptr<orchestrator::harness::Compensator> note_compensator(std::uint16_t port);
