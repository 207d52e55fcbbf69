// SPDX-License-Identifier: Apache-2.0
// Goal: a filtered trace holds no text, or none of what is looked for, whatever the event; a trace file is whole lines
// in order within its bounds; log lines lose secrets. Method: an example of every event type with all fields set.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "event/canonical_event.hpp"
#include "event/string_fields.hpp"
#include "event/testing/example_events.hpp"
#include "orchestrator/harness/observability.hpp"

namespace orchestrator::harness {
namespace {

using event::StringRole;

class Collected final : public TraceSink {
 public:
  std::vector<StreamEvent> events;
  void take(const StreamEvent& event) override { events.push_back(event); }
};

// Writes a canary into every text of an event, and says in how many.
struct Planter {
  std::string canary;
  std::size_t planted = 0;
  void on_string(std::string& value, StringRole role) {
    if (role == StringRole::identifier) return;
    value = role == StringRole::json ? R"({"a":")" + canary + R"("})" : "x " + canary + " y";
    ++planted;
  }
  void on_named(const std::string&, std::string& value) { on_string(value, StringRole::text); }
  void on_media(MediaSource& source) {
    source.url = canary;
    source.name = canary;
    planted += 2;
  }
};

std::vector<StreamEvent> events_with(const std::string& canary) {
  std::vector<StreamEvent> events;
  std::size_t planted = 0;
  for (StreamEvent event : event::example_events()) {
    Planter planter{canary};
    event::visit_strings(planter, event.payload);
    planted += planter.planted;
    if (planter.planted > 0) EXPECT_NE(event.json().find(canary), std::string::npos) << event.type();
    events.push_back(std::move(event));
  }
  EXPECT_GT(planted, 40U);
  return events;
}

TEST(FilteredTraceSink, LeavesNoTextUnderMetadataOnly) {
  auto inner = std::make_shared<Collected>();
  RedactionPolicy policy;
  policy.mode = RedactionMode::metadata_only;
  const auto sink = filtered_trace_sink(inner, policy).value();
  const std::string canary = "plain words";
  const std::vector<StreamEvent> events = events_with(canary);
  for (const StreamEvent& event : events) sink->take(event);
  ASSERT_EQ(inner->events.size(), events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(inner->events[i].json().find(canary), std::string::npos) << inner->events[i].json();
    EXPECT_EQ(inner->events[i].meta, events[i].meta);
    EXPECT_EQ(inner->events[i].type(), events[i].type());
    EXPECT_TRUE(event::decode_event(inner->events[i].json()).has_value()) << inner->events[i].json();
  }
}

TEST(FilteredTraceSink, TakesSecretsOutUnderFull) {
  auto inner = std::make_shared<Collected>();
  RedactionPolicy policy;
  policy.secrets = {{.name = "canary", .value = "kanarienvogel"}};
  const auto sink = filtered_trace_sink(inner, policy).value();
  for (const StreamEvent& event : events_with("kanarienvogel")) sink->take(event);
  for (const StreamEvent& event : inner->events) {
    EXPECT_EQ(event.json().find("kanarienvogel"), std::string::npos) << event.json();
  }
  // Cut by deltas.
  StreamEvent delta;
  delta.payload = events::OutputDelta{1, 1, "a", 0, "kanarien"};
  sink->take(delta);
  EXPECT_EQ(inner->events.back().json().find("kanarien"), std::string::npos);
}

TEST(FilteredTraceSink, RefusesToFilterNothing) {
  RedactionPolicy policy;
  policy.mode = RedactionMode::none;
  EXPECT_EQ(filtered_trace_sink(std::make_shared<Collected>(), policy).error().code, "configuration_invalid");
}

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("orchestrator-trace-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ / name; }
  [[nodiscard]] std::vector<std::string> lines(const std::string& name) const {
    std::ifstream file(path_ / name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::filesystem::path path_;
};

TEST(TraceFile, HasWholeLinesInOrderWithinItsBounds) {
  const Folder folder;
  TraceFileConfig config{folder.path("deep/trace.jsonl"), 64 << 10, 2};
  std::size_t taken = 0;
  {
    const auto sink = trace_file(config).value();
    for (int round = 0; round < 40; ++round) {
      for (const StreamEvent& event : event::example_events()) {
        sink->take(event);
        ++taken;
      }
    }
  }
  std::vector<std::string> lines;
  for (const char* name : {"deep/trace.jsonl.2", "deep/trace.jsonl.1", "deep/trace.jsonl"}) {
    EXPECT_LE(std::filesystem::file_size(folder.path(name)), 80U << 10) << name;
    for (std::string& line : folder.lines(name)) lines.push_back(std::move(line));
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path("deep/trace.jsonl.3")));
  ASSERT_FALSE(lines.empty());
  const auto examples = event::example_events();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t from_end = lines.size() - i;
    EXPECT_EQ(lines[i], examples[(taken - from_end) % examples.size()].json());
  }
  struct stat status{};
  ASSERT_EQ(::stat(config.file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(TraceFile, SaysWhatIsWrong) {
  const Folder folder;
  EXPECT_EQ(trace_file({folder.path("t"), 10, 1}).error().code, "configuration_invalid");
  EXPECT_EQ(trace_file({"/proc/none/trace", 64 << 10, 1}).error().code, "storage_failed");
}

class Lines final : public LogSink {
 public:
  std::string text;
  [[nodiscard]] bool wants(std::string_view, LogLevel) const override { return true; }
  void write(const LogLine& line) override {
    text += line.message;
    for (const auto& [name, value] : line.fields) text += " " + std::string(name) + "=" + value;
    text += "\n";
  }
};

TEST(FilteredLogSink, HandsLinesOnWithoutSecrets) {
  auto lines = std::make_shared<Lines>();
  RedactionPolicy policy;
  policy.mode = RedactionMode::reversible;
  policy.detectors.secret = false;
  policy.secrets = {{.name = "canary", .value = "kanarienvogel"}};
  const auto sink = filtered_log_sink(lines, policy).value();
  const std::vector<LogField> fields{{"url", "https://x/?k=kanarienvogel"}, {"code", "provider_auth_failed"}};
  sink->write(LogLine{LogLevel::info, "http", "said kanarienvogel", "run_1", "", LogFields(fields)});
  EXPECT_EQ(lines->text, "said [redacted:secret] url=https://x/?k=[redacted:secret] code=provider_auth_failed\n");
}

}  // namespace
}  // namespace orchestrator::harness
