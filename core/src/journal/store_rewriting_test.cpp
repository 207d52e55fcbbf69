// SPDX-License-Identifier: Apache-2.0
// Goal: another form of a run takes its place whole or not at all, whenever the process ends; its readers are told;
// what was erased is nowhere any more, and what others use stays; a damaged run is read, marked and not gone on with,
// until it is salvaged. Method: the same runs in stores of every kind, and processes that end themselves at each line
// of a rewriting.

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "event/erasure.hpp"
#include "event/testing/golden_file.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_erasure.hpp"
#include "journal/run_import.hpp"
#include "journal/run_verification.hpp"
#include "journal/testing/sample_runs.hpp"
#include "journal/testing/store_conformance.hpp"
#include "orchestrator/harness/run_store.hpp"
#include "runtime/run_epochs.hpp"
#include "runtime/run_reader.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kPageBytes = 1 << 20;

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

std::string text_of(const std::vector<JournalLine>& lines) {
  std::string text;
  for (const JournalLine& line : lines) text += line.bytes + "\n";
  return text;
}

// A run of a start, `deltas` deltas and an end.
void write_ended(StoreTest& test, JournalStore& store, RunLines& lines, int deltas, const std::string& output = "x") {
  const auto writer = test.write_run(store, lines, deltas);
  ASSERT_NE(writer, nullptr);
  test.append(*writer, lines.completed(output));
}

TEST_P(StoreConformance, AnErasedRunKeepsItsHashesAndNothingThatWasSaid) {
  const SampleRun run = golden_runs("tools_and_hint").front();
  const std::string content = "a content that the run alone has put";
  {
    auto writer = await(store_->create(run.run_id, run.session_id));
    ASSERT_TRUE(writer);
    ASSERT_TRUE(await((*writer)->put_blob(SharedBytes(content))));
    for (const auto& line : run.lines) append(**writer, line);
  }
  const std::string before = text_of(read_all(*store_, run.run_id));
  const auto head = await(verify_run(store_, run.run_id))->head;
  const auto epoch = await(runtime::epoch_of(store_, run.run_id)).value();

  const auto erased = await(RunStore(store_).erase({run.run_id}));
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_THAT(erased->runs, ElementsAre(run.run_id));
  EXPECT_THAT(erased->refused, IsEmpty());
  EXPECT_FALSE(erased->contents_left) << erased->contents_left->message;

  for (const auto& store : {store_, host_->open()}) {
    const auto verdict = await(verify_run(store, run.run_id)).value();
    EXPECT_THAT(verdict.flaws, IsEmpty()) << verdict.flaws.front().what;
    EXPECT_EQ(verdict.head, head);
    EXPECT_GT(verdict.erased_events, 10U);
    EXPECT_TRUE(verdict.is_ended);
    EXPECT_EQ(await(runtime::epoch_of(store, run.run_id)), Result<std::uint64_t>(epoch + 1));
    const std::string after = text_of(read_all(*store, run.run_id));
    for (const char* said : {"\"text\":", "\"arguments\":", "\"output\":\"", "\"system\":"}) {
      EXPECT_THAT(before, HasSubstr(said));
      EXPECT_EQ(after.find(said), std::string::npos) << said;
    }
  }
  const auto listed = await(RunStore(store_).get(run.run_id)).value();
  EXPECT_EQ(listed.status, RunStatus::completed);
  EXPECT_FALSE(listed.damaged);
  EXPECT_THAT(await(verify_records(store_)).value(), IsEmpty());
}

TEST_P(StoreConformance, WhatWasErasedIsNotFoundAndContentOfOthersStays) {
  const SampleRun picture = picture_run("seen by two", 1);
  write_sample(*this, *store_, picture);
  RunLines lines(run_id(7), session_id(7));
  {
    const auto writer = write_run(*store_, lines);
    append(*writer, lines.completed("The needle is in here, {\"hash\":\"" + picture.contents[0].hash().str() + "\"}"));
    ASSERT_TRUE(await(writer->put_blob(picture.contents[0])));
    ASSERT_TRUE(await(writer->put_blob(SharedBytes("its own"))));
  }
  const auto found = [&] { return await(RunStore(store_).search("needle", {})).value(); };
  EXPECT_THAT(found(), SizeIs(1));
  ASSERT_TRUE(await(RunStore(store_).erase({run_id(7)})));
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_TRUE(await(store_->blob(picture.contents[0].hash()))) << "the other run refers to it";
  EXPECT_THAT(await(verify_run(store_, picture.run_id))->flaws, IsEmpty());
}

