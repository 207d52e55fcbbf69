// SPDX-License-Identifier: Apache-2.0
// Goal: a run goes into a file and from there into any store, whole or not at all; the same again changes nothing,
// and no file is trusted (O4). Method: whole runs between stores of two kinds,
// files that are spoilt on purpose, and runs that were left half stored.

#include "journal/run_export.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <functional>

#include "journal/export_reader.hpp"
#include "journal/run_import.hpp"
#include "journal/run_verification.hpp"
#include "journal/testing/jsonl_kind.hpp"
#include "journal/testing/postgres_kind.hpp"
#include "journal/testing/sample_runs.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

std::shared_ptr<JournalStore> memory() { return harness::open_store("memory:").value(); }

class Export : public StoreConformance {
 protected:
  void SetUp() override {
    StoreConformance::SetUp();
    runs_ = sample_runs();
    for (const SampleRun& run : runs_) write_sample(*this, *source_, run);
  }
  std::string file() const { return folder_.path("run.orun"); }

  ExportResult export_to_file(RunId run_id, ExportOptions options = {}) {
    std::string text;
    const auto sink = [&text](std::string_view bytes) -> Result<void> {
      text += bytes;
      return {};
    };
    const auto result = await(export_run(source_, run_id, options, sink));
    write_file(file(), text);
    if (result) return *result;
    ADD_FAILURE() << result.error().message;
    return {};
  }
  Result<std::vector<ImportedRun>> import_file() { return await(import_runs(store_, ExportPlace::of(file()))); }
  std::vector<std::string> bytes_of(JournalStore& store, RunId run_id) {
    std::vector<std::string> bytes;
    for (const JournalLine& line : read_all(store, run_id)) bytes.push_back(line.bytes);
    return bytes;
  }

  TemporaryFolder folder_{FolderPlace::memory};
  std::shared_ptr<JournalStore> source_ = memory();
  std::vector<SampleRun> runs_;  // three of a session, one with tools, one with a picture
};

TEST_P(Export, ARunArrivesByteForByte) {
  for (const std::size_t which : {std::size_t{3}, std::size_t{4}}) {
    const SampleRun& run = runs_[which];
    const ExportResult result = export_to_file(run.run_id);
    EXPECT_THAT(result.with, IsEmpty());
    const auto imported = import_file();
    ASSERT_TRUE(imported) << imported.error().message;
    ASSERT_THAT(*imported, SizeIs(1));
    EXPECT_EQ(imported->front().outcome, ImportOutcome::imported);
    EXPECT_EQ(bytes_of(*store_, run.run_id), bytes_of(*source_, run.run_id));
    for (const SharedBytes& content : run.contents) EXPECT_TRUE(await(store_->blob(content.hash())));
    EXPECT_THAT(await(verify_run(store_, run.run_id))->flaws, IsEmpty());
    EXPECT_EQ(import_file()->front().outcome, ImportOutcome::present) << "the same again changes nothing";
  }
  EXPECT_THAT(*await(verify_records(store_)), IsEmpty());
  EXPECT_THAT(await(store_->list({})).value(), SizeIs(2));
}

TEST_P(Export, TheRunsThatItGoesOnFromComeWithIt) {
  const SampleRun second = picture_run("another one", 2, runs_[4].run_id);
  const SampleRun third = picture_run("not really a picture", 3, second.run_id);
  write_sample(*this, *source_, second);
  write_sample(*this, *source_, third);
  const ExportResult result = export_to_file(third.run_id);
  EXPECT_THAT(result.with, ElementsAre(runs_[4].run_id, second.run_id));
  const auto imported = import_file();
  ASSERT_TRUE(imported) << imported.error().message;
  ASSERT_THAT(*imported, SizeIs(3));
  EXPECT_EQ(imported->back().run_id, third.run_id);
  RunFilter filter;
  filter.session_id = third.session_id;
  EXPECT_THAT(await(store_->list(filter)).value(), SizeIs(3));

  ExportOptions alone;
  alone.is_alone = true;
  EXPECT_THAT(export_to_file(third.run_id, alone).with, IsEmpty());
}

TEST_P(Export, ErasedContentVerifiesAndIsNotInTheFile) {
  ExportOptions erased;
  erased.erases_content = true;
  for (const std::size_t which : {std::size_t{3}, std::size_t{4}}) {
    const ExportResult whole = export_to_file(runs_[which].run_id);
    const ExportResult result = export_to_file(runs_[which].run_id, erased);
    EXPECT_EQ(result.receipt.head, whole.receipt.head) << "the chain is the same";
    const auto checked = check_export(ExportPlace::of(file()), {{result.head.seq, result.head.hash, "me"}});
    ASSERT_TRUE(checked) << checked.error().message;
    EXPECT_TRUE(checked->header.is_erased);
    EXPECT_GT(checked->erased_events, 0U);
    for (const char* said : {"a.png", "\"arguments\":", "\"text\":"}) {
      EXPECT_EQ(read_file(file()).find(said), std::string::npos) << said;
    }
    ASSERT_TRUE(import_file());
    EXPECT_THAT(await(verify_run(store_, runs_[which].run_id))->flaws, IsEmpty());
  }
}

