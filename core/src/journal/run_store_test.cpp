// SPDX-License-Identifier: Apache-2.0
// Goal: runs, sessions and checkpoints are found by what they are and say, alike in every kind of store; an index only
// saves work. Method: the same runs in each kind; for SQLite, before and after they are taken up by the index.

#include "orchestrator/harness/run_store.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "journal/memory_store.hpp"
#include "journal/testing/jsonl_kind.hpp"
#include "journal/testing/sqlite_kind.hpp"
#include "orchestrator/harness/checkpoint_store.hpp"
#include "orchestrator/harness/session_store.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<RunId> ids(const Result<std::vector<RunSummary>>& runs) {
  std::vector<RunId> found;
  EXPECT_TRUE(runs) << runs.error().message;
  for (const RunSummary& run : runs.value_or(std::vector<RunSummary>())) found.push_back(run.run_id);
  return found;
}

std::vector<RunId> ids(const Result<std::vector<RunMatch>>& matches) {
  std::vector<RunId> found;
  EXPECT_TRUE(matches) << matches.error().message;
  for (const RunMatch& match : matches.value_or(std::vector<RunMatch>())) found.push_back(match.run.run_id);
  return found;
}

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

// Opened anew, so that an index has taken up what it could.
class RunStores : public StoreConformance {
 protected:
  void write(std::uint64_t number, const std::string& input, const std::string& output, std::uint64_t session = 1) {
    RunLines lines(run_id(number), session_id(session));
    const auto writer = await(store_->create(lines.run(), lines.session()));
    ASSERT_TRUE(writer) << writer.error().message;
    append(**writer, lines.start(input));
    if (!output.empty()) append(**writer, lines.completed(output));
  }
  void open_anew() {
    if (!GetParam().is_shared) return;
    store_.reset();
    store_ = host_->open();
  }
  RunStore runs() { return RunStore(store_); }
};

TEST_P(RunStores, ListByWhatTheyAre) {
  write(1, "one", "1");
  write(2, "two", "");
  write(3, "three", "3", 2);
  EXPECT_THAT(ids(await(runs().list({}))), ElementsAre(run_id(3), run_id(2), run_id(1)));
  EXPECT_THAT(ids(await(runs().list({.where = {.limit = 2}}))), ElementsAre(run_id(3), run_id(2)));
  EXPECT_THAT(ids(await(runs().list({.where = {.session_id = session_id(2)}}))), ElementsAre(run_id(3)));
  EXPECT_THAT(ids(await(runs().list({.kind = RunKind::fork}))), IsEmpty());
  EXPECT_THAT(ids(await(runs().list({.where = {.limit = 1}, .model = "demo"}))), ElementsAre(run_id(3)));
  EXPECT_THAT(ids(await(runs().list({.model = "gpt"}))), IsEmpty());
  EXPECT_THAT(ids(await(runs().list({.cost_min_micro_usd = 70}))), ElementsAre(run_id(3), run_id(1)))
      << "a run of unknown cost is not among them";
  EXPECT_THAT(ids(await(runs().list({.cost_min_micro_usd = 71}))), IsEmpty());
  const WallTime began = await(runs().get(run_id(1)))->started_at;
  EXPECT_THAT(ids(await(runs().list({.started_before = began}))), IsEmpty());
  EXPECT_EQ(ids(await(runs().list({.started_from = began}))).size(), 3U);
  EXPECT_EQ(code_of(await(runs().list({.where = {.limit = 0}}))), "invalid_argument");
  EXPECT_EQ(code_of(await(runs().get(run_id(9)))), "run_not_found");
}

TEST_P(RunStores, SearchFindsTheSameBeforeAndAfterIndexing) {
  write(1, "Which town is the capital of France?", "Paris, says \"everyone\".");
  write(2, "Name a river in Paris", "");
  write(3, "\xC3\x84pfel und Birnen",
        "Gr\xC3\xBC\xC3\x9F"
        "e",
        2);
  for (const bool is_taken_up : {false, true}) {
    if (is_taken_up) open_anew();
    SCOPED_TRACE(is_taken_up ? "taken up" : "just written");
    EXPECT_THAT(ids(await(runs().search("paris", {}))), ElementsAre(run_id(2), run_id(1)));
    EXPECT_THAT(ids(await(runs().search("PARIS capital", {}))), ElementsAre(run_id(1)));
    EXPECT_THAT(ids(await(runs().search("\"everyone\"", {}))), ElementsAre(run_id(1)));
    EXPECT_THAT(ids(await(runs().search("na", {}))), ElementsAre(run_id(2)));
    EXPECT_THAT(ids(await(runs().search("\xC3\x84pfel", {}))), ElementsAre(run_id(3)));
    EXPECT_THAT(ids(await(runs().search("\xC3\x9F"
                                        "e",
                                        {}))),
                ElementsAre(run_id(3)));
    EXPECT_THAT(ids(await(runs().search("rome", {}))), IsEmpty());
    EXPECT_THAT(ids(await(runs().search("paris", {.where = {.limit = 1}}))), ElementsAre(run_id(2)));
    EXPECT_THAT(ids(await(runs().search("paris", {.where = {.before = run_id(2)}}))), ElementsAre(run_id(1)));
    EXPECT_THAT(ids(await(runs().search("paris", {.where = {.status = RunStatus::completed}}))),
                ElementsAre(run_id(1)));
    EXPECT_EQ(code_of(await(runs().search("  ", {}))), "invalid_argument");
  }
  ASSERT_TRUE(await(runs().remove(run_id(1))));
  EXPECT_THAT(ids(await(runs().search("paris", {}))), ElementsAre(run_id(2)));
}

