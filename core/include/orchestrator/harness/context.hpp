// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a request's context is put together: which items it holds and why. In this version whole exchanges of history
// are trimmed, oldest first; summaries and pinning come with 0.2.0. Plain values.

#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

/// One line of the manifest that every request leaves in the journal.
using ContextManifestEntry = events::ManifestEntry;
/// The manifest of one request, as the difference from the one before.
using ContextManifest = events::ContextAssembled;

}  // namespace orchestrator::harness
