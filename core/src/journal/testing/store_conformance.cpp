// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/store_conformance.hpp"

namespace orchestrator::harness::journal::testing {

void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

std::string kind_name(const ::testing::TestParamInfo<StoreKind>& info) { return info.param.name; }

std::vector<JournalLine> StoreTest::read_all(JournalStore& store, RunId run, std::uint64_t after_seq,
                                             std::uint64_t bytes_max) {
  std::vector<JournalLine> all;
  for (;;) {
    auto page = await(store.read(run, after_seq, bytes_max));
    if (!page) {
      ADD_FAILURE() << page.error().message;
      return all;
    }
    if (page->empty()) return all;
    after_seq = page->back().last_seq;
    for (JournalLine& line : *page) all.push_back(std::move(line));
  }
}

std::unique_ptr<RunWriter> StoreTest::write_run(JournalStore& store, RunLines& lines, int deltas) {
  auto writer = await(store.create(lines.run(), lines.session()));
  if (!writer) {
    ADD_FAILURE() << writer.error().message;
    return nullptr;
  }
  append(**writer, lines.start());
  for (int i = 0; i < deltas; ++i) append(**writer, lines.delta());
  return *std::move(writer);
}

void StoreTest::append(RunWriter& writer, RunLines::Line line) {
  const auto done = await(writer.append(std::move(line)));
  EXPECT_TRUE(done) << done.error().message;
}

void StoreConformance::SetUp() {
  host_ = GetParam().make_host();
  if (host_ == nullptr) GTEST_SKIP() << GetParam().name << " has no server here";
  store_ = host_->open();
  ASSERT_NE(store_, nullptr);
}

void StoreConformance::TearDown() {
  store_.reset();
  host_.reset();
}

}  // namespace orchestrator::harness::journal::testing
