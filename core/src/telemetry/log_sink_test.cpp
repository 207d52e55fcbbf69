// SPDX-License-Identifier: Apache-2.0
// Goal: a log line carries its run and trace, obeys levels by module, and never shows a key. Method: write to a file of
// the test's own and read it back.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "orchestrator/harness/observability.hpp"

namespace orchestrator::harness {
namespace {

class LogFile {
 public:
  LogFile() : folder_(std::filesystem::temp_directory_path() / ("orchestrator-log-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~LogFile() { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ / "log.jsonl"; }
  [[nodiscard]] std::string text(const std::string& name = "log.jsonl") const {
    std::ifstream file(folder_ / name);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

 private:
  std::filesystem::path folder_;
};

TEST(LogSink, WritesOneJsonObjectALineWithRunAndTrace) {
  LogFile file;
  LogConfig config;
  config.levels = "info";
  config.jsonl = true;
  config.file = file.path();
  auto sink = make_log_sink(config).value();
  sink->write({LogLevel::info, "run", "a \"quoted\"\nmessage", "run_1", "trace_1", {{"code", "x"}}});
  const boost::json::value line = boost::json::parse(file.text());
  EXPECT_EQ(line.at("run_id"), "run_1");
  EXPECT_EQ(line.at("trace_id"), "trace_1");
  EXPECT_EQ(line.at("message"), "a \"quoted\"\nmessage");
  EXPECT_EQ(line.at("code"), "x");
}

TEST(LogSink, ObeysTheLevelOfEachModule) {
  LogFile file;
  LogConfig config;
  config.levels = "warn,http=debug";
  config.file = file.path();
  auto sink = make_log_sink(config).value();
  EXPECT_TRUE(sink->wants("http", LogLevel::debug));
  EXPECT_FALSE(sink->wants("http", LogLevel::trace));
  EXPECT_FALSE(sink->wants("run", LogLevel::info));
  EXPECT_TRUE(sink->wants("run", LogLevel::error));
  sink->write({LogLevel::info, "run", "unwanted", "", "", {}});
  EXPECT_EQ(file.text(), "");
}

TEST(LogSink, CutsKeysOutOfEveryField) {
  LogFile file;
  LogConfig config;
  config.levels = "trace";
  config.jsonl = true;
  config.file = file.path();
  auto sink = make_log_sink(config).value();
  const std::string canary = "sk-proj-canaryCANARY0123456789canaryCANARY";
  sink->write({LogLevel::error, "http", "Bearer " + canary, "", "", {{"header", "authorization: " + canary}}});
  EXPECT_NE(file.text(), "");
  EXPECT_EQ(file.text().find("canaryCANARY0123456789"), std::string::npos) << file.text();
}

TEST(LogSink, RotatesItsFile) {
  LogFile file;
  LogConfig config;
  config.levels = "info";
  config.file = file.path();
  config.file_bytes = 2'000;
  config.files = 2;
  auto sink = make_log_sink(config).value();
  for (int i = 0; i < 200; ++i)
    sink->write({LogLevel::info, "run", "a line of some length to fill the file", "", "", {}});
  EXPECT_EQ(file.files(), 3U);  // the present one and two rotated
}

TEST(LogSink, NamesWhatIsWrongWithItsConfiguration) {
  LogConfig config;
  config.levels = "loud";
  EXPECT_EQ(make_log_sink(config).error().code, "configuration_invalid");
  config.levels = "info,tpyo=debug";
  EXPECT_NE(make_log_sink(config).error().message.find("tpyo"), std::string::npos);
  config.levels = "info";
  config.file = "/nonexistent-folder/for/this/test/log";
  const auto sink = make_log_sink(config);
  if (!sink) EXPECT_EQ(sink.error().code, "storage_failed");
}

}  // namespace
}  // namespace orchestrator::harness
