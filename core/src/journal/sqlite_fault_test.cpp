// SPDX-License-Identifier: Apache-2.0
// Goal: whatever write or sync fails, nothing acknowledged is lost, the error says what happened, the writer refuses
// the rest, and the store can be used again once the disk is well. Method: the same run with each of its writes and
// syncs failing in turn, as on a full disk and as on a broken one.

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <string>

#include "journal/testing/losing_vfs.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using Call = LosingVfs::Call;

struct Fault {
  std::string name;
  Call call;
  int code;
  std::string error;
};
std::string name_of_fault(const ::testing::TestParamInfo<Fault>& info) { return info.param.name; }
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class SqliteFaults : public StoreTest, public ::testing::TestWithParam<Fault> {
 protected:
  struct Outcome {
    std::size_t acknowledged = 0;
    std::optional<Error> error;
  };

  // Appends and syncs until something fails.
  Outcome write(RunWriter& writer, RunLines& lines) {
    Outcome outcome;
    for (int i = 0; i < 6; ++i) {
      const auto line = i == 0 ? lines.start() : lines.delta(std::string(3'000, 'x'));
      if (auto done = await(writer.append(line)); !done) return {outcome.acknowledged, done.error()};
      ++outcome.acknowledged;
      if (i % 2 == 1) continue;
      if (auto done = await(writer.sync()); !done) return {outcome.acknowledged, done.error()};
    }
    return outcome;
  }

  LosingVfs vfs_;
};

TEST_P(SqliteFaults, LoseNothingThatWasAcknowledged) {
  int faults = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("call " + std::to_string(nth));
    const TemporaryFolder folder{FolderPlace::memory};
    const std::string path = folder.path("journal.db");
    RunLines lines(run_id(1), session_id(1));
    const auto store = SqliteStore::open({path, vfs_.name()}).value();
    auto writer = await(store->create(lines.run(), lines.session())).value();
    vfs_.fail_from(GetParam().call, nth, GetParam().code);
    const Outcome outcome = write(*writer, lines);
    const bool has_failed = vfs_.has_failed();
    vfs_.heal();
    ASSERT_EQ(outcome.error.has_value(), has_failed);
    if (!outcome.error) break;
    ++faults;
    EXPECT_EQ(outcome.error->code, GetParam().error) << outcome.error->message;
    EXPECT_THAT(outcome.error->message, ::testing::HasSubstr(path));
    // What comes later is refused for the same reason, though the disk is well again.
    const auto refused = await(writer->sync());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, GetParam().error);
    writer.reset();

    auto opened = await(store->open(run_id(1)));
    ASSERT_TRUE(opened) << opened.error().message;
    const auto found = read_all(*store, run_id(1));
    EXPECT_GE(found.size(), outcome.acknowledged);
    EXPECT_LE(found.size(), outcome.acknowledged + 1) << "a failed commit may be there or not";
    const auto steps = decode_run(found);
    ASSERT_EQ(steps.size(), found.size());
    // It goes on where it is.
    RunLines again(run_id(1), session_id(1));
    again.start();
    for (std::size_t i = 1; i < found.size(); ++i) again.delta(std::string(3'000, 'x'));
    append(*opened->writer, found.empty() ? RunLines(run_id(1), session_id(1)).start() : again.delta());
    EXPECT_TRUE(await(opened->writer->sync()));
    EXPECT_EQ(read_all(*store, run_id(1)).size(), found.size() + 1);
  }
  EXPECT_GE(faults, 3);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, SqliteFaults,
                         ::testing::Values(Fault{"full", Call::write, SQLITE_FULL, "storage_full"},
                                           Fault{"write_error", Call::write, SQLITE_IOERR_WRITE, "storage_failed"},
                                           Fault{"read_only", Call::write, SQLITE_READONLY, "storage_readonly"},
                                           Fault{"sync_error", Call::sync, SQLITE_IOERR_FSYNC, "storage_failed"}),
                         name_of_fault);

}  // namespace
}  // namespace orchestrator::harness::journal::testing
