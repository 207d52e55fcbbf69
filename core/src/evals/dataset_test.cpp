// SPDX-License-Identifier: Apache-2.0
// Goal: a dataset reads what its header says and names file and line of what it does not; samples are the same for the
// same seed, grow without exchanging cases, and keep the shares of a tag. Method: texts and quotas by hand.
#include <gmock/gmock.h>

#include <fstream>

#include "orchestrator/harness/eval_dataset.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::evals {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(std::string_view text, const DatasetBounds& bounds = {}) {
  auto dataset = Dataset::parse_jsonl(text, "d.jsonl", bounds);
  return dataset ? "" : dataset.error().code + " " + dataset.error().message;
}

std::vector<std::string> ids_of(const Dataset& dataset) {
  std::vector<std::string> ids;
  for (const EvalCase& one : dataset.cases()) ids.push_back(one.id);
  return ids;
}

Dataset numbered(std::size_t count, std::size_t large) {
  std::vector<EvalCase> cases;
  for (std::size_t i = 0; i < count; ++i) {
    EvalCase one;
    one.id = "c" + std::to_string(i);
    one.input = {TextPart{"question " + std::to_string(i)}};
    one.tags["size"] = i < large ? "large" : "small";
    cases.push_back(std::move(one));
  }
  return Dataset::of("numbered", std::move(cases)).value();
}

TEST(Dataset, ReadsEveryMember) {
  const auto dataset = Dataset::parse_jsonl(
      R"({"id":"a","input":"2+2?","expected":4.50,"system":"Add.","tags":{"kind":"sum"},"tools":["todo"]})"
      "\r\n\n"
      R"({"input":[{"type":"text","text":"See"},{"type":"image","url":"https://x/y.png"},{"type":"json","json":{"b":1,"a":2}}]})"
      "\n",
      "d.jsonl");
  ASSERT_TRUE(dataset.has_value()) << dataset.error().message;
  ASSERT_EQ(dataset->cases().size(), 2U);
  const EvalCase& first = dataset->cases()[0];
  EXPECT_EQ(first.id, "a");
  EXPECT_EQ(first.expected->text, "4.5");
  EXPECT_EQ(first.system, "Add.");
  EXPECT_EQ(first.tags.at("kind"), "sum");
  EXPECT_THAT(*first.tools, ElementsAre("todo"));
  const EvalCase& second = dataset->cases()[1];
  EXPECT_THAT(second.id, StartsWith("case_"));
  ASSERT_EQ(second.input.size(), 3U);
  EXPECT_EQ(std::get<ImagePart>(second.input[1]).source.url, "https://x/y.png");
  EXPECT_EQ(std::get<JsonPart>(second.input[2]).json.text, R"({"a":2,"b":1})");
}

TEST(Dataset, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_THAT(error_of("{\"input\":\"a\"}\n{\"input\":\"b\""), HasSubstr("d.jsonl:2: no JSON"));
  EXPECT_THAT(error_of("[1]"), HasSubstr("d.jsonl:1: a case must be a JSON object"));
  EXPECT_THAT(error_of(R"({"id":"a"})"), HasSubstr("d.jsonl:1: 'input' is missing"));
  EXPECT_THAT(error_of(R"({"input":""})"), HasSubstr("d.jsonl:1: 'input' is empty"));
  EXPECT_THAT(error_of(R"({"input":"a","expectd":1})"), HasSubstr("'expectd' is no member of a case"));
  EXPECT_THAT(error_of(R"({"input":[{"type":"txt"}]})"), HasSubstr("'txt' is no type of a part"));
  EXPECT_THAT(error_of(R"({"input":[{"type":"text","text":"a","url":"b"}]})"), HasSubstr("has no member 'url'"));
  EXPECT_THAT(error_of(R"({"input":"a","source":"run_1"})"), HasSubstr("'source' is no run id"));
  EXPECT_THAT(error_of("{\"id\":\"a\",\"input\":\"x\"}\n{\"id\":\"a\",\"input\":\"y\"}"),
              HasSubstr("d.jsonl:2: the id 'a' is there twice"));
  EXPECT_THAT(error_of(R"({"id":"a\nb","input":"x"})"), HasSubstr("control characters"));
  EXPECT_THAT(error_of("\n\n"), HasSubstr("there is no case in it"));
}