TEST_P(StoreConformance, ContentGoesWithTheLastRunThatIsErased) {
  // Two runs that refer to the same picture; both end.
  std::vector<SampleRun> runs{picture_run("of both", 1), picture_run("of both", 2)};
  for (SampleRun& run : runs) {
    auto writer = await(store_->create(run.run_id, run.session_id));
    ASSERT_TRUE(writer);
    ASSERT_TRUE(await((*writer)->put_blob(run.contents[0])));
    append(**writer, run.lines[0]);
  }
  const Hash picture = runs[0].contents[0].hash();
  auto* rewriting = dynamic_cast<RewritingStore*>(store_.get());
  ASSERT_NE(rewriting, nullptr);
  for (const SampleRun& run : runs) {
    EXPECT_TRUE(await(store_->blob(picture)));
    RunRewrite erasing;
    erasing.head = await(verify_run(store_, run.run_id))->head;
    erasing.change = event::erase_content;
    const auto done = await(rewriting->rewrite(run.run_id, erasing));
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(await(drop_contents(store_)));
  }
  EXPECT_EQ(code_of(await(store_->blob(picture))), "run_not_found");
}

TEST_P(StoreConformance, OnlyARunThatEndedAndNobodyHasIsErased) {
  RunLines held(run_id(1), session_id(1));
  RunLines open(run_id(2), session_id(1));
  const auto writer = write_run(*store_, held);
  append(*writer, held.completed());
  write_run(*store_, open).reset();
  const std::string before = text_of(read_all(*store_, run_id(1))) + text_of(read_all(*store_, run_id(2)));
  const auto erasure = await(RunStore(store_).erase({run_id(1), run_id(2), run_id(3)})).value();
  EXPECT_THAT(erasure.runs, IsEmpty());
  ASSERT_THAT(erasure.refused, SizeIs(3));
  EXPECT_EQ(erasure.refused[0].reason.code, "run_locked");
  EXPECT_EQ(erasure.refused[1].reason.code, "precondition_failed");
  EXPECT_EQ(erasure.refused[2].reason.code, "run_not_found");
  EXPECT_EQ(text_of(read_all(*store_, run_id(1))) + text_of(read_all(*store_, run_id(2))), before);
}

TEST_P(StoreConformance, AFormThatDoesNotFitLeavesTheRunAsItWas) {
  RunLines lines(run_id(1), session_id(1));
  write_ended(*this, *store_, lines, 3);
  auto* rewriting = dynamic_cast<RewritingStore*>(store_.get());
  ASSERT_NE(rewriting, nullptr);
  const std::string before = text_of(read_all(*store_, run_id(1)));
  const auto refused_with = [&](RunRewrite rewrite) {
    const auto done = await(rewriting->rewrite(run_id(1), std::move(rewrite)));
    EXPECT_EQ(text_of(read_all(*store_, run_id(1))), before);
    EXPECT_THAT(await(verify_run(store_, run_id(1)))->damage, IsEmpty());
    return code_of(done);
  };
  int left = 3;
  const auto fail_at_the_third = [&left](std::string_view line) -> Result<std::string> {
    if (--left > 0) return event::erase_content(line);
    return fail(RuntimeErrorCode::cancelled, "no more");
  };
  event::JournalHead other = lines.head();
  other.hash = sha256("x");
  event::JournalHead longer = lines.head();
  longer.steps += 1;
  EXPECT_EQ(refused_with({lines.head(), fail_at_the_third}), "cancelled");
  EXPECT_EQ(refused_with({other, event::erase_content}), "precondition_failed");
  EXPECT_EQ(refused_with({longer, event::erase_content}), "journal_damaged");
  EXPECT_EQ(refused_with({lines.head(), [](std::string_view) { return Result<std::string>("{}"); }}),
            "journal_damaged");
}

TEST_P(StoreConformance, AnEndThatIsCutOffIsGoneAndTheRunGoesOn) {
  RunLines lines(run_id(1), session_id(1));
  event::JournalHead head;
  {
    const auto writer = write_run(*store_, lines, 1);
    head = lines.head();
    append(*writer, lines.delta("lost"));
    append(*writer, lines.completed("lost as well"));
  }
  auto* rewriting = dynamic_cast<RewritingStore*>(store_.get());
  ASSERT_NE(rewriting, nullptr);
  ASSERT_TRUE(await(rewriting->rewrite(run_id(1), {head, {}, true})));
  EXPECT_EQ(await(RunStore(store_).get(run_id(1)))->status, RunStatus::active);
  EXPECT_THAT(text_of(read_all(*store_, run_id(1))), ::testing::Not(HasSubstr("lost")));
  // The same start again, to have lines that follow it.
  RunLines again(run_id(1), session_id(1));
  again.start();
  again.delta();
  const auto other = host_->open();
  const auto opened = await(other->open(run_id(1)));
  ASSERT_TRUE(opened) << opened.error().message;
  append(*opened->writer, again.completed("found"));
  EXPECT_THAT(decode_run(read_all(*store_, run_id(1))), SizeIs(3));
}

