// SPDX-License-Identifier: Apache-2.0
// Goal: P15. Whichever read, write, sync or cut of the file fails, once or from then on, nothing acknowledged is lost,
// the error says what happened and where, and once the disk is well everything can be done to its end. Method: one
// process's whole use of a store, from the opening to the packing at its end, with each of its calls failing in turn.
// The standing suite takes every n-th of them, ORCHESTRATOR_FAILURE_STRIDE=1 all.

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>

#include "journal/run_verification.hpp"
#include "journal/testing/losing_vfs.hpp"
#include "journal/testing/sample_runs.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using Call = LosingVfs::Call;
using Lasts = LosingVfs::Lasts;

constexpr int kStandingStride = 41;
constexpr std::array kCodes{"storage_failed", "storage_full", "storage_readonly"};

int stride() {
  const char* text = std::getenv("ORCHESTRATOR_FAILURE_STRIDE");
  return text == nullptr ? kStandingStride : std::max(1, std::atoi(text));
}

struct Failure {
  std::string name;
  Call call;
  int code;
  Lasts lasts;
};
std::string name_of_failure(const ::testing::TestParamInfo<Failure>& info) { return info.param.name; }
void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.name; }

class SqliteNthFailure : public StoreTest, public ::testing::TestWithParam<Failure> {
 protected:
  struct Use {
    std::array<std::size_t, 2> acknowledged{};  // lines of the two runs that are written
    std::optional<Error> error;                 // that ended it
  };

  // Writes what is missing of a run.
  Result<void> write(JournalStore& store, const SampleRun& run, std::size_t& acknowledged) {
    std::unique_ptr<RunWriter> writer;
    if (auto opened = await(store.open(run.run_id))) {
      writer = std::move(opened->writer);
    } else {
      if (opened.error().code != name_of(RuntimeErrorCode::run_not_found)) return std::unexpected(opened.error());
      auto made = await(store.create(run.run_id, run.session_id));
      if (!made) return std::unexpected(made.error());
      writer = *std::move(made);
    }
    for (const SharedBytes& content : run.contents) {
      if (auto put = await(writer->put_blob(content)); !put) return put;
    }
    const auto present = await(store.read(run.run_id, 0, 1 << 20));
    if (!present) return std::unexpected(present.error());
    for (std::size_t i = present->size(); i < run.lines.size(); ++i) {
      if (auto appended = await(writer->append(run.lines[i])); !appended) return appended;
      acknowledged = i + 1;
      if (!run.lines[i]->strict) continue;
      if (auto synced = await(writer->sync()); !synced) return synced;
    }
    return await(writer->sync());
  }

  // Two runs are written to their ends and a third one goes; then the store is closed, which packs.
  Use use(const std::string& path) {
    Use use;
    const auto carry_out = [&]() -> Result<void> {
      const auto store = SqliteStore::open({path, vfs_.name()});
      if (!store) return std::unexpected(store.error());
      for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (auto written = write(**store, runs_[i], use.acknowledged[i]); !written) return written;
      }
      const Result<void> removed = await((*store)->remove(removed_.run_id));
      const bool is_gone = removed || removed.error().code == name_of(RuntimeErrorCode::run_not_found);
      return is_gone ? Result<void>() : removed;
    };
    if (auto done = carry_out(); !done) use.error = done.error();
    return use;
  }

  void prepare(const std::string& path) {
    const auto store = SqliteStore::open({path, vfs_.name()}).value();
    write_sample(*this, *store, removed_);
  }

  // Runs are sound, and what was acknowledged is there.
  void expect_sound(const std::string& path, const Use& use) {
    const auto opened = SqliteStore::open({path, vfs_.name()});
    ASSERT_TRUE(opened) << opened.error().message;
    const std::shared_ptr<JournalStore> store = *opened;
    for (const RunSummary& run : await(store->list(RunFilter{})).value()) {
      for (const Flaw& flaw : await(verify_run(store, run.run_id))->flaws) ADD_FAILURE() << flaw.what;
    }
    for (const Flaw& flaw : await(verify_records(store)).value()) ADD_FAILURE() << flaw.what;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (use.acknowledged[i] == 0) continue;
      EXPECT_GE(read_all(*store, runs_[i].run_id).size(), use.acknowledged[i]);
    }
  }

  // False once so few calls are made that the n-th does not come.
  bool fails_at(int nth) {
    const TemporaryFolder folder{FolderPlace::memory};
    const std::string path = folder.path("journal.db");
    prepare(path);
    vfs_.fail_from(GetParam().call, nth, GetParam().code, GetParam().lasts);
    const Use first = use(path);
    const bool has_failed = vfs_.has_failed();
    vfs_.heal();
    if (first.error) {
      errors_ += 1;
      EXPECT_TRUE(has_failed);
      EXPECT_THAT(kCodes, ::testing::Contains(first.error->code)) << first.error->message;
      EXPECT_THAT(first.error->message, ::testing::HasSubstr(path));
    }
    expect_sound(path, first);
    const Use again = use(path);
    EXPECT_FALSE(again.error) << again.error->message;
    expect_sound(path, {{runs_[0].lines.size(), runs_[1].lines.size()}, {}});
    return has_failed;
  }

  LosingVfs vfs_;
  const std::array<SampleRun, 2> runs_{golden_runs("tools_and_hint").front(), picture_run("of the second")};
  const SampleRun removed_ = golden_runs("plain").front();
  int errors_ = 0;
};

TEST_P(SqliteNthFailure, LosesNothingAndGoesOnOnceHealed) {
  for (int nth = 1; fails_at(nth); nth += stride()) {
    ASSERT_FALSE(HasFailure()) << "call " << nth;
  }
  EXPECT_GT(errors_, 0);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, SqliteNthFailure,
                         ::testing::Values(Failure{"write_once", Call::write, SQLITE_IOERR_WRITE, Lasts::once},
                                           Failure{"write_on", Call::write, SQLITE_IOERR_WRITE, Lasts::on},
                                           Failure{"full_once", Call::write, SQLITE_FULL, Lasts::once},
                                           Failure{"full_on", Call::write, SQLITE_FULL, Lasts::on},
                                           Failure{"sync_once", Call::sync, SQLITE_IOERR_FSYNC, Lasts::once},
                                           Failure{"sync_on", Call::sync, SQLITE_IOERR_FSYNC, Lasts::on},
                                           Failure{"read_once", Call::read, SQLITE_IOERR_READ, Lasts::once},
                                           Failure{"read_on", Call::read, SQLITE_IOERR_READ, Lasts::on},
                                           Failure{"cut_once", Call::truncate, SQLITE_IOERR_TRUNCATE, Lasts::once},
                                           Failure{"cut_on", Call::truncate, SQLITE_IOERR_TRUNCATE, Lasts::on}),
                         name_of_failure);

}  // namespace
}  // namespace orchestrator::harness::journal::testing