TEST(Dataset, IsBounded) {
  const std::string two = "{\"input\":\"a\"}\n{\"input\":\"b\"}\n";
  EXPECT_EQ(error_of(two), "");
  EXPECT_THAT(error_of(two, {.cases_max = 1}), HasSubstr("limit_exceeded d.jsonl:2: d.jsonl: more than 1 cases"));
  EXPECT_THAT(error_of(two, {.line_bytes_max = 5}), HasSubstr("limit_exceeded d.jsonl:1"));
  EXPECT_THAT(error_of(two, {.bytes_max = 20}), HasSubstr("limit_exceeded d.jsonl: more than 20 bytes"));
}

TEST(Dataset, TheHashOfACaseIsOfWhatAnAnswerDependsOn) {
  EvalCase one;
  one.id = "a";
  one.input = {TextPart{"x"}};
  one.expected = {"4"};
  EvalCase other = one;
  other.id = "b";
  other.tags["t"] = "v";
  EXPECT_EQ(one.hash(), other.hash());
  other.expected = {" 4.0 "};
  EXPECT_EQ(one.hash(), other.hash());
  other.expected = {"5"};
  EXPECT_NE(one.hash(), other.hash());
  other = one;
  other.system = "";
  EXPECT_NE(one.hash(), other.hash());
}

TEST(Dataset, ComesBackFromItsJsonl) {
  const Dataset dataset = numbered(3, 1);
  const auto again = Dataset::parse_jsonl(dataset.jsonl().value(), "again");
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->cases(), dataset.cases());
  EXPECT_EQ(again->hash(), dataset.hash());

  EvalCase media;
  media.id = "m";
  ImagePart image;
  image.source.bytes = SharedBytes("png");
  image.source.media_type = "image/png";
  media.input = {image};
  EXPECT_EQ(Dataset::of("m", {media}).value().jsonl().error().code, "not_supported");
}

TEST(Dataset, LoadsAFileAndSaysWhichCannotBeRead) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  runtime::testing::write_file(folder.path("d.jsonl"), "\xEF\xBB\xBF{\"input\":\"a\"}");
  EXPECT_EQ(Dataset::load(folder.path("d.jsonl")).value().cases().size(), 1U);
  const auto missing = Dataset::load(folder.path("none.jsonl"));
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, "storage_failed");
  EXPECT_THAT(missing.error().message, HasSubstr("none.jsonl"));
  EXPECT_FALSE(Dataset::load(folder.path()).has_value());
}

TEST(DatasetSample, IsTheSameForTheSameSeedAndOnlyGrows) {
  const Dataset all = numbered(50, 25);
  const auto five = ids_of(all.sample(5, 7));
  EXPECT_EQ(five.size(), 5U);
  EXPECT_EQ(five, ids_of(all.sample(5, 7)));
  EXPECT_NE(five, ids_of(all.sample(5, 8)));
  const auto ten = ids_of(all.sample(10, 7));
  for (const std::string& id : five) EXPECT_THAT(ten, ::testing::Contains(id));
  EXPECT_EQ(all.sample(99, 7).cases(), all.cases());
  EXPECT_TRUE(all.sample(0, 7).cases().empty());
}

TEST(DatasetSample, DoesNotDependOnTheOrderOfTheCases) {
  const Dataset all = numbered(30, 10);
  std::vector<EvalCase> reversed(all.cases().rbegin(), all.cases().rend());
  auto forwards = ids_of(all.sample(6, 1));
  auto backwards = ids_of(Dataset::of("r", std::move(reversed)).value().sample(6, 1));
  EXPECT_THAT(forwards, ::testing::UnorderedElementsAreArray(backwards));
}

TEST(DatasetSample, KeepsTheSharesOfATag) {
  const auto share = [](const Dataset& dataset) {
    std::size_t large = 0;
    for (const EvalCase& one : dataset.cases()) large += one.tags.at("size") == "large" ? 1 : 0;
    return large;
  };
  // 10 of 40 are large: of 8 there are 2, of 6 there are 1.5, and the equal remainders give it to "large", which sorts
  // first; of 7 there are 1.75 and 5.25.
  const Dataset all = numbered(40, 10);
  EXPECT_EQ(share(all.stratified_sample("size", 8, 3)), 2U);
  EXPECT_EQ(share(all.stratified_sample("size", 6, 3)), 2U);
  EXPECT_EQ(share(all.stratified_sample("size", 7, 3)), 2U);
  EXPECT_EQ(all.stratified_sample("size", 7, 3).cases().size(), 7U);
  EXPECT_EQ(all.stratified_sample("size", 100, 3).cases().size(), 40U);
  EXPECT_EQ(all.stratified_sample("none", 5, 3).cases(), all.sample(5, 3).cases());
}

}  // namespace
}  // namespace orchestrator::harness::evals
