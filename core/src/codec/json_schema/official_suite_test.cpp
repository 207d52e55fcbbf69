// SPDX-License-Identifier: Apache-2.0
// Goal: the verdicts of the official draft 7 test suite, none of them wrong. Method: Debian's json-schema-test-suite,
// where it is installed; a schema that is refused is counted, never a verdict.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "codec/json_schema/json_schema.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr const char* kFolder = "/usr/share/json-schema-test-suite/tests/draft7";

struct Score {
  int right = 0;
  int wrong = 0;
  int refused = 0;
};

void play(const std::filesystem::path& path, Score& score) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const boost::json::value groups = boost::json::parse(text);
  for (const boost::json::value& group : groups.as_array()) {
    const auto schema = JsonSchema::compile(boost::json::serialize(group.at("schema")), SchemaDraft::draft_7);
    for (const boost::json::value& test : group.at("tests").as_array()) {
      if (!schema) {
        score.refused += 1;
        continue;
      }
      const bool is_valid = schema->check(test.at("data")).empty();
      if (is_valid == test.at("valid").as_bool()) {
        score.right += 1;
      } else {
        score.wrong += 1;
        ADD_FAILURE() << path.filename() << ": " << group.at("description") << ": " << test.at("description");
      }
    }
  }
}

TEST(OfficialSuite, HasNoWrongVerdict) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "json-schema-test-suite is not installed";
  Score score;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".json") play(entry.path(), score);
  }
  const int all = score.right + score.wrong + score.refused;
  std::printf("%d of %d right (%.1f %%), %d wrong, %d refused\n", score.right, all, 100.0 * score.right / all,
              score.wrong, score.refused);
  EXPECT_EQ(score.wrong, 0);
  // What is refused: references to other documents (21), and members of unknown names that a reference leads into (6).
  EXPECT_GE(score.right, 396);
}

}  // namespace
}  // namespace orchestrator::harness::codec