TEST_P(StoreConformance, AReaderIsToldOfAnotherFormAndBeginsAgain) {
  RunLines lines(run_id(1), session_id(1));
  write_ended(*this, *store_, lines, 20);
  for (const auto& store : {store_, host_->open()}) {
    runtime::RunReader reader(store, run_id(1));
    const auto first = await(reader.next(1)).value();
    EXPECT_FALSE(first.is_reset);
    EXPECT_THAT(first.lines, SizeIs(1));
    ASSERT_TRUE(await(RunStore(store_).erase({run_id(1)})));
    const auto told = await(reader.next(1)).value();
    EXPECT_TRUE(told.is_reset);
    EXPECT_EQ(told.epoch, first.epoch + 1);
    EXPECT_THAT(told.lines, IsEmpty());
    const auto again = await(reader.next(kPageBytes)).value();
    EXPECT_FALSE(again.is_reset);
    ASSERT_FALSE(again.lines.empty());
    EXPECT_EQ(again.lines.front().first_seq, 1U);
    // A cursor that was kept elsewhere, with the epoch of then.
    runtime::RunReader later(store, run_id(1), {5, first.epoch});
    EXPECT_TRUE(await(later.next(1))->is_reset);
    runtime::RunReader present(store, run_id(1), {5, told.epoch});
    EXPECT_EQ(await(present.next(1))->lines.front().first_seq, 6U);
  }
}

TEST_P(StoreConformance, AReaderThatWaitsIsToldOfAnotherForm) {
  RunLines lines(run_id(1), session_id(1));
  write_ended(*this, *store_, lines, 2);
  for (const auto& store : {store_, host_->open()}) {
    runtime::RunReader reader(store, run_id(1));
    while (!await(reader.next(kPageBytes))->lines.empty()) {
    }
    Result<bool> more = false;
    std::thread waiter([&] {
      more = StoreTest().await(reader.wait(std::chrono::steady_clock::now() + runtime::testing::kTestPatience));
    });
    EXPECT_TRUE(await(RunStore(store_).erase({run_id(1)})));
    waiter.join();
    EXPECT_EQ(more, Result<bool>(true));
    EXPECT_TRUE(await(reader.next(1))->is_reset);
    EXPECT_EQ(await(reader.wait(std::chrono::steady_clock::now())), Result<bool>(true)) << "there are lines to read";
  }
}

TEST_P(StoreConformance, AMarkedRunIsReadAndShownAndNotOpened) {
  RunLines lines(run_id(1), session_id(1));
  write_run(*store_, lines, 3).reset();
  RunLines other(run_id(2), session_id(1));
  write_run(*store_, other).reset();
  auto* marking = dynamic_cast<QuarantiningStore*>(store_.get());
  ASSERT_NE(marking, nullptr);
  EXPECT_EQ(await(marking->damage(run_id(1))), Result<std::string>(""));
  EXPECT_EQ(code_of(await(marking->set_damage(run_id(3), "x"))), "run_not_found");
  ASSERT_TRUE(await(marking->set_damage(run_id(1), "step 2\nis gone")));
  ASSERT_TRUE(await(marking->set_damage(run_id(1), "another one")));
  for (const auto& store : {store_, host_->open()}) {
    EXPECT_EQ(await(noted_damage(store, run_id(1))), "step 2 is gone") << "the first one stays";
    EXPECT_THAT(read_all(*store, run_id(1)), SizeIs(4));
    const auto runs = await(store->list({})).value();
    ASSERT_THAT(runs, SizeIs(2));
    EXPECT_TRUE(runs[1].damaged);
    EXPECT_FALSE(runs[0].damaged);
    const auto opened = await(store->open(run_id(1)));
    ASSERT_EQ(code_of(opened), "journal_damaged");
    EXPECT_THAT(opened.error().message, HasSubstr("step 2 is gone"));
    EXPECT_THAT(opened.error().message, HasSubstr("runs salvage"));
  }
  ASSERT_TRUE(await(store_->open(run_id(2)))) << "the others are served";
  const auto head = await(salvage_in_place(store_, run_id(1)));
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(*head, lines.head());
  EXPECT_EQ(await(noted_damage(host_->open(), run_id(1))), "");
  EXPECT_TRUE(await(store_->open(run_id(1))));
  EXPECT_EQ(code_of(await(salvage_in_place(store_, run_id(1)))), "precondition_failed") << "nothing is wrong with it";
}

