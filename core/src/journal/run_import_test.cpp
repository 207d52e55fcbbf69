// SPDX-License-Identifier: Apache-2.0
// Goal: a run of a file that the store has the beginning of goes on, all of it or nothing. Method: every kind of store;
// files of whole runs against stores that hold nothing, a part, the same, more, or something else of them.

#include "journal/run_import.hpp"

#include <gmock/gmock.h>

#include "journal/memory_store.hpp"
#include "journal/run_export.hpp"
#include "journal/run_verification.hpp"
#include "journal/store_capabilities.hpp"
#include "journal/stored_line.hpp"
#include "journal/testing/jsonl_kind.hpp"
#include "journal/testing/postgres_kind.hpp"
#include "journal/testing/sample_runs.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::shared_ptr<JournalStore> memory() { return harness::open_store("memory:").value(); }

class Import : public StoreConformance {
 protected:
  // The file of a run, by way of a store that holds it alone.
  ExportResult file_of(const SampleRun& run, ExportOptions options = {}) {
    const auto source = memory();
    write_sample(*this, *source, run);
    std::string text;
    const auto sink = [&text](std::string_view bytes) -> Result<void> {
      text += bytes;
      return {};
    };
    const auto result = await(export_run(source, run.run_id, options, sink));
    write_file(folder_.path("run.orun"), text);
    if (result) return *result;
    ADD_FAILURE() << result.error().message;
    return {};
  }
  Result<std::vector<ImportedRun>> import_file() {
    return await(import_runs(store_, ExportPlace::of(folder_.path("run.orun"))));
  }
  std::vector<std::string> bytes_of(RunId run_id) {
    std::vector<std::string> bytes;
    for (const JournalLine& line : read_all(*store_, run_id)) bytes.push_back(line.bytes);
    return bytes;
  }
  static std::vector<std::string> bytes_of(const SampleRun& run) {
    std::vector<std::string> bytes;
    for (const auto& line : run.lines) bytes.push_back(line->bytes);
    return bytes;
  }
  void expect_sound(RunId run_id) {
    EXPECT_THAT(await(verify_run(store_, run_id))->flaws, IsEmpty());
    EXPECT_THAT(*await(verify_records(store_)), IsEmpty());
  }
  static SampleRun beginning(SampleRun run, std::size_t lines) {
    run.lines.resize(lines);
    return run;
  }

  TemporaryFolder folder_{FolderPlace::memory};
  const SampleRun run_ = sample_runs()[3];  // one with tools
};

TEST_P(Import, ALongerFileGoesOnWithWhatIsThere) {
  for (const std::size_t lines : {std::size_t{1}, run_.lines.size() - 1}) {
    const SampleRun shorter = beginning(run_, lines);
    write_sample(*this, *store_, shorter);
    const ExportResult file = file_of(run_);
    const auto imported = import_file();
    ASSERT_TRUE(imported) << imported.error().message;
    ASSERT_THAT(*imported, SizeIs(1));
    EXPECT_EQ(imported->front().outcome, ImportOutcome::continued);
    EXPECT_EQ(imported->front().events_before, shorter.lines.back()->last_seq);
    EXPECT_EQ(imported->front().events, file.head.seq);
    EXPECT_EQ(bytes_of(run_.run_id), bytes_of(run_));
    EXPECT_THAT(await(store_->list({})).value(), SizeIs(1));
    expect_sound(run_.run_id);
    EXPECT_EQ(await(host_->open()->open(run_.run_id))->writer->epoch(), 1U) << "nothing that was seen is gone";
    EXPECT_EQ(import_file()->front().outcome, ImportOutcome::present);
    file_of(shorter);
    const auto back = import_file();
    EXPECT_EQ(back->front().outcome, ImportOutcome::longer);
    EXPECT_EQ(back->front().events, file.head.seq);
    EXPECT_EQ(bytes_of(run_.run_id), bytes_of(run_));
    ASSERT_TRUE(await(store_->remove(run_.run_id)));
  }
}

