// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/jsonl_kind.hpp"

#include <utility>

namespace orchestrator::harness::journal::testing {
namespace {

class JsonlHost final : public StoreHost {
 public:
  std::shared_ptr<JournalStore> open() override {
    auto store = JsonlStore::open(folder_.path());
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }

 private:
  TemporaryFolder folder_{FolderPlace::disk};
};

}  // namespace

StoreKind jsonl_kind() {
  return {"jsonl", [] { return std::make_unique<JsonlHost>(); }, true};
}

std::shared_ptr<JsonlStore> JsonlTest::open_store(std::shared_ptr<Disk> disk) {
  auto store = JsonlStore::open(folder_.path(), std::move(disk));
  if (store) return *std::move(store);
  ADD_FAILURE() << store.error().message;
  return nullptr;
}

std::string JsonlTest::run_path(RunId run, const std::string& name) const {
  return path("runs/" + run.str() + "/" + name);
}

std::string JsonlTest::finished_run(RunLines& lines, int deltas, bool is_ended) {
  const auto store = open_store();
  const auto writer = write_run(*store, lines, deltas);
  if (is_ended) append(*writer, lines.completed());
  return read_file(journal_path(lines.run()));
}

}  // namespace orchestrator::harness::journal::testing
