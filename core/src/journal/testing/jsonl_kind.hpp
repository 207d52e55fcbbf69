// SPDX-License-Identifier: Apache-2.0
#pragma once

// The jsonl store as a kind for the conformance suite, and as a base for tests of its files. One thread.

#include <memory>
#include <string>

#include "journal/jsonl_store.hpp"
#include "journal/testing/store_conformance.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::journal::testing {

using runtime::testing::FolderPlace;
using runtime::testing::read_file;
using runtime::testing::TemporaryFolder;
using runtime::testing::write_file;

[[nodiscard]] StoreKind jsonl_kind();

/// A store in a folder of its own, and the paths of its files.
class JsonlTest : public StoreTest, public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<JsonlStore> open_store(std::shared_ptr<Disk> disk = real_disk());
  [[nodiscard]] std::string path(const std::string& relative) const { return folder_.path() + "/" + relative; }
  [[nodiscard]] std::string run_path(RunId run, const std::string& name) const;
  [[nodiscard]] std::string journal_path(RunId run) const { return run_path(run, "journal.jsonl"); }
  /// Writes a run with a start and `deltas` deltas, closes it, and returns the text of its journal.
  std::string finished_run(RunLines& lines, int deltas, bool is_ended = true);

  TemporaryFolder folder_{FolderPlace::memory};
};

}  // namespace orchestrator::harness::journal::testing
