// SPDX-License-Identifier: Apache-2.0
// Goal: every store keeps the promises of `journal.hpp`. Method: each promise by itself, over each kind of store; what
// many readers and random operations do to one is in store_operations_test.cpp.

#include "journal/testing/store_conformance.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

namespace orchestrator::harness::journal::testing {
namespace {

using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

std::vector<RunId> ids_of(const std::vector<RunSummary>& runs) {
  std::vector<RunId> ids;
  for (const RunSummary& run : runs) ids.push_back(run.run_id);
  return ids;
}

TEST_P(StoreConformance, ANewRunIsEmpty) {
  const auto writer = await(store_->create(run_id(1), session_id(1)));
  ASSERT_TRUE(writer) << writer.error().message;
  EXPECT_EQ((*writer)->epoch(), 1U);
  const auto lines = await(store_->read(run_id(1), 0, 1'000));
  ASSERT_TRUE(lines) << lines.error().message;
  EXPECT_THAT(*lines, IsEmpty());
  EXPECT_EQ(await(store_->wait(run_id(1), 0, steady_clock::now())), Result<bool>(false));
}

TEST_P(StoreConformance, WhatIsAppendedReadsBack) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = await(store_->create(lines.run(), lines.session()));
  ASSERT_TRUE(writer);
  std::vector<RunLines::Line> written{lines.start(), lines.delta("H\u00e9llo \"there\"\n"), lines.abort_request(),
                                      lines.delta(std::string(300'000, 'x')), lines.completed()};
  for (const auto& line : written) append(**writer, line);
  const auto read = read_all(*store_, run_id(1));
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) EXPECT_TRUE(equal(read[i], *written[i])) << i;
  EXPECT_EQ(decode_run(read).size(), written.size());
}

TEST_P(StoreConformance, ReadingBeginsWithTheLineThatHoldsTheNextEvent) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines, 3);  // step 1 holds events 1 and 2, then one each
  for (const auto& [after, first_step] : {std::pair{0, 1}, std::pair{1, 1}, std::pair{2, 2}, std::pair{4, 4}}) {
    const auto page = await(store_->read(run_id(1), static_cast<std::uint64_t>(after), 1 << 20));
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_FALSE(page->empty()) << after;
    EXPECT_EQ(page->front().step, static_cast<std::uint64_t>(first_step)) << after;
    EXPECT_EQ(page->back().last_seq, 5U);
  }
}

TEST_P(StoreConformance, ThereIsNothingAtTheHeadAndBeyond) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines, 3);
  for (const std::uint64_t after : {5ULL, 6ULL, 1'000'000ULL, ~0ULL}) {
    const auto page = await(store_->read(run_id(1), after, 1 << 20));
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_THAT(*page, IsEmpty()) << after;
  }
}

TEST_P(StoreConformance, PagesCoverARunOnceWhateverTheirSize) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines, 60);
  const auto all = read_all(*store_, run_id(1));
  ASSERT_EQ(all.size(), 61U);
  for (const std::uint64_t bytes_max : {0ULL, 1ULL, 900ULL, 5'000ULL}) {
    const auto paged = read_all(*store_, run_id(1), 0, bytes_max);
    ASSERT_EQ(paged.size(), all.size()) << bytes_max;
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(equal(paged[i], all[i])) << bytes_max << " " << i;
  }
}

TEST_P(StoreConformance, APageKeepsToItsSizeButHoldsOneLine) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines, 20);
  const auto one = await(store_->read(run_id(1), 0, 0));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->size(), 1U);
  const auto some = await(store_->read(run_id(1), 2, 3'000));
  ASSERT_TRUE(some);
  std::uint64_t bytes = 0;
  for (const JournalLine& line : *some) bytes += line.bytes.size();
  EXPECT_GT(some->size(), 1U);
  EXPECT_LE(bytes, 3'000U);
}

TEST_P(StoreConformance, AnUnknownRunIsNamed) {
  const RunId nobody = run_id(77);
  EXPECT_EQ(code_of(await(store_->read(nobody, 0, 1))), "run_not_found");
  EXPECT_EQ(code_of(await(store_->wait(nobody, 0, steady_clock::now()))), "run_not_found");
  EXPECT_EQ(code_of(await(store_->remove(nobody))), "run_not_found");
  const auto opened = await(store_->open(nobody));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "run_not_found");
  EXPECT_THAT(opened.error().message, HasSubstr(nobody.str()));
}

TEST_P(StoreConformance, AnIdIsUsedOnce) {
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store_, lines);
  EXPECT_EQ(code_of(await(store_->create(run_id(1), session_id(2)))), "precondition_failed");
  writer.reset();
  EXPECT_EQ(code_of(await(store_->create(run_id(1), session_id(1)))), "precondition_failed");
  EXPECT_EQ(read_all(*store_, run_id(1)).size(), 1U);
}

