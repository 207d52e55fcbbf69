// SPDX-License-Identifier: Apache-2.0
// Goal: a run that is as it was written passes, whoever keeps it and whoever writes it meanwhile; where it is not, the
// place is named; and what a run alone cannot tell shows against a head that was kept elsewhere. Method: whole runs in
// stores of every kind, spoilt in their files and rows.

#include "journal/run_verification.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "event/erasure.hpp"
#include "journal/testing/jsonl_kind.hpp"
#include "journal/testing/sample_runs.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string text_of(const std::vector<Flaw>& flaws) {
  std::string text;
  for (const Flaw& flaw : flaws) text += flaw.what + "\n";
  return text;
}

template <class Test>
RunVerdict verdict_of(Test& test, std::shared_ptr<JournalStore> store, RunId run_id,
                      std::vector<KnownHead> heads = {}) {
  const auto verdict = test.await(verify_run(std::move(store), run_id, std::move(heads)));
  if (verdict) return *verdict;
  ADD_FAILURE() << verdict.error().message;
  return {};
}

class Verification : public StoreConformance {};

TEST_P(Verification, WhatIsAsItWasWrittenPasses) {
  for (const SampleRun& run : sample_runs()) {
    write_sample(*this, *store_, run);
    const RunVerdict verdict = verdict_of(*this, store_, run.run_id);
    EXPECT_EQ(text_of(verdict.flaws), "") << run.name;
    EXPECT_EQ(verdict.head.steps, run.lines.size());
    EXPECT_EQ(verdict.head.seq, run.lines.back()->last_seq);
    EXPECT_EQ(verdict.contents, run.contents.size());
    EXPECT_EQ(verdict.is_ended, run.contents.empty());
    EXPECT_EQ(text_of(*await(verify_records(store_, run.run_id))), "");
  }
  EXPECT_EQ(text_of(*await(verify_records(store_))), "");
}

TEST_P(Verification, ARunThatIsBeingWrittenPasses) {
  const SampleRun run = sample_runs().front();
  auto writer = await(store_->create(run.run_id, run.session_id));
  ASSERT_TRUE(writer);
  for (const auto& line : run.lines) {
    append(**writer, line);
    const RunVerdict verdict = verdict_of(*this, store_, run.run_id);
    EXPECT_EQ(text_of(verdict.flaws), "");
    EXPECT_TRUE(verdict.is_held);
    EXPECT_EQ(verdict.head.steps, line->step);
    EXPECT_EQ(text_of(*await(verify_records(store_))), "");
  }
}

TEST_P(Verification, HeadsThatWereKeptElsewhereTellWhatTheRunCannot) {
  const SampleRun run = sample_runs().front();
  write_sample(*this, *store_, run);
  const event::JournalHead head = verdict_of(*this, store_, run.run_id).head;
  EXPECT_THAT(verdict_of(*this, store_, run.run_id, {{head.seq, head.hash, "me"}}).flaws, IsEmpty());
  EXPECT_THAT(verdict_of(*this, store_, run.run_id, {{{}, head.hash, "me"}}).flaws, IsEmpty());
  EXPECT_THAT(text_of(verdict_of(*this, store_, run.run_id, {{head.seq, sha256("x"), "me"}}).flaws),
              AllOf(HasSubstr("event " + std::to_string(head.seq)), HasSubstr("rewritten")));
  EXPECT_THAT(text_of(verdict_of(*this, store_, run.run_id, {{head.seq + 5, head.hash, "my note"}}).flaws),
              AllOf(HasSubstr("ends with event " + std::to_string(head.seq)), HasSubstr("my note"), HasSubstr("cut")));
  EXPECT_THAT(text_of(verdict_of(*this, store_, run.run_id, {{{}, sha256("x"), "me"}}).flaws), HasSubstr("no event"));
}

TEST_P(Verification, AnErasedRunPassesAndIsListed) {
  SampleRun run = sample_runs().front();
  for (auto& line : run.lines) {
    JournalLine erased = *line;
    erased.bytes = event::erase_content(line->bytes).value();
    EXPECT_EQ(event::erase_content(erased.bytes).value(), erased.bytes) << "erasing twice changes nothing";
    line = std::make_shared<const JournalLine>(std::move(erased));
  }
  write_sample(*this, *store_, run);
  const RunVerdict verdict = verdict_of(*this, store_, run.run_id);
  EXPECT_EQ(text_of(verdict.flaws), "");
  EXPECT_GT(verdict.erased_events, 5U);
  EXPECT_TRUE(verdict.is_ended);
  const auto listed = await(store_->list({})).value();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_FALSE(listed[0].damaged);
  EXPECT_EQ(listed[0].status, RunStatus::completed);
  EXPECT_EQ(listed[0].input_preview, "");
}

TEST_P(Verification, ContentThatIsMissingIsNamed) {
  SampleRun run = picture_run("gone");
  run.contents.clear();
  write_sample(*this, *store_, run);
  EXPECT_THAT(text_of(verdict_of(*this, store_, run.run_id).flaws),
              AllOf(HasSubstr(sha256("gone").str()), HasSubstr("missing")));
}

INSTANTIATE_TEST_SUITE_P(Stores, Verification,
                         ::testing::Values(jsonl_kind(), sqlite_kind(FolderPlace::memory),
                                           StoreKind{"memory",
                                                     [] {
                                                       struct Host final : StoreHost {
                                                         std::shared_ptr<JournalStore> store =
                                                             harness::open_store("memory:").value();
                                                         std::shared_ptr<JournalStore> open() override { return store; }
                                                       };
                                                       return std::make_unique<Host>();
                                                     }}),
                         kind_name);

