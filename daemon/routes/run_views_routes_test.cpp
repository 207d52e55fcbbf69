// SPDX-License-Identifier: Apache-2.0
// What is told of runs through the interface; every answer is checked by the schema of its route.

#include <gtest/gtest.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>
#include <string>

#include "cli/testing/temporary_folder.hpp"
#include "daemon/testing/running_daemon.hpp"
#include "orchestrator/harness/content.hpp"

namespace orchestrator::daemon {
namespace {

using testing::Answer;
using testing::RunningDaemon;

constexpr const char* kHello = R"({"turns": [{"text": "Hello there", "delta_chars": 3}]})";
constexpr const char* kWriting =
    R"({"turns": [{"tool_calls": [{"name": "write_file", "arguments": {"path": "a.txt", "content": "x"}}]}, {"text": "done"}]})";
constexpr const char* kUnknown = "/v1/runs/run_01K5D0000000000000000000AB";

std::string text_of(const boost::json::value& value, std::string_view name) {
  return std::string(value.at(name).as_string());
}

std::string make(RunningDaemon& daemon, const std::string& body) {
  const std::string id = text_of(daemon.call_checked(201, "POST", "/v1/runs", body), "run_id");
  daemon.call("GET", "/v1/runs/" + id + "/events", {}, "Accept: text/event-stream\r\n");
  return id;
}

std::string write_file(RunningDaemon& daemon, const std::string& folder) {
  return make(daemon, R"({"input": "write", "workspace": ")" + folder +
                          R"(", "tools": ["write_file", "read_file"], "approve": "never"})");
}

std::string code_of(RunningDaemon& daemon, unsigned status, const std::string& target) {
  return text_of(daemon.call_checked(status, "GET", target).at("error"), "code");
}

TEST(RunViews, TellOfTurnsCallsAndContexts) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kWriting, folder.path());
  const std::string base = "/v1/runs/" + write_file(daemon, folder.path());
  EXPECT_EQ(daemon.call_checked(200, "GET", base + "/trace").at("turns").as_array().size(), 2U);
  const auto calls = daemon.call_checked(200, "GET", base + "/tools").at("calls");
  ASSERT_EQ(calls.as_array().size(), 1U);
  EXPECT_EQ(text_of(calls.at(0), "tool"), "write_file");
  EXPECT_EQ(text_of(calls.at(0), "outcome"), "ok");
  EXPECT_NE(text_of(calls.at(0), "arguments").find("a.txt"), std::string::npos);
  const auto first = daemon.call_checked(200, "GET", base + "/context?turn=1");
  const auto last = daemon.call_checked(200, "GET", base + "/context");
  EXPECT_EQ(last.at("turn"), 2);
  EXPECT_LT(first.at("items").as_array().size(), last.at("items").as_array().size());
  EXPECT_EQ(code_of(daemon, 400, base + "/context?turn=9"), "invalid_argument");
  for (const char* view : {"/trace", "/tools", "/context"})
    EXPECT_EQ(code_of(daemon, 404, std::string(kUnknown) + view), "run_not_found");
}

TEST(RunViews, CompareRuns) {
  RunningDaemon daemon(kHello);
  const std::string a = make(daemon, R"({"input": "hi"})");
  const std::string b = make(daemon, R"({"input": "good day"})");
  EXPECT_TRUE(daemon.call_checked(200, "GET", "/v1/runs/" + a + "/diff?with=" + a).at("first_divergence").is_null());
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/runs/" + a + "/diff?with=" + b).at("first_divergence"), 0);
  EXPECT_EQ(code_of(daemon, 400, "/v1/runs/" + a + "/diff"), "parameter_missing");
  EXPECT_EQ(code_of(daemon, 404, "/v1/runs/" + a + "/diff?with=run_01K5D0000000000000000000AB"), "run_not_found");
}

TEST(RunViews, FindWords) {
  RunningDaemon daemon(kHello);
  const std::string id = make(daemon, R"({"input": "a question of whales"})");
  make(daemon, R"({"input": "another"})");
  const auto found = daemon.call_checked(200, "GET", "/v1/search?q=whales");
  ASSERT_EQ(found.at("matches").as_array().size(), 1U);
  EXPECT_EQ(text_of(found.at("matches").at(0), "run_id"), id);
  EXPECT_EQ(text_of(found.at("matches").at(0), "found_in"), "input");
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/search?q=there&limit=1").at("matches").as_array().size(), 1U);
  EXPECT_EQ(code_of(daemon, 400, "/v1/search"), "parameter_missing");
}

TEST(Blobs, AreForReadersOfARunThatRefersToThem) {
  const cli::testing::TemporaryFolder folder;
  const std::string old(5'000, 'o');
  {
    std::ofstream(folder.path("a.txt")) << old;
  }
  RunningDaemon daemon(kWriting, folder.path());
  const std::string id = write_file(daemon, folder.path());
  const std::string hash = harness::sha256(old).str();
  const Answer content = daemon.call("GET", "/v1/blobs/" + hash + "?run=" + id);
  EXPECT_EQ(content.status, 200U) << content.body;
  EXPECT_EQ(content.body, old);
  // A run that only speaks of it.
  const std::string other = make(daemon, R"({"input": ")" + hash + R"("})");
  EXPECT_EQ(code_of(daemon, 404, "/v1/blobs/" + hash + "?run=" + other), "blob_not_found");
  EXPECT_EQ(code_of(daemon, 404, "/v1/blobs/" + std::string(64, '0') + "?run=" + id), "blob_not_found");
  EXPECT_EQ(code_of(daemon, 400, "/v1/blobs/" + hash), "parameter_missing");
  EXPECT_EQ(code_of(daemon, 400, "/v1/blobs/" + std::string(64, 'x') + "?run=" + id), "invalid_id");
  EXPECT_EQ(code_of(daemon, 404, "/v1/blobs/" + hash + "?run=run_01K5D0000000000000000000AB"), "run_not_found");
}

}  // namespace
}  // namespace orchestrator::daemon