TEST_P(StoreConformance, LinesOutOfOrderAreRefusedAndLeaveNoTrace) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines);
  auto skipped = std::make_shared<JournalLine>(*lines.delta());
  const auto right = std::make_shared<JournalLine>(*skipped);
  skipped->step += 1;
  EXPECT_EQ(code_of(await(writer->append(skipped))), "precondition_failed");
  skipped->step -= 1;
  skipped->first_seq += 1;
  EXPECT_EQ(code_of(await(writer->append(skipped))), "precondition_failed");
  skipped->first_seq -= 1;
  skipped->last_seq = skipped->first_seq - 1;
  EXPECT_EQ(code_of(await(writer->append(skipped))), "precondition_failed");
  skipped->last_seq = skipped->first_seq;
  skipped->bytes += "\n";
  EXPECT_EQ(code_of(await(writer->append(skipped))), "invalid_argument");
  append(*writer, right);
  EXPECT_EQ(decode_run(read_all(*store_, run_id(1))).size(), 2U);
}

TEST_P(StoreConformance, ARunHasOneWriter) {
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store_, lines);
  for (const auto& handle : {store_, host_->open()}) {
    const auto second = await(handle->open(run_id(1)));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "run_locked");
    EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
    EXPECT_EQ(code_of(await(handle->remove(run_id(1)))), "run_locked");
  }
  append(*writer, lines.delta());  // unharmed
  writer.reset();
  const auto again = await(store_->open(run_id(1)));
  EXPECT_TRUE(again) << again.error().message;
}

TEST_P(StoreConformance, AnOpenedRunGoesOnWhereItEnded) {
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store_, lines, 2);
  writer.reset();
  auto opened = await(host_->open()->open(run_id(1)));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->cut_bytes, 0U);
  EXPECT_EQ(opened->writer->epoch(), 1U);
  append(*opened->writer, lines.completed());
  EXPECT_EQ(decode_run(read_all(*store_, run_id(1))).size(), 4U);
}

TEST_P(StoreConformance, AnEmptyRunOpensAgain) {
  auto writer = await(store_->create(run_id(1), session_id(1)));
  ASSERT_TRUE(writer);
  writer->reset();
  auto opened = await(store_->open(run_id(1)));
  ASSERT_TRUE(opened) << opened.error().message;
  RunLines lines(run_id(1), session_id(1));
  append(*opened->writer, lines.start());
  EXPECT_EQ(read_all(*store_, run_id(1)).size(), 1U);
}

TEST_P(StoreConformance, SyncingIsRepeatable) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(code_of(await(writer->sync())), "ok");
    append(*writer, lines.delta());
  }
  EXPECT_EQ(code_of(await(writer->sync())), "ok");
  EXPECT_EQ(code_of(await(writer->sync())), "ok");
  EXPECT_EQ(read_all(*store_, run_id(1)).size(), 4U);
}

TEST_P(StoreConformance, WaitReturnsAtOnceWhereThereIsMore) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines);
  EXPECT_EQ(await(store_->wait(run_id(1), 1, steady_clock::now())), Result<bool>(true));
  EXPECT_EQ(await(host_->open()->wait(run_id(1), 1, steady_clock::now())), Result<bool>(true));
}

TEST_P(StoreConformance, WaitEndsAtItsDeadline) {
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store_, lines);
  const auto soon = [] { return steady_clock::now() + std::chrono::milliseconds(20); };
  EXPECT_EQ(await(store_->wait(run_id(1), 2, soon())), Result<bool>(false));
  writer.reset();
  EXPECT_EQ(await(store_->wait(run_id(1), 2, soon())), Result<bool>(false));
  EXPECT_EQ(await(host_->open()->wait(run_id(1), 2, soon())), Result<bool>(false));
}

