// SPDX-License-Identifier: Apache-2.0
// Goal: a run that is rewritten in files has one form or the other, with the epoch of that form, wherever the process
// ends; contents go when nothing refers to them any more, and not while somebody puts some; damage that a reader comes
// upon is marked; a journal that was emptied is told from one that never began. Method: processes that end themselves
// at each sync, and files that are spoilt.

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "event/erasure.hpp"
#include "journal/content_removal.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_erasure.hpp"
#include "journal/run_files.hpp"
#include "journal/run_rewriting.hpp"
#include "journal/run_verification.hpp"
#include "journal/testing/jsonl_kind.hpp"
#include "journal/testing/sample_runs.hpp"
#include "orchestrator/harness/run_store.hpp"
#include "runtime/run_epochs.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Ends the process before the n-th call.
class EndingDisk final : public Disk {
 public:
  explicit EndingDisk(int left) : left_(left) {}
  ssize_t writev(int fd, const iovec* pieces, int count) override { return pass().writev(fd, pieces, count); }
  int fdatasync(int fd) override { return pass().fdatasync(fd); }
  int fsync(int fd) override { return pass().fsync(fd); }
  int ftruncate(int fd, off_t size) override { return pass().ftruncate(fd, size); }

 private:
  Disk& pass() {
    if (--left_ == 0) ::_exit(9);
    return *real_;
  }

  int left_;
  std::shared_ptr<Disk> real_ = real_disk();
};

class JsonlRewriting : public JsonlTest {
 protected:
  // A picture's run that has ended, as far as its lines go, with the picture.
  SampleRun write_picture(std::uint64_t number, const std::string& picture = "a picture") {
    SampleRun run = picture_run(picture, number);
    write_sample(*this, *open_store(), run);
    return run;
  }
  RunRewrite erasing(const SampleRun& run) {
    RunRewrite rewrite;
    rewrite.head = await(verify_run(open_store(), run.run_id))->head;
    rewrite.change = event::erase_content;
    return rewrite;
  }
  [[nodiscard]] std::string content_path(const SampleRun& run) const {
    const std::string hash = run.contents.front().hash().str();
    return path("blobs/" + hash.substr(0, 2) + "/" + hash);
  }
  std::vector<std::string> names_in(const std::string& relative) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path(relative)))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }
};

TEST_F(JsonlRewriting, WhereverTheProcessEndsThereIsOneFormWithItsEpoch) {
  const SampleRun run = write_picture(1);
  const std::string before = read_file(journal_path(run.run_id));
  const RunRewrite rewrite = erasing(run);
  int kills = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("ends before sync " + std::to_string(nth));
    write_file(journal_path(run.run_id), before);
    for (const char* name : {"epoch", "epoch.next", "journal.jsonl.draft"})
      std::filesystem::remove(run_path(run.run_id, name));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      EndingDisk disk(nth);
      const auto folder = StoreFolder::open(folder_.path());
      ::_exit(folder && rewrite_run_files(**folder, disk, run.run_id, rewrite) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 0) break;
    ASSERT_EQ(WEXITSTATUS(status), 9);
    ++kills;
    const auto store = open_store();
    const bool is_new = read_file(journal_path(run.run_id)) != before;
    EXPECT_EQ(await(store->epoch(run.run_id)), Result<std::uint64_t>(is_new ? 2 : 1));
    const auto verdict = await(verify_run(store, run.run_id)).value();
    EXPECT_EQ(verdict.damage, "");
    EXPECT_EQ(verdict.head, rewrite.head);
    EXPECT_EQ(verdict.erased_events > 0, is_new);
    // It is done again, and the epoch never falls.
    ASSERT_TRUE(await(store->rewrite(run.run_id, rewrite)));
    EXPECT_EQ(await(store->epoch(run.run_id)), Result<std::uint64_t>(is_new ? 3 : 2));
    EXPECT_THAT(names_in("runs/" + run.run_id.str()), Not(::testing::Contains(HasSubstr("draft"))));
  }
  EXPECT_GT(kills, 6);
  EXPECT_EQ(await(open_store()->epoch(run.run_id)), Result<std::uint64_t>(2));
}

TEST_F(JsonlRewriting, ContentsThatAKilledErasureLeftGoWithTheNext) {
  const SampleRun first = write_picture(1);
  const SampleRun second = write_picture(2);
  const SampleRun third = write_picture(3, "of the third");
  const auto store = open_store();
  ASSERT_TRUE(await(store->rewrite(first.run_id, erasing(first))));
  ASSERT_TRUE(await(store->rewrite(third.run_id, erasing(third))));
  EXPECT_THAT(names_in("removed"), SizeIs(2));
  EXPECT_TRUE(std::filesystem::exists(content_path(third))) << "the process may end here";
  ASSERT_TRUE(await(open_store()->drop_contents()));
  EXPECT_FALSE(std::filesystem::exists(content_path(third)));
  EXPECT_TRUE(std::filesystem::exists(content_path(second))) << "the second run refers to it";
  EXPECT_THAT(names_in("removed"), IsEmpty());
  EXPECT_THAT(await(verify_records(store)).value(), IsEmpty());
}

