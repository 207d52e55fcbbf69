// SPDX-License-Identifier: Apache-2.0
// Goal: nothing of what was erased is left in the file; damage is marked where it can be, and reading waits for nobody
// to do so; what comes before it is read and can be kept. Method: words looked for in the bytes of the file, rows that
// are spoilt, a lock that another process has.

#include <gmock/gmock.h>

#include "journal/run_erasure.hpp"
#include "journal/run_verification.hpp"
#include "journal/store_lock.hpp"
#include "journal/testing/sqlite_kind.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using SqliteRewriting = SqliteTest;

TEST_F(SqliteRewriting, AnErasedRunLeavesNoWordInTheFile) {
  const std::string secret = "xylophonemarmalade";
  {
    const auto store = open_store();
    for (const std::uint64_t number : {1U, 2U}) {
      RunLines lines(run_id(number), session_id(1));
      const auto writer = await(store->create(lines.run(), lines.session())).value();
      append(*writer, lines.start(number == 1 ? secret : "harmless"));
      for (int i = 0; i < 100; ++i) append(*writer, lines.delta(number == 1 ? secret : "harmless"));
      append(*writer, lines.completed(number == 1 ? secret : "harmless"));
    }
  }  // closing packs them and takes up their words
  const auto has_traces = [&] {
    const std::string bytes = runtime::testing::read_file(path());
    return bytes.find(secret) != std::string::npos || bytes.find("xyl") != std::string::npos;
  };
  ASSERT_TRUE(has_traces());
  ASSERT_THAT(await(RunStore(open_store()).erase({run_id(1)}))->runs, SizeIs(1));
  EXPECT_FALSE(has_traces());
  EXPECT_EQ(other()->integer_of("SELECT count(*) FROM run WHERE sealed = 1").value(), 2) << "it is packed again";
  const auto store = open_store();
  EXPECT_THAT(await(RunStore(store).search("harmless", {})).value(), SizeIs(1));
  EXPECT_THAT(await(verify_run(store, run_id(1)))->damage, IsEmpty());
  EXPECT_THAT(await(verify_records(store)).value(), IsEmpty());
  EXPECT_THAT(read_all(*store, run_id(1), 0, 3'000), SizeIs(102)) << "page by page";
}

TEST_F(SqliteRewriting, DamageIsMarkedByWhoReadsItAndSalvagedInItsPlace) {
  RunLines lines(run_id(1), session_id(1));
  write_run(*open_store(), lines, 5).reset();
  ASSERT_TRUE(other()->execute(
      "UPDATE line SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Paris', 'Porto') AS BLOB) WHERE step = 4"));
  const auto store = open_store();
  EXPECT_FALSE(await(RunStore(store).get(run_id(1)))->damaged) << "nobody has looked";
  EXPECT_THAT(await(store->read(run_id(1), 0, 1 << 20)).value(), SizeIs(3)) << "what comes before is read";
  ASSERT_FALSE(await(store->read(run_id(1), 4, 1 << 20)));
  EXPECT_TRUE(await(RunStore(store).get(run_id(1)))->damaged);
  EXPECT_EQ(other()->integer_of("SELECT count(*) FROM run WHERE damage LIKE '%step 4%checksum%'").value(), 1);
  const auto opened = await(store->open(run_id(1)));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "journal_damaged");
  ASSERT_TRUE(await(salvage_in_place(store, run_id(1))));
  EXPECT_THAT(read_all(*store, run_id(1)), SizeIs(3));
  EXPECT_THAT(await(verify_run(store, run_id(1)))->damage, IsEmpty());
  EXPECT_THAT(await(verify_records(store)).value(), IsEmpty());
  EXPECT_TRUE(await(store->open(run_id(1))));
}

TEST_F(SqliteRewriting, WhileAnotherProcessWritesNothingIsMarked) {
  RunLines lines(run_id(1), session_id(1));
  write_run(*open_store(), lines, 5).reset();
  ASSERT_TRUE(other()->execute("DELETE FROM line WHERE step = 4"));
  {
    const auto lock = StoreLock::take(path());  // as another process has it
    ASSERT_TRUE(lock);
    const auto store = open_store();
    const auto read = await(store->read(run_id(1), 4, 1 << 20));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, AllOf(HasSubstr("step 4")));
    const auto marked = await(store->set_damage(run_id(1), "x"));
    ASSERT_FALSE(marked);
    EXPECT_EQ(marked.error().code, "run_locked");
    EXPECT_EQ(await(store->damage(run_id(1))), Result<std::string>(""));
  }
  const auto store = open_store();
  ASSERT_FALSE(await(store->read(run_id(1), 4, 1 << 20)));
  EXPECT_NE(await(store->damage(run_id(1))), Result<std::string>("")) << "the next one finds out again";
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