TEST_P(Import, WhatComesOutOfAFileIsMarkedAndWhatWasHereIsNot) {
  write_sample(*this, *store_, run_);
  file_of(run_);
  EXPECT_EQ(import_file()->front().outcome, ImportOutcome::present);
  EXPECT_EQ(await(imported_in(store_, run_.run_id)), Result<bool>(false));
  ASSERT_TRUE(await(store_->remove(run_.run_id)));
  EXPECT_EQ(import_file()->front().outcome, ImportOutcome::imported);
  EXPECT_EQ(await(imported_in(host_->open(), run_.run_id)), Result<bool>(true));
  const auto copy = memory();
  ASSERT_TRUE(await(copy_run(store_, copy, run_.run_id)));
  EXPECT_EQ(await(imported_in(copy, run_.run_id)), Result<bool>(true)) << "a copy says so, too";
  ASSERT_TRUE(await(store_->remove(run_.run_id)));
  write_sample(*this, *store_, beginning(run_, 2));
  EXPECT_EQ(import_file()->front().outcome, ImportOutcome::continued);
  EXPECT_EQ(await(imported_in(host_->open(), run_.run_id)), Result<bool>(true));
}

TEST_P(Import, ContentsThatTheFileLacksStay) {
  SampleRun shorter = beginning(run_, 2);
  shorter.contents.emplace_back("a cat");  // that no line of the file refers to
  write_sample(*this, *store_, shorter);
  file_of(run_);
  EXPECT_EQ(import_file()->front().outcome, ImportOutcome::continued);
  EXPECT_TRUE(await(store_->blob(sha256("a cat"))));
  expect_sound(run_.run_id);
}

TEST_P(Import, ReadersSeeTheBeginningUntilAllIsThere) {
  const SampleRun shorter = beginning(run_, 2);
  write_sample(*this, *store_, shorter);
  auto* staging = dynamic_cast<StagingStore*>(store_.get());
  ASSERT_NE(staging, nullptr);
  const std::uint64_t events = shorter.lines.back()->last_seq;
  {
    auto staged = await(staging->stage(run_.run_id, run_.session_id, {.replaced_events = events}));
    ASSERT_TRUE(staged) << staged.error().message;
    for (const auto& line : run_.lines) ASSERT_TRUE(await((*staged)->append(line)));
    EXPECT_EQ(bytes_of(run_.run_id), bytes_of(shorter));
    EXPECT_THAT(await(store_->list({})).value(), SizeIs(1));
  }
  EXPECT_EQ(bytes_of(run_.run_id), bytes_of(shorter));
  expect_sound(run_.run_id);
  // What was left half done is swept by the next one.
  auto staged = await(staging->stage(run_.run_id, run_.session_id, {.replaced_events = events}));
  ASSERT_TRUE(staged) << staged.error().message;
  for (const auto& line : run_.lines) ASSERT_TRUE(await((*staged)->append(line)));
  ASSERT_TRUE(await((*staged)->publish()));
  EXPECT_EQ(bytes_of(run_.run_id), bytes_of(run_));
  staged->reset();
  expect_sound(run_.run_id);
}

TEST_P(Import, ARunThatIsOpenOrHasGrownStays) {
  const SampleRun shorter = beginning(run_, 2);
  write_sample(*this, *store_, shorter);
  file_of(run_);
  {
    const auto opened = await(store_->open(run_.run_id));
    ASSERT_TRUE(opened);
    const auto refused = import_file();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "run_locked");
  }
  EXPECT_EQ(bytes_of(run_.run_id), bytes_of(shorter));

  auto& staging = dynamic_cast<StagingStore&>(*store_);
  auto staged = await(staging.stage(run_.run_id, run_.session_id, {.replaced_events = 1}));
  if (staged) {
    for (const auto& line : run_.lines) ASSERT_TRUE(await((*staged)->append(line)));
    const auto published = await((*staged)->publish());
    ASSERT_FALSE(published);
    EXPECT_EQ(published.error().code, "precondition_failed");
  } else {
    EXPECT_EQ(staged.error().code, "precondition_failed");
  }
  staged = std::unexpected(Error());
  EXPECT_EQ(bytes_of(run_.run_id), bytes_of(shorter));
  ASSERT_TRUE(import_file());
  expect_sound(run_.run_id);
}

