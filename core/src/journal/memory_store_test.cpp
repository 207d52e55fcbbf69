// SPDX-License-Identifier: Apache-2.0
// Goal: the store in memory passes the suite and keeps to its bound. Method: the suite, and a store of a few kilobytes.

#include "journal/memory_store.hpp"

#include "journal/testing/sample_runs.hpp"
#include "journal/testing/store_conformance.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

class MemoryHost final : public StoreHost {
 public:
  std::shared_ptr<JournalStore> open() override { return store_; }

 private:
  std::shared_ptr<JournalStore> store_ = std::make_shared<MemoryStore>();
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance,
                         ::testing::Values(StoreKind{"memory", [] { return std::make_unique<MemoryHost>(); }, false}),
                         kind_name);

class BoundedMemory : public StoreTest, public ::testing::Test {
 protected:
  MemoryStore store_{5'000};
};

TEST_F(BoundedMemory, AFullStoreRefusesAndTheWriterWithIt) {
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(store_, lines);
  const auto refused = await(writer->append(lines.delta(std::string(5'000, 'x'))));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "storage_full");
  EXPECT_NE(refused.error().message.find("5000 bytes"), std::string::npos) << refused.error().message;
  EXPECT_EQ(await(writer->append(lines.delta())).error().code, "storage_full");
  EXPECT_EQ(await(writer->sync()).error().code, "storage_full");
  EXPECT_EQ(read_all(store_, run_id(1)).size(), 1U);
}

TEST_F(BoundedMemory, RemovingARunMakesRoom) {
  for (std::uint64_t i = 1; i <= 20; ++i) {
    RunLines lines(run_id(i), session_id(1));
    write_run(store_, lines).reset();
    ASSERT_TRUE(await(store_.remove(run_id(i))));
  }
}

TEST_F(BoundedMemory, BlobsCountOnce) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(store_, lines);
  const SharedBytes blob(std::string(1'000, 'x'));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(await(writer->put_blob(blob)));
  EXPECT_EQ(await(writer->put_blob(SharedBytes(std::string(5'000, 'y')))).error().code, "storage_full");
  append(*writer, lines.delta());  // a blob that does not fit does not end the run
}

TEST_F(BoundedMemory, ContentGoesWithTheLastRunThatRefersToItAndNobodyElsesDoes) {
  const SampleRun first = picture_run("a picture", 1);
  SampleRun second = picture_run("a picture", 2);
  write_sample(*this, store_, first);
  const SharedBytes picture = SharedBytes("a picture");
  const auto writer = await(store_.create(second.run_id, second.session_id)).value();
  ASSERT_TRUE(await(writer->put_blob(picture)));
  ASSERT_TRUE(await(store_.remove(first.run_id)));
  EXPECT_TRUE(await(store_.blob(picture.hash()))) << "a writer may still refer to it";
  for (const auto& line : second.lines) ASSERT_TRUE(await(writer->append(line)));
  EXPECT_TRUE(await(store_.blob(picture.hash())));
}

TEST_F(BoundedMemory, ContentGoesWithItsRun) {
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const SampleRun run = picture_run(std::string(1'000, 'x'), i);
    write_sample(*this, store_, run);
    ASSERT_TRUE(await(store_.remove(run.run_id)));
    EXPECT_FALSE(await(store_.blob(SharedBytes(std::string(1'000, 'x')).hash())));
  }
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