TEST_P(Export, WhatIsLeftOfAStagedRunIsNotSeenAndGoes) {
  auto* staging = dynamic_cast<StagingStore*>(store_.get());
  ASSERT_NE(staging, nullptr);
  const SampleRun& run = runs_[3];
  {
    auto staged = await(staging->stage(run.run_id, run.session_id, {}));
    ASSERT_TRUE(staged) << staged.error().message;
    for (const auto& line : run.lines) ASSERT_TRUE(await((*staged)->append(line)));
    EXPECT_THAT(await(store_->list({})).value(), IsEmpty()) << "nobody sees it before it is published";
    EXPECT_NE(code_of(await(host_->open()->open(run.run_id))), "ok");
  }
  EXPECT_THAT(await(store_->list({})).value(), IsEmpty());
  EXPECT_THAT(*await(verify_records(store_)), IsEmpty());
  export_to_file(run.run_id);
  const auto imported = import_file();
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(bytes_of(*store_, run.run_id), bytes_of(*source_, run.run_id));
  EXPECT_EQ(code_of(await(staging->stage(run.run_id, run.session_id, {}))), "precondition_failed");
}

// What O4 and a bad day bring: each with the line that is wrong, and nothing of the file in the store.
TEST_P(Export, AHostileFileIsRefusedWithTheLine) {
  export_to_file(runs_[4].run_id);
  const std::string whole = read_file(file());
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t end = whole.find('\n', at);
    lines.push_back(whole.substr(at, end - at));
    at = end + 1;
  }
  ASSERT_EQ(lines.size(), 5U) << "header, run, step, content, receipt";
  const auto refused = [&](std::size_t number, const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i + 1 == number ? line : lines[i]) + "\n";
    write_file(file(), text);
    const auto imported = import_file();
    EXPECT_THAT(await(store_->list({})).value(), IsEmpty());
    if (imported) return std::string("ok");
    EXPECT_THAT(imported.error().message, AllOf(HasSubstr(file()), HasSubstr("line ")));
    return imported.error().code + " " + imported.error().message.substr(file().size() + 2);
  };
  const auto changed = [&](std::size_t number, const std::string& from, const std::string& to) {
    std::string line = lines[number - 1];
    const std::size_t at = line.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    line.replace(at, from.size(), to);
    return refused(number, line);
  };
  EXPECT_THAT(refused(1, "PK\x03\x04"), HasSubstr("not_a_journal line 1"));
  EXPECT_THAT(changed(1, "\"version\":1", "\"version\":2"), AllOf(HasSubstr("version_too_new"), HasSubstr("up to 1")));
  EXPECT_THAT(changed(1, "\"version\":1", "\"version\":99999999999999999999999"), HasSubstr("line 1"));
  EXPECT_THAT(changed(1, "\"runs\":1", "\"runs\":1001"), HasSubstr("limit_exceeded line 1"));
  EXPECT_THAT(changed(1, "\"runs\":1", "\"runs\":2"), HasSubstr("line 2"));
  EXPECT_THAT(changed(1, "\"runs\":1", "\"runs\":-1"), HasSubstr("journal_damaged line 1"));
  EXPECT_THAT(changed(1, "\"runs\":1", "\"runs\":1,\"runs\":1"), HasSubstr("journal_damaged line 1"));
  EXPECT_THAT(changed(1, "{\"format\"", "{ \"format\""), HasSubstr("not_a_journal line 1"));
  EXPECT_THAT(changed(2, runs_[4].run_id.str(), "../../../../etc/passwd"),
              HasSubstr("'run' of what stands before a run"));
  EXPECT_THAT(changed(2, runs_[4].run_id.str(), runs_[3].run_id.str()), HasSubstr("line 2"));
  EXPECT_THAT(changed(2, "\"steps\":1", "\"steps\":184467440737095516150"), HasSubstr("limit_exceeded line 2"));
  EXPECT_THAT(changed(2, "\"events\":2", "\"events\":3"), HasSubstr("line 3"));
  EXPECT_THAT(changed(2, "\"contents\":1", "\"contents\":0"), HasSubstr("line 3"));
  EXPECT_THAT(changed(2, "\"sources\":[]", "\"sources\":[[[]]]"), HasSubstr("line 2"));
  EXPECT_THAT(changed(3, "a.png", "b.png"), AllOf(HasSubstr("journal_damaged line 3"), HasSubstr("step 1")));
  EXPECT_THAT(changed(3, "a.png", "\xFF.png"), HasSubstr("journal_damaged line 3"));
  EXPECT_THAT(refused(3, lines[2] + lines[2]), HasSubstr("line 3"));
  EXPECT_THAT(refused(3, std::string(100'000, '[')), HasSubstr("line 3"));
  EXPECT_THAT(refused(3, R"({"step":1,"input":)" + std::string(1'000, '{') + "}"), HasSubstr("line 3"));
  EXPECT_THAT(refused(3, lines[4]), HasSubstr("line 3"));
  EXPECT_THAT(changed(4, "\"base64\":\"", "\"base64\":\"AAAA"), HasSubstr("line 4"));
  EXPECT_THAT(changed(4, "\"base64\":\"", "\"base64\":\"*"), HasSubstr("base64"));
  EXPECT_THAT(changed(4, sha256("not really a picture").str(), sha256("x").str()), HasSubstr("line 4"));
  EXPECT_THAT(changed(5, "\"lines\":4", "\"lines\":5"), HasSubstr("line 5"));
  EXPECT_THAT(refused(5, lines[4] + "\n" + lines[4]), HasSubstr("line 6"));
  EXPECT_THAT(refused(5, ""), HasSubstr("line 5"));
  write_file(file(), whole.substr(0, whole.size() - lines[4].size() - 1));
  EXPECT_THAT(import_file().error().message, HasSubstr("line 5: the file ends here"));
  write_file(file(), "");
  EXPECT_THAT(import_file().error().message, HasSubstr("line 1: the file ends here"));
  EXPECT_EQ(code_of(await(import_runs(store_, ExportPlace::of(folder_.path())))), "storage_failed") << "a folder";
  EXPECT_NE(code_of(await(import_runs(store_, ExportPlace::of(file() + ".not-there")))), "ok");
  EXPECT_THAT(*await(verify_records(store_)), IsEmpty());
  write_file(file(), whole);
  EXPECT_TRUE(import_file());
}

INSTANTIATE_TEST_SUITE_P(Stores, Export,
                         ::testing::Values(jsonl_kind(), sqlite_kind(FolderPlace::memory), postgres_kind()), kind_name);

TEST_F(JsonlTest, ARunWhoseSourceIsGoneIsExportedAlone) {
  const SampleRun source = picture_run("one");
  const SampleRun run = picture_run("another one", 2, source.run_id);
  const auto store = open_store();
  write_sample(*this, *store, run);
  const auto nowhere = [](std::string_view) -> Result<void> { return {}; };
  const auto refused = await(export_run(store, run.run_id, {}, nowhere));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "run_not_found");
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr(source.run_id.str()), HasSubstr("--alone")));
  ExportOptions alone;
  alone.is_alone = true;
  EXPECT_TRUE(await(export_run(store, run.run_id, alone, nowhere)));
}

TEST_F(JsonlTest, WhatKilledImportsLeftIsNotSeenAndGoes) {
  const SampleRun run = sample_runs()[3];
  const auto source = memory();
  write_sample(*this, *source, run);
  const auto store = open_store();
  for (const std::string& name : {run.run_id.str(), picture_run("x").run_id.str()}) {
    std::filesystem::create_directories(path("incoming/" + name));
    write_file(path("incoming/" + name + "/journal.jsonl"), run.lines.front()->bytes + "\n{\"step\":2,");
  }
  EXPECT_THAT(await(store->list({})).value(), IsEmpty());
  EXPECT_THAT(*await(verify_records(store)), IsEmpty());
  ASSERT_TRUE(await(copy_run(source, store, run.run_id)));
  EXPECT_THAT(read_all(*store, run.run_id), SizeIs(run.lines.size()));
  EXPECT_TRUE(std::filesystem::is_empty(path("incoming")));
}

TEST_F(JsonlTest, OnlyWhatIsGoodOfADamagedRunIsSaved) {
  const SampleRun run = sample_runs()[3];
  const auto store = open_store();
  write_sample(*this, *store, run);
  std::string text = read_file(journal_path(run.run_id));
  std::size_t at = 0;
  for (int line = 0; line < 4; ++line) at = text.find('\n', at) + 1;
  text[at + 40] = '~';
  write_file(journal_path(run.run_id), text);

  std::string file;
  const auto sink = [&file](std::string_view bytes) -> Result<void> {
    file += bytes;
    return {};
  };
  ExportOptions options;
  const auto refused = await(export_run(store, run.run_id, options, sink));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("step 5"));
  options.salvages = true;
  file.clear();
  const auto saved = await(export_run(store, run.run_id, options, sink));
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(saved->head.steps, 4U);
  ASSERT_THAT(saved->lost, SizeIs(1));
  EXPECT_EQ(saved->lost.front().step, 5U);
  write_file(path("saved.orun"), file);
  EXPECT_TRUE(check_export(ExportPlace::of(path("saved.orun"))));

  const auto other = memory();
  ASSERT_TRUE(await(copy_run(store, other, run.run_id)));
  EXPECT_THAT(read_all(*other, run.run_id), SizeIs(4));
  EXPECT_EQ(read_file(journal_path(run.run_id)), text) << "the damaged one stays as it is";
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