TEST_P(Import, ARunThatIsMarkedAsDamagedIsMendedFirst) {
  const SampleRun shorter = beginning(run_, 2);
  write_sample(*this, *store_, shorter);
  file_of(run_);
  auto& marking = dynamic_cast<QuarantiningStore&>(*store_);
  ASSERT_TRUE(await(marking.set_damage(run_.run_id, "a disk that was away")));
  const auto refused = import_file();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "journal_damaged");
  // Nor by who does not look first.
  auto& staging = dynamic_cast<StagingStore&>(*store_);
  auto staged = await(staging.stage(run_.run_id, run_.session_id, {.replaced_events = shorter.lines.back()->last_seq}));
  if (staged) {
    for (const auto& line : run_.lines) ASSERT_TRUE(await((*staged)->append(line)));
    const auto published = await((*staged)->publish());
    ASSERT_FALSE(published);
    EXPECT_EQ(published.error().code, "journal_damaged");
  } else {
    EXPECT_EQ(staged.error().code, "journal_damaged");
  }
  staged = std::unexpected(Error());
  EXPECT_EQ(bytes_of(run_.run_id), bytes_of(shorter));
  ASSERT_TRUE(await(marking.set_damage(run_.run_id, "")));
  ASSERT_TRUE(import_file());
  expect_sound(run_.run_id);
}

TEST_P(Import, AFileOfSeveralRunsThatDoesNotFitLeavesNoneOfThem) {
  const auto source = memory();
  const SampleRun first = picture_run("a picture", 1);
  const SampleRun second = picture_run(std::string(8'000, 'x'), 2, first.run_id);
  write_sample(*this, *source, first);
  write_sample(*this, *source, second);
  std::string text;
  const auto sink = [&text](std::string_view bytes) -> Result<void> {
    text += bytes;
    return {};
  };
  ASSERT_TRUE(await(export_run(source, second.run_id, {}, sink)));
  const std::string path = folder_.path("run.orun");
  write_file(path, text);
  const auto small = std::make_shared<MemoryStore>(8'000);
  EXPECT_EQ(await(import_runs(small, ExportPlace::of(path))).error().code, "storage_full");
  EXPECT_THAT(await(small->list({})).value(), IsEmpty());
  ASSERT_TRUE(await(import_runs(store_, ExportPlace::of(path))));
  expect_sound(first.run_id);
  expect_sound(second.run_id);
}

// The run with another last event.
SampleRun with_another_end(SampleRun run) {
  event::JournalHead head;
  for (std::size_t i = 0; i + 1 < run.lines.size(); ++i) head = event::decode_step(run.lines[i]->bytes, head)->head;
  auto last = event::decode_step(run.lines.back()->bytes, head).value();
  last.events.back().meta.at.unix_us += 1;
  const event::Step step{event::input_of(last, {}).value(), last.events};
  JournalLine line = *run.lines.back();
  line.bytes = event::encode_step(step, head).line;
  run.lines.back() = std::make_shared<const JournalLine>(std::move(line));
  return run;
}

TEST_P(Import, AnotherRunIsRefusedWithTheFirstEventThatDiffers) {
  const SampleRun other = with_another_end(run_);
  write_sample(*this, *store_, other);
  const ExportResult file = file_of(run_);
  const auto refused = import_file();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "precondition_failed");
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("differs from event " + std::to_string(file.head.seq) + " on"),
                    HasSubstr(file.head.hash.str()), HasSubstr(std::string(head_text_of(other.lines.back()->bytes)))));
  EXPECT_EQ(bytes_of(run_.run_id), bytes_of(other));
}

TEST_P(Import, AWholeBeginningDoesNotGoOnWithoutWhatWasSaid) {
  ExportOptions erased;
  erased.erases_content = true;
  const SampleRun shorter = beginning(run_, 3);
  write_sample(*this, *store_, shorter);
  file_of(run_, erased);
  const auto refused = import_file();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("without what was said"));
  EXPECT_EQ(bytes_of(run_.run_id), bytes_of(shorter));

  ASSERT_TRUE(await(store_->remove(run_.run_id)));
  file_of(shorter, erased);
  ASSERT_TRUE(import_file());
  file_of(run_, erased);
  EXPECT_EQ(import_file()->front().outcome, ImportOutcome::continued);
  expect_sound(run_.run_id);
}

INSTANTIATE_TEST_SUITE_P(Stores, Import,
                         ::testing::Values(StoreKind{"Memory",
                                                     [] {
                                                       class Host final : public StoreHost {
                                                        public:
                                                         std::shared_ptr<JournalStore> open() override {
                                                           return store_;
                                                         }

                                                        private:
                                                         std::shared_ptr<JournalStore> store_ = memory();
                                                       };
                                                       return std::make_unique<Host>();
                                                     }},
                                           jsonl_kind(), sqlite_kind(FolderPlace::memory), postgres_kind()),
                         kind_name);

}  // namespace
}  // namespace orchestrator::harness::journal::testing
