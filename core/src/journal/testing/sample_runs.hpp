// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whole runs as the kernel writes them, out of the golden journals, and one that refers to content: what integrity is
// tested with. Values; one thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/testing/store_conformance.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal::testing {

struct SampleRun {
  std::string name;
  RunId run_id;
  SessionId session_id;
  std::vector<std::shared_ptr<const JournalLine>> lines;
  std::vector<SharedBytes> contents;
};

/// The runs of one golden journal, in their order. `name` is that of the file, without its ending.
[[nodiscard]] std::vector<SampleRun> golden_runs(const std::string& name);
/// Three runs of one session, one with tools, and one that refers to a
/// picture.
[[nodiscard]] std::vector<SampleRun> sample_runs();
/// A run that has only begun, and refers to a picture. A later `number` is a newer run; `base` is the run whose context
/// it goes on with.
[[nodiscard]] SampleRun picture_run(const std::string& picture, std::uint64_t number = 1,
                                    std::optional<RunId> base = {});

/// Writes the run into the store as its process would have.
void write_sample(StoreTest& test, JournalStore& store, const SampleRun& run);

}  // namespace orchestrator::harness::journal::testing