TEST_P(StoreConformance, ListsNewestFirstInPages) {
  std::vector<std::unique_ptr<RunWriter>> writers;
  for (std::uint64_t i = 1; i <= 7; ++i) {
    RunLines lines(run_id(i), session_id(i % 2));
    writers.push_back(write_run(*store_, lines));
  }
  RunFilter filter;
  filter.limit = 3;
  std::vector<RunId> seen;
  for (;;) {
    const auto page = await(store_->list(filter));
    ASSERT_TRUE(page) << page.error().message;
    if (page->empty()) break;
    EXPECT_LE(page->size(), 3U);
    for (const RunId& id : ids_of(*page)) seen.push_back(id);
    filter.before = page->back().run_id;
  }
  EXPECT_THAT(seen, ElementsAre(run_id(7), run_id(6), run_id(5), run_id(4), run_id(3), run_id(2), run_id(1)));
}

TEST_P(StoreConformance, ListsBySessionPrefixAndStatus) {
  for (std::uint64_t i = 1; i <= 4; ++i) {
    RunLines lines(run_id(i), session_id(i % 2));
    const auto writer = write_run(*store_, lines);
    append(*writer, i == 1 ? lines.completed() : i == 2 ? lines.failed() : i == 3 ? lines.aborted() : lines.delta());
  }
  const auto listed = [&](const RunFilter& filter) { return ids_of(await(store_->list(filter)).value()); };
  EXPECT_THAT(listed({.session_id = session_id(1)}), ElementsAre(run_id(3), run_id(1)));
  EXPECT_THAT(listed({.session_id = session_id(9)}), IsEmpty());
  EXPECT_THAT(listed({.status = RunStatus::completed}), ElementsAre(run_id(1)));
  EXPECT_THAT(listed({.status = RunStatus::failed}), ElementsAre(run_id(2)));
  EXPECT_THAT(listed({.status = RunStatus::aborted}), ElementsAre(run_id(3)));
  EXPECT_THAT(listed({.status = RunStatus::active}), ElementsAre(run_id(4)));
  EXPECT_THAT(listed({.session_id = session_id(1), .status = RunStatus::aborted}), ElementsAre(run_id(3)));
  EXPECT_THAT(listed({.id_prefix = run_id(2).str()}), ElementsAre(run_id(2)));
  EXPECT_THAT(listed({.id_prefix = run_id(2).str().substr(0, 13)}).size(), 4U);
  EXPECT_THAT(listed({.id_prefix = "run_Z"}), IsEmpty());
  EXPECT_THAT(listed({.session_id = session_id(0), .before = run_id(4)}), ElementsAre(run_id(2)));
}