TEST_P(RunStores, WhatBuildsOnARunIsFound) {
  write(1, "one", "1");
  for (const bool is_fork : {true, false}) {
    RunLines lines(run_id(is_fork ? 2 : 3), session_id(1));
    const auto writer = await(store_->create(lines.run(), lines.session())).value();
    append(*writer, is_fork ? lines.start_as_fork_of(run_id(1)) : lines.start_after(run_id(2)));
    append(*writer, lines.completed());
  }
  EXPECT_THAT(await(runs().dependents(run_id(1))).value(), ElementsAre(run_id(2)));
  EXPECT_THAT(await(runs().dependents(run_id(2))).value(), ElementsAre(run_id(3)));
  EXPECT_THAT(await(runs().dependents(run_id(3))).value(), IsEmpty());
  EXPECT_THAT(ids(await(runs().list({.kind = RunKind::fork}))), ElementsAre(run_id(2)));
  EXPECT_THAT(ids(await(runs().list({.parent = run_id(1)}))), ElementsAre(run_id(2)));
  EXPECT_THAT(ids(await(runs().list({.kind = RunKind::undo, .parent = run_id(1)}))), IsEmpty());
  EXPECT_THAT(ids(await(runs().list({.parent = run_id(2)}))),
              IsEmpty());  // its session went on, nothing was made of it
  EXPECT_EQ(code_of(await(runs().list({.where = {.limit = 0}, .parent = run_id(1)}))), "invalid_argument");
  EXPECT_THAT(await(runs().plan_removal({run_id(1)}, false))->runs, IsEmpty());
  EXPECT_EQ(await(runs().plan_removal({run_id(1)}, true))->runs.size(), 3U);
  EXPECT_EQ(code_of(await(runs().plan_removal({run_id(9)}, true))), "run_not_found");
  EXPECT_EQ(await(runs().plan_retention({.runs_max = 1}))->kept.size(), 2U);
  EXPECT_EQ(await(runs().plan_retention({.runs_max = 0}))->runs.size(), 3U);
}

TEST_P(RunStores, WhatAnUndoUnderWayTakesBackStays) {
  write(1, "one", "1");
  RunLines lines(run_id(2), session_id(1));
  const auto writer = await(store_->create(lines.run(), lines.session())).value();
  append(*writer, lines.start_as(RunKind::undo, run_id(1)));
  const auto stays = [this] {
    const auto pruned = await(runs().plan_retention({.runs_max = 0})).value();
    const auto named = await(runs().plan_removal({run_id(1)}, true)).value();
    const auto session = await(SessionStore(store_).plan_removal(session_id(1))).value();
    for (const RemovalPlan& plan : {pruned, named, session}) {
      const auto is_it = [](const KeptRun& kept) {
        return kept.reason == KeptRun::Reason::undoing && kept.run_id == run_id(1) && kept.needed_by == run_id(2);
      };
      if (std::ranges::none_of(plan.kept, is_it)) return false;
    }
    return true;
  };
  EXPECT_TRUE(stays());
  append(*writer, lines.aborted());
  EXPECT_FALSE(stays());
}

TEST_P(RunStores, SessionsAreWhatTheirRunsSay) {
  const SessionStore sessions(store_);
  write(1, "first", "1");
  write(2, "other", "2", 2);
  write(3, "third", "");
  const auto listed = await(sessions.list(10)).value();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].session_id, session_id(1));
  EXPECT_EQ(listed[0].runs, 2U);
  EXPECT_EQ(listed[0].active, 1U);
  EXPECT_EQ(listed[0].first_input, "first");
  EXPECT_EQ(listed[0].bytes, await(runs().get(run_id(1)))->bytes + await(runs().get(run_id(3)))->bytes);
  EXPECT_EQ(await(sessions.list(1))->size(), 1U);
  EXPECT_THAT(ids(await(sessions.runs(session_id(1)))), ElementsAre(run_id(3), run_id(1)));
  EXPECT_EQ(code_of(await(sessions.runs(session_id(7)))), "session_not_found");
  EXPECT_EQ(code_of(await(sessions.plan_removal(session_id(7)))), "session_not_found");
  RunLines fork(run_id(4), session_id(3));
  append(*await(store_->create(fork.run(), fork.session())).value(), fork.start_as_fork_of(run_id(1)));
  const auto plan = await(sessions.plan_removal(session_id(1))).value();
  EXPECT_THAT(ids(Result<std::vector<RunSummary>>(plan.runs)), ElementsAre(run_id(3)));
  ASSERT_EQ(plan.kept.size(), 1U);
  EXPECT_EQ(plan.kept[0].needed_by, run_id(4));
}