TEST_F(JsonlRewriting, NoContentGoesWhileARunPutsSome) {
  const SampleRun run = write_picture(1);
  const auto store = open_store();
  ASSERT_TRUE(await(store->rewrite(run.run_id, erasing(run))));
  RunLines lines(run_id(5), session_id(5));
  const auto other = open_store();
  auto writer = write_run(*other, lines);
  ASSERT_TRUE(await(store->drop_contents())) << "a run without contents is in nobody's way";
  write_file(path("removed/" + run.run_id.str() + ".contents"), run.contents[0].hash().str() + "\n");
  ASSERT_TRUE(await(writer->put_blob(run.contents[0])));
  const auto refused = await(store->drop_contents());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "run_locked");
  EXPECT_TRUE(std::filesystem::exists(content_path(run)));
  writer.reset();
  EXPECT_TRUE(await(store->drop_contents()));
  EXPECT_FALSE(std::filesystem::exists(content_path(run)));
}

TEST_F(JsonlRewriting, DamageIsMarkedByWhoReadsItAndSalvagedInItsPlace) {
  RunLines lines(run_id(1), session_id(1));
  RunLines other(run_id(2), session_id(1));
  std::string text = finished_run(lines, 4, false);
  finished_run(other, 1, false);
  const std::size_t at = text.find("Paris", text.find("\"step\":4"));
  ASSERT_NE(at, std::string::npos);
  text[at] = 'p';
  write_file(journal_path(run_id(1)), text);
  const auto store = open_store();
  EXPECT_FALSE(await(RunStore(store).get(run_id(1)))->damaged) << "nobody has looked";
  EXPECT_THAT(await(store->read(run_id(1), 0, 1 << 20)).value(), SizeIs(3)) << "what comes before is read";
  ASSERT_FALSE(await(store->read(run_id(1), 4, 1 << 20)));
  EXPECT_TRUE(await(RunStore(open_store()).get(run_id(1)))->damaged);
  EXPECT_FALSE(await(RunStore(open_store()).get(run_id(2)))->damaged);
  EXPECT_THAT(read_file(run_path(run_id(1), "damaged")), AllOf(HasSubstr("step 4"), HasSubstr("checksum")));
  const auto opened = await(store->open(run_id(1)));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "journal_damaged");

  ASSERT_TRUE(await(salvage_in_place(store, run_id(1))));
  EXPECT_THAT(read_all(*store, run_id(1)), SizeIs(3));
  EXPECT_FALSE(await(RunStore(store).get(run_id(1)))->damaged);
  EXPECT_EQ(await(store->epoch(run_id(1))), Result<std::uint64_t>(2));
  EXPECT_EQ(read_file(run_path(run_id(1), "cut-2")), text) << "what was there is kept";
  EXPECT_TRUE(await(store->open(run_id(1))));
}

TEST_F(JsonlRewriting, AnErasureLeavesNothingOfWhatWasCutOff) {
  const SampleRun run = write_picture(1);
  write_file(run_path(run.run_id, "cut-2"), "words of an earlier end");
  ASSERT_TRUE(await(open_store()->rewrite(run.run_id, erasing(run))));
  EXPECT_THAT(names_in("runs/" + run.run_id.str()), ElementsAre("begun", "epoch", "holder", "journal.jsonl"));
}

TEST_F(JsonlRewriting, AnEmptiedJournalIsToldFromOneThatNeverBegan) {
  RunLines lines(run_id(1), session_id(1));
  {
    const auto store = open_store();
    const auto writer = write_run(*store, lines, 1);
    ASSERT_TRUE(await(writer->sync()));
    RunLines never(run_id(2), session_id(1));
    ASSERT_TRUE(await(store->create(never.run(), never.session())));
  }
  const auto store = open_store();
  EXPECT_THAT(await(verify_records(store)).value(), IsEmpty());
  EXPECT_THAT(await(find_empty_runs(store)).value(), ElementsAre(run_id(2)));
  EXPECT_THAT(await(store->list({})).value(), SizeIs(1));

  write_file(journal_path(run_id(1)), "");
  const auto flaws = await(verify_records(store)).value();
  ASSERT_THAT(flaws, SizeIs(1));
  EXPECT_THAT(flaws[0].what, AllOf(HasSubstr(run_id(1).str()), HasSubstr("was emptied")));
  EXPECT_THAT(await(find_empty_runs(store)).value(), ElementsAre(run_id(2)));
  const auto runs = await(store->list({})).value();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_TRUE(runs[0].damaged);
  EXPECT_THAT(await(verify_run(store, run_id(1)))->damage, HasSubstr("no first step"));
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