TEST_P(StoreConformance, TheLimitOfAListIsChecked) {
  EXPECT_EQ(code_of(await(store_->list({.limit = 0}))), "invalid_argument");
  EXPECT_EQ(code_of(await(store_->list({.limit = 1'001}))), "invalid_argument");
  EXPECT_EQ(code_of(await(store_->list({.limit = 1'000}))), "ok");
}

TEST_P(StoreConformance, AListShowsWhatARunIs) {
  RunLines lines(run_id(1), session_id(5));
  auto writer = await(store_->create(lines.run(), lines.session())).value();
  append(*writer, lines.start("First line\nsecond\tline " + std::string(190, 'a') + "\u00e9\u00e9"));
  const auto one = [&] { return await(store_->list({})).value().at(0); };
  RunSummary run = one();
  EXPECT_EQ(run.run_id, run_id(1));
  EXPECT_EQ(run.session_id, session_id(5));
  EXPECT_EQ(run.kind, RunKind::live);
  EXPECT_EQ(run.status, RunStatus::active);
  EXPECT_TRUE(run.held);
  EXPECT_FALSE(run.damaged);
  EXPECT_EQ(run.model, "scripted/demo.json");
  EXPECT_THAT(run.input_preview, ::testing::StartsWith("First line second line aaa"));
  EXPECT_LE(run.input_preview.size(), 200U);
  EXPECT_EQ(run.events, 2U);
  EXPECT_LT(run.started_at, run.last_event_at);

  append(*writer, lines.delta());
  append(*writer, lines.completed());
  writer.reset();
  run = one();
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_FALSE(run.held);
  EXPECT_EQ(run.events, 4U);
  EXPECT_EQ(run.finish_reason, "stop");
  EXPECT_EQ(run.error_code, "");
  EXPECT_EQ(run.usage.input, 12U);
  EXPECT_EQ(run.cost_micro_usd, 70U);
  EXPECT_EQ(run.total_us, 1'500'000U);
  std::uint64_t bytes = 0;
  for (const JournalLine& line : read_all(*store_, run_id(1))) bytes += line.bytes.size() + 1;
  EXPECT_EQ(run.bytes, bytes);
}

TEST_P(StoreConformance, AListNamesTheErrorOfAFailedRun) {
  RunLines lines(run_id(1), session_id(5));
  const auto writer = write_run(*store_, lines);
  append(*writer, lines.failed());
  const RunSummary run = await(store_->list({})).value().at(0);
  EXPECT_EQ(run.status, RunStatus::failed);
  EXPECT_EQ(run.error_code, "provider_stalled");
}

TEST_P(StoreConformance, BlobsAreKeptByTheirContent) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines);
  const std::vector<SharedBytes> blobs{SharedBytes("cat"), SharedBytes(std::string(1'000'000, '\0')),
                                       SharedBytes(std::string("\x00\xff\n", 3)), SharedBytes(std::string())};
  for (int round = 0; round < 2; ++round) {
    for (const SharedBytes& blob : blobs) EXPECT_EQ(code_of(await(writer->put_blob(blob))), "ok");
  }
  EXPECT_EQ(code_of(await(writer->sync())), "ok");
  for (const SharedBytes& blob : blobs) {
    const auto read = await(host_->open()->blob(blob.hash()));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->view(), blob.view());
    EXPECT_EQ(*read, blob);
  }
  EXPECT_EQ(code_of(await(store_->blob(sha256("dog")))), "run_not_found");
  EXPECT_EQ(code_of(await(writer->put_blob(SharedBytes::reference(sha256("dog"), 3)))), "invalid_argument");
}

TEST_P(StoreConformance, ARemovedRunIsGone) {
  RunLines kept(run_id(1), session_id(1));
  RunLines removed(run_id(2), session_id(1));
  EXPECT_EQ(code_of(await(write_run(*store_, kept)->put_blob(SharedBytes("cat")))), "ok");
  auto writer = write_run(*store_, removed, 2);
  EXPECT_EQ(code_of(await(writer->put_blob(SharedBytes("cat")))), "ok");
  writer.reset();
  EXPECT_EQ(code_of(await(store_->remove(run_id(2)))), "ok");
  EXPECT_EQ(code_of(await(store_->read(run_id(2), 0, 1))), "run_not_found");
  EXPECT_EQ(code_of(await(store_->open(run_id(2)))), "run_not_found");
  EXPECT_EQ(code_of(await(store_->remove(run_id(2)))), "run_not_found");
  EXPECT_THAT(ids_of(await(store_->list({})).value()), ElementsAre(run_id(1)));
  EXPECT_THAT(ids_of(await(store_->list({.session_id = session_id(1)})).value()), ElementsAre(run_id(1)));
  EXPECT_EQ(code_of(await(store_->blob(sha256("cat")))), "ok");  // other runs may refer to it
  EXPECT_EQ(read_all(*store_, run_id(1)).size(), 1U);
  RunLines anew(run_id(2), session_id(3));
  EXPECT_NE(write_run(*store_, anew), nullptr);
}

TEST_P(StoreConformance, AnotherHandleSeesTheSameRuns) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store_, lines, 2);
  const auto other = host_->open();
  EXPECT_EQ(read_all(*other, run_id(1)).size(), 3U);
  append(*writer, lines.delta());
  EXPECT_EQ(read_all(*other, run_id(1), lines.head().seq - 1).size(), 1U);
  EXPECT_TRUE(await(other->list({})).value().at(0).held);
}

TEST_P(StoreConformance, ItsAddressOpensIt) {
  RunLines lines(run_id(1), session_id(1));
  write_run(*store_, lines);
  const auto again = open_store(store_->url());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->url(), store_->url());
  if (GetParam().is_shared) EXPECT_EQ(read_all(**again, run_id(1)).size(), 1U);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
