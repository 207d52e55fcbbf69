// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs of a given length for the journal benchmark. Ends the process with a message where something fails.

#include <cstdint>
#include <memory>
#include <string>

#include "orchestrator/harness/journal.hpp"

namespace bench {

/// The runs of a store that `write_long_runs` made.
[[nodiscard]] orchestrator::harness::RunId ended_run();
[[nodiscard]] orchestrator::harness::RunId active_run();

/// Writes two runs of about so many events, of turns with one tool call each, as the kernel decides them: one that has
/// ended, and one that was left just before its end. Returns the events of the ended one.
std::uint64_t write_long_runs(const std::string& url, std::uint64_t events);

/// Writes one ended run of so many events, nearly all of them deltas of one answer, which verifies line by line but was
/// decided by no kernel: for lengths at which that would take minutes.
std::uint64_t write_deltas(const std::string& url, std::uint64_t events);

}  // namespace bench
