// SPDX-License-Identifier: Apache-2.0
// Goal: a results file gives back what was put into it, goes on after a torn end, is one evaluation's and one writer's,
// and says where it is broken. Method: files in memory, cut and changed by hand.
#include <gmock/gmock.h>

#include "evals/results_file.hpp"
#include "evals/testing/made_results.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::evals::testing {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::read_file;
using runtime::testing::TemporaryFolder;
using runtime::testing::write_file;
using ::testing::HasSubstr;

TEST(ResultsFile, GivesBackWhatWasPutIn) {
  const TemporaryFolder folder(FolderPlace::memory);
  const std::string path = folder.path("r.jsonl");
  EvalResults results = made_results("a", {{1}, {0.5}}, 1);
  EvalRecord& failed = results.records[1];
  failed.status = EvalStatus::run_failed;
  failed.scores.clear();
  failed.error = fail(ProviderErrorCode::provider_overloaded, "busy").error();
  failed.cost_micro_usd.reset();
  failed.source = RunId::make(7, 8, 9);
  failed.tags["kind"] = "sum";
  failed.not_recorded = 2;
  results.records[0].scores[0].score->run_id = RunId::make(1, 2, 3);
  results.records[0].scores[0].score->cost_micro_usd.reset();
  results.records[0].scores[0].score->details = {R"({"a":0.1})"};
  {
    auto file = ResultsFile::open(path, results.header);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_TRUE(file->records().empty());
    for (const EvalRecord& record : results.records) ASSERT_TRUE(file->append(json_of(record)).has_value());
  }
  const auto loaded = load_eval_results(path);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(json_of(loaded->header), json_of(results.header));
  ASSERT_EQ(loaded->records.size(), 2U);
  EXPECT_EQ(json_of(loaded->records[0]), json_of(results.records[0]));
  EXPECT_EQ(json_of(loaded->records[1]), json_of(results.records[1]));
  EXPECT_EQ(loaded->records[1].error, failed.error);
  EXPECT_FALSE(loaded->records[0].scores[0].score->cost_micro_usd.has_value());
  EXPECT_TRUE(loaded->is_complete());
}

TEST(ResultsFile, CutsATornEndAndGoesOn) {
  const TemporaryFolder folder(FolderPlace::memory);
  const std::string path = folder.path("r.jsonl");
  const EvalResults results = made_results("a", {{1}, {0}}, 1);
  const std::string whole = json_of(results.header) + "\n" + json_of(results.records[0]) + "\n";
  for (const std::size_t torn : {std::size_t{1}, std::size_t{40}, json_of(results.records[1]).size()}) {
    write_file(path, whole + json_of(results.records[1]).substr(0, torn));
    EXPECT_EQ(load_eval_results(path).value().records.size(), 1U);
    auto file = ResultsFile::open(path, results.header);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_EQ(file->records().size(), 1U);
    EXPECT_EQ(read_file(path), whole);
    ASSERT_TRUE(file->append(json_of(results.records[1])).has_value());
    EXPECT_EQ(load_eval_results(path).value().records.size(), 2U);
  }
}

TEST(ResultsFile, TheLaterOfTwoRecordsOfOneKeyCounts) {
  const EvalResults results = made_results("a", {{1}}, 1);
  EvalRecord again = results.records[0];
  again.output = "another";
  const auto read =
      read_results(json_of(results.header) + "\n" + json_of(results.records[0]) + "\n" + json_of(again) + "\n", "r");
  ASSERT_EQ(read.value().results.records.size(), 1U);
  EXPECT_EQ(read.value().results.records[0].output, "another");
}

TEST(ResultsFile, IsLoadedInTheOrderOfTheDataset) {
  const TemporaryFolder folder(FolderPlace::memory);
  const std::string path = folder.path("r.jsonl");
  const EvalResults results = made_results("a", {{1, 0}, {0, 1}}, 2);
  std::string text = json_of(results.header) + "\n";
  for (const std::size_t i : {3UZ, 1UZ, 2UZ, 0UZ}) text += json_of(results.records[i]) + "\n";
  write_file(path, text);
  const auto loaded = load_eval_results(path).value();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(json_of(loaded.records[i]), json_of(results.records[i]));
}

TEST(ResultsFile, IsOneEvaluationsAndOneWriters) {
  const TemporaryFolder folder(FolderPlace::memory);
  const std::string path = folder.path("r.jsonl");
  const EvalHeader header = made_results("a", {{1}}, 1).header;
  {
    const auto first = ResultsFile::open(path, header);
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(ResultsFile::open(path, header).error().code, "run_locked");
  }
  EXPECT_TRUE(ResultsFile::open(path, header).has_value());
  const auto other = ResultsFile::open(path, made_results("b", {{1}}, 1).header);
  EXPECT_EQ(other.error().code, "precondition_failed");
  EXPECT_THAT(other.error().message, HasSubstr(path));
  EXPECT_EQ(ResultsFile::open(folder.path("none/r.jsonl"), header).error().code, "storage_failed");
}

TEST(ResultsFile, SaysWhereItIsBroken) {
  const EvalResults results = made_results("a", {{1}}, 1);
  const auto error_of = [](const std::string& text) {
    const auto read = read_results(text, "r.jsonl");
    return read ? std::string() : read.error().message;
  };
  EXPECT_THAT(error_of("{}\n"), HasSubstr("r.jsonl:1: 'type'"));
  EXPECT_THAT(error_of(json_of(results.header) + "\n[]\n"), HasSubstr("r.jsonl:2: no JSON object"));
  EXPECT_THAT(error_of(json_of(results.header) + "\n{\"type\":\"result\"}\n"), HasSubstr("r.jsonl:2: 'key'"));
  std::string newer = json_of(results.header);
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":9");
  EXPECT_THAT(error_of(newer + "\n"), HasSubstr("newer version"));
  EXPECT_EQ(load_eval_results("/nowhere/r.jsonl").error().code, "storage_failed");
}

}  // namespace
}  // namespace orchestrator::harness::evals::testing