TEST_F(JsonlTest, VerifyingNamesWhatTheFilesLack) {
  const SampleRun run = sample_runs().front();
  const std::string marker = path("sessions/" + run.session_id.str() + "/" + run.run_id.str());
  write_sample(*this, *open_store(), run);
  const std::string whole = read_file(journal_path(run.run_id));

  write_file(journal_path(run.run_id), whole.substr(0, whole.size() - 3));
  EXPECT_THAT(text_of(verdict_of(*this, open_store(), run.run_id).flaws),
              AllOf(HasSubstr("after step " + std::to_string(run.lines.size() - 1)), HasSubstr("no whole line")));
  write_file(journal_path(run.run_id), whole.substr(0, 100));
  EXPECT_THAT(text_of(*await(verify_records(open_store()))), HasSubstr("has no whole line"));
  write_file(journal_path(run.run_id), whole);

  std::filesystem::remove(marker);
  EXPECT_THAT(text_of(*await(verify_records(open_store()))), AllOf(HasSubstr(marker), HasSubstr("missing")));
  write_file(marker, "");
  EXPECT_EQ(text_of(*await(verify_records(open_store()))), "");

  std::filesystem::remove(journal_path(run.run_id));
  EXPECT_THAT(text_of(*await(verify_records(open_store()))), HasSubstr("journal.jsonl is missing"));
  std::filesystem::remove_all(path("runs/" + run.run_id.str()));
  EXPECT_THAT(text_of(*await(verify_records(open_store()))), HasSubstr("names a run that is not there"));
}

class SqliteRows : public SqliteTest {
 protected:
  void SetUp() override {
    runs_ = sample_runs();
    const auto store = open_store();
    for (const SampleRun& run : runs_) write_sample(*this, *store, run);
  }
  // What is found after `sql`, which is then taken back.
  std::string found_after(const std::string& sql) {
    std::filesystem::copy_file(path(), path() + ".whole", std::filesystem::copy_options::overwrite_existing);
    EXPECT_TRUE(other()->execute(sql)) << sql;
    std::string text;
    {
      const auto store = open_store();
      text = text_of(*await(verify_records(store)));
      for (const SampleRun& run : runs_) {
        const auto verdict = await(verify_run(store, run.run_id));
        text += verdict ? text_of(verdict->flaws) : verdict.error().message + "\n";
      }
    }
    for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(path() + end);
    std::filesystem::rename(path() + ".whole", path());
    return text;
  }

  std::vector<SampleRun> runs_;
};

TEST_F(SqliteRows, RowsThatDoNotAgreeWithTheirRunsAreNamed) {
  const std::string id = runs_.front().run_id.str();
  const std::string of_first = " WHERE id = '" + id + "'";
  EXPECT_EQ(found_after("SELECT 1"), "");
  EXPECT_THAT(found_after("UPDATE run SET steps = steps + 1" + of_first), AllOf(HasSubstr(id), HasSubstr("steps")));
  EXPECT_THAT(found_after("UPDATE run SET bytes = bytes - 1" + of_first), AllOf(HasSubstr(id), HasSubstr("bytes")));
  EXPECT_THAT(found_after("UPDATE run SET status = 3" + of_first), AllOf(HasSubstr(id), HasSubstr("status")));
  EXPECT_THAT(found_after("UPDATE run SET session_id = 'ses_01HF7YAT000000000000000099'" + of_first),
              AllOf(HasSubstr(id), HasSubstr("session")));
  EXPECT_THAT(found_after("UPDATE run SET events = events - 1" + of_first), HasSubstr(id));
  EXPECT_THAT(found_after("UPDATE run SET events = events + 1" + of_first), HasSubstr(id));
  EXPECT_THAT(found_after("UPDATE run SET events = 0" + of_first), AllOf(HasSubstr(id), HasSubstr("no events")));
  EXPECT_THAT(found_after("UPDATE run SET number = 99" + of_first), HasSubstr("belong to no run"));
  EXPECT_THAT(found_after("DELETE FROM run" + of_first), HasSubstr("belong to no run"));
  EXPECT_THAT(found_after("UPDATE blob SET bytes = CAST('x' AS BLOB)"), HasSubstr("under its name"));
  EXPECT_THAT(found_after("DELETE FROM blob"), HasSubstr("content"));
  EXPECT_THAT(found_after("DELETE FROM blob_use"), HasSubstr("used by no run"));
}

TEST_F(SqliteRows, AFileFromBeforeHeadsWereKeptIsReadAndPasses) {
  EXPECT_EQ(found_after("ALTER TABLE run DROP COLUMN imported; ALTER TABLE run DROP COLUMN damage; ALTER TABLE run "
                        "DROP COLUMN head; PRAGMA user_version = 1"),
            "");
}

TEST_F(SqliteRows, TheRowKnowsHowItsRunEnded) {
  SampleRun run = runs_.front();
  // The last step made anew, with a right check and a right chain: only the hash that was kept tells.
  const auto last = run.lines.back();
  event::JournalHead head;
  for (const auto& line : run.lines) {
    if (line != last) head = event::decode_step(line->bytes, head)->head;
  }
  auto step = event::decode_step(last->bytes, head);
  ASSERT_TRUE(step);
  step->events.back().meta.elapsed_us += 1;
  event::Step forged{event::input_of(*step, {}).value(), step->events};
  const std::string line = event::encode_step(forged, head).line;
  ASSERT_TRUE(event::decode_step(line, head));
  std::string quoted;
  for (const char c : line) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  const std::string found =
      found_after("UPDATE line SET bytes = CAST('" + quoted + "' AS BLOB) WHERE place = " +
                  "(SELECT (number << 32) + events FROM run WHERE id = '" + run.run_id.str() + "')");
  EXPECT_THAT(found, AllOf(HasSubstr(run.run_id.str()), HasSubstr("rewritten")));
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