TEST_P(StoreConformance, AMarkGoesWhenTheRunVerifiesAgain) {
  const SampleRun run = golden_runs("plain").front();
  write_sample(*this, *store_, run);
  auto* marking = dynamic_cast<QuarantiningStore*>(store_.get());
  ASSERT_NE(marking, nullptr);
  ASSERT_TRUE(await(marking->set_damage(run.run_id, "a disk that was away")));
  EXPECT_THAT(await(verify_run(store_, run.run_id))->flaws, IsEmpty());
  EXPECT_EQ(await(marking->damage(run.run_id)), Result<std::string>(""));
}

// Takes a run into the store as an import does.
void take_in(StoreTest& test, JournalStore& store, const SampleRun& run, Staging staging) {
  auto staged = test.await(dynamic_cast<StagingStore&>(store).stage(run.run_id, run.session_id, staging));
  ASSERT_TRUE(staged) << staged.error().message;
  for (const auto& line : run.lines) ASSERT_TRUE(test.await((*staged)->append(line)));
  ASSERT_TRUE(test.await((*staged)->publish()));
}

TEST_P(StoreConformance, ARunOutOfAFileIsMarkedAsLongAsItIsThere) {
  const SampleRun run = golden_runs("plain").front();
  SampleRun beginning = run;
  beginning.lines.pop_back();
  const auto expect_mark = [&](bool is_imported) {
    for (const auto& store : {store_, host_->open()}) {
      EXPECT_EQ(await(imported_in(store, run.run_id)), Result<bool>(is_imported));
      EXPECT_EQ(await(RunStore(store).get(run.run_id))->imported, is_imported);
    }
  };
  take_in(*this, *store_, beginning, {.is_imported = true});
  expect_mark(true);
  {
    const auto opened = await(store_->open(run.run_id));
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_TRUE(await(opened->writer->append(run.lines.back())));
  }
  expect_mark(true);
  ASSERT_TRUE(await(erase_run(store_, run.run_id)));
  expect_mark(true);
  ASSERT_TRUE(await(store_->remove(run.run_id)));
  EXPECT_EQ(await(imported_in(store_, run.run_id)), Result<bool>(false)) << "there is none";
  take_in(*this, *store_, run, {});
  expect_mark(false);
  ASSERT_TRUE(await(store_->remove(run.run_id)));
  write_sample(*this, *store_, beginning);
  expect_mark(false);
  take_in(*this, *store_, run, {.replaced_events = beginning.lines.back()->last_seq, .is_imported = true});
  expect_mark(true);
}

// The other process is forked before this one has a thread of its own.
TEST_P(StoreConformance, AProcessThatEndsInARewritingLeavesOneFormOrTheOther) {
  if (!GetParam().is_shared) GTEST_SKIP() << GetParam().name << " is for one process";
  RunLines lines(run_id(1), session_id(1));
  write_ended(*this, *store_, lines, 6, "said and done");
  const std::string before = text_of(read_all(*store_, run_id(1)));
  store_.reset();  // its threads with it
  int kills = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("ends at line " + std::to_string(nth));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int left = nth;
      RunRewrite erasing;
      erasing.head = lines.head();
      erasing.change = [&left](std::string_view line) {
        if (--left == 0) ::_exit(9);
        return event::erase_content(line);
      };
      StoreTest test;
      const auto store = host_->open();
      auto* rewriting = dynamic_cast<RewritingStore*>(store.get());
      ::_exit(test.await(rewriting->rewrite(run_id(1), erasing)) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 0) break;
    ASSERT_EQ(WEXITSTATUS(status), 9);
    ++kills;
    const auto store = host_->open();
    EXPECT_EQ(text_of(read_all(*store, run_id(1))), before);
    EXPECT_EQ(await(runtime::epoch_of(store, run_id(1))), Result<std::uint64_t>(1));
    EXPECT_EQ(await(verify_run(store, run_id(1)))->damage, "");
  }
  EXPECT_EQ(kills, 8);
  store_ = host_->open();
  EXPECT_THAT(text_of(read_all(*store_, run_id(1))), ::testing::Not(HasSubstr("said and done")));
  EXPECT_EQ(await(runtime::epoch_of(store_, run_id(1))), Result<std::uint64_t>(2));
  EXPECT_EQ(await(verify_run(store_, run_id(1)))->head, lines.head());
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