TEST_P(RunStores, CheckpointsAreFoundByLabel) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines, 2);  // events 1 to 4
  append(*writer, lines.checkpoint("before"));
  append(*writer, lines.delta());
  append(*writer, lines.checkpoint("before"));
  append(*writer, lines.checkpoint("3"));
  const CheckpointStore checkpoints(store_);
  const auto listed = await(checkpoints.list(run_id(1))).value();
  ASSERT_EQ(listed.size(), 3U);
  EXPECT_EQ(listed[0].label, "before");
  EXPECT_EQ(listed[0].by, "test");
  EXPECT_EQ(listed[0].seq, 5U);
  EXPECT_EQ(await(checkpoints.resolve(run_id(1), "before")), Result<std::uint64_t>(7)) << "the newest";
  EXPECT_EQ(await(checkpoints.resolve(run_id(1), "3")), Result<std::uint64_t>(8)) << "a label before a number";
  EXPECT_EQ(await(checkpoints.resolve(run_id(1), "4")), Result<std::uint64_t>(4));
  for (const char* place : {"0", "9", "-1", "4x", "", "later"}) {
    EXPECT_EQ(code_of(await(checkpoints.resolve(run_id(1), place))), "invalid_argument") << place;
  }
  EXPECT_THAT(await(checkpoints.resolve(run_id(1), "later")).error().message, HasSubstr("'before'"));
  EXPECT_EQ(code_of(await(checkpoints.list(run_id(2)))), "run_not_found");
}

StoreKind memory_kind() {
  class Host final : public StoreHost {
   public:
    std::shared_ptr<JournalStore> open() override { return store_; }

   private:
    std::shared_ptr<JournalStore> store_ = std::make_shared<MemoryStore>();
  };
  return {"memory", [] { return std::make_unique<Host>(); }, false};
}

INSTANTIATE_TEST_SUITE_P(Kinds, RunStores,
                         ::testing::Values(memory_kind(), jsonl_kind(), sqlite_kind(FolderPlace::memory)), kind_name);

using TextIndexOfSqlite = SqliteTest;

TEST_F(TextIndexOfSqlite, GivesOnlyRunsThatMayHaveTheWords) {
  {
    const auto store = open_store();
    for (const auto& [number, text] : {std::pair{1, "apples"}, std::pair{2, "pears"}, std::pair{3, "apple pie"}}) {
      RunLines lines(run_id(static_cast<std::uint64_t>(number)), session_id(1));
      const auto writer = await(store->create(lines.run(), lines.session())).value();
      append(*writer, lines.start(text));
      append(*writer, lines.completed());
    }
  }  // closing takes them up
  const auto store = open_store();
  EXPECT_THAT(await(store->candidates({"apple"}, std::nullopt, 10)).value(), ElementsAre(run_id(3), run_id(1)));
  EXPECT_THAT(await(store->candidates({"apple", "pie"}, std::nullopt, 10)).value(), ElementsAre(run_id(3)));
  EXPECT_THAT(await(store->candidates({"plums"}, std::nullopt, 10)).value(), IsEmpty());
  EXPECT_THAT(await(store->candidates({"pi"}, std::nullopt, 10))->size(), 3U) << "too short for the index";
  EXPECT_THAT(await(store->candidates({"apple"}, run_id(3), 10)).value(), ElementsAre(run_id(1)));
  RunLines active(run_id(4), session_id(1));
  const auto writer = write_run(*store, active);
  EXPECT_THAT(await(store->candidates({"plums"}, std::nullopt, 10)).value(), ElementsAre(run_id(4)))
      << "one that is not taken up may have any";
}

TEST_F(TextIndexOfSqlite, ARemovedRunLeavesNoWordInTheFile) {
  const std::string secret = "xylophonemarmalade";
  {
    const auto store = open_store();
    for (const std::uint64_t number : {1U, 2U}) {
      RunLines lines(run_id(number), session_id(1));
      const auto writer = await(store->create(lines.run(), lines.session())).value();
      append(*writer, lines.start(number == 1 ? secret : "harmless"));
      append(*writer, lines.completed());
    }
  }
  const auto has_traces = [&] {
    const std::string bytes = runtime::testing::read_file(path());
    return bytes.find(secret) != std::string::npos || bytes.find("xyl") != std::string::npos;
  };
  ASSERT_TRUE(has_traces());
  ASSERT_TRUE(await(open_store()->remove(run_id(1))));
  EXPECT_FALSE(has_traces());
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
