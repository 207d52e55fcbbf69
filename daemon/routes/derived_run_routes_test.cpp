// SPDX-License-Identifier: Apache-2.0
// Replays, forks, undos and checks through the interface; every answer is checked by the schema of its route.

#include <gtest/gtest.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <string>

#include "cli/testing/temporary_folder.hpp"
#include "daemon/testing/running_daemon.hpp"

namespace orchestrator::daemon {
namespace {

using testing::RunningDaemon;

constexpr const char* kHello = R"({"turns": [{"text": "Hello there", "delta_chars": 3}]})";
constexpr const char* kWriting =
    R"({"turns": [{"tool_calls": [{"name": "write_file", "arguments": {"path": "a.txt", "content": "x"}}]}, {"text": "done"}]})";
constexpr const char* kUnknown = "/v1/runs/run_01K5D0000000000000000000AB";

std::string text_of(const boost::json::value& value, std::string_view name) {
  return std::string(value.at(name).as_string());
}

/// Follows a run to its end; the stream.
std::string finish(RunningDaemon& daemon, const std::string& id) {
  return daemon.call("GET", "/v1/runs/" + id + "/events", {}, "Accept: text/event-stream\r\n").body;
}

std::string make(RunningDaemon& daemon, const std::string& target, const std::string& body = {},
                 const std::string& fields = {}) {
  const std::string id = text_of(daemon.call_checked(201, "POST", target, body, fields), "run_id");
  finish(daemon, id);
  return id;
}

std::string make_run(RunningDaemon& daemon) { return make(daemon, "/v1/runs", R"({"input": "hi"})"); }

std::string write_file(RunningDaemon& daemon, const std::string& folder) {
  return make(daemon, "/v1/runs",
              R"({"input": "write", "workspace": ")" + folder + R"(", "tools": ["write_file"], "approve": "never"})");
}

std::string code_of(RunningDaemon& daemon, unsigned status, const std::string& target, const std::string& body = {}) {
  return text_of(daemon.call_checked(status, "POST", target, body).at("error"), "code");
}

TEST(DerivedRuns, ReplaysARun) {
  RunningDaemon daemon(kHello);
  const std::string id = make_run(daemon);
  const std::string replay = make(daemon, "/v1/runs/" + id + "/replay");
  const auto run = daemon.call_checked(200, "GET", "/v1/runs/" + replay);
  EXPECT_EQ(text_of(run, "kind"), "replay");
  EXPECT_EQ(text_of(run, "status"), "completed");
  EXPECT_NE(finish(daemon, replay).find("event: ReplayMatched"), std::string::npos);
  const std::string part = make(daemon, "/v1/runs/" + id + "/replay", R"({"mode": "compat", "to": 2})");
  EXPECT_NE(finish(daemon, part).find("event: ReplayMatched"), std::string::npos);
  EXPECT_EQ(code_of(daemon, 400, "/v1/runs/" + id + "/replay", R"({"to": 9999})"), "invalid_argument");
  EXPECT_EQ(code_of(daemon, 404, std::string(kUnknown) + "/replay"), "run_not_found");
}

TEST(DerivedRuns, ForksARun) {
  RunningDaemon daemon(kHello);
  const std::string id = make_run(daemon);
  const std::string fork = make(daemon, "/v1/runs/" + id + "/fork",
                                R"({"at": 1, "input": "again", "settings": {"temperature": 0.5},
                                    "budgets": {"turns": 3}, "labels": {"a": "b"}})");
  const auto run = daemon.call_checked(200, "GET", "/v1/runs/" + fork);
  EXPECT_EQ(text_of(run, "kind"), "fork");
  EXPECT_EQ(text_of(run, "status"), "completed");
  const std::string stream = finish(daemon, fork);
  EXPECT_NE(stream.find(R"("temperature":0.5)"), std::string::npos);
  EXPECT_NE(stream.find("again"), std::string::npos);
  EXPECT_EQ(code_of(daemon, 400, "/v1/runs/" + id + "/fork", R"({"at": 9999})"), "invalid_argument");
  EXPECT_EQ(code_of(daemon, 400, "/v1/runs/" + id + "/fork", R"({"at": "nowhere"})"), "invalid_argument");
  EXPECT_EQ(code_of(daemon, 400, "/v1/runs/" + id + "/fork", R"({"fallbacks": ["scripted/test"]})"),
            "invalid_argument");
  EXPECT_EQ(code_of(daemon, 400, "/v1/runs/" + id + "/fork", R"({"at": 1, "workspace": "here"})"), "invalid_argument");
  EXPECT_EQ(code_of(daemon, 409, "/v1/runs/" + id + "/fork"), "precondition_failed");
  EXPECT_EQ(code_of(daemon, 404, std::string(kUnknown) + "/fork"), "run_not_found");
  const std::string replay = make(daemon, "/v1/runs/" + id + "/replay");
  EXPECT_EQ(code_of(daemon, 422, "/v1/runs/" + replay + "/fork", R"({"hints": ["on"]})"), "not_supported");
}

TEST(DerivedRuns, PlansAnUndoAndCarriesItOut) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kWriting, folder.path());
  const std::string id = write_file(daemon, folder.path());
  ASSERT_TRUE(std::filesystem::exists(folder.path("a.txt")));
  const auto plan = daemon.call_checked(200, "POST", "/v1/runs/" + id + "/undo-plan");
  EXPECT_EQ(plan.at("acts"), 1);
  EXPECT_TRUE(std::filesystem::exists(folder.path("a.txt")));
  EXPECT_EQ(daemon.call_checked(200, "POST", "/v1/runs/" + id + "/undo-plan", R"({"to": 9})").at("to_seq"), 9);
  EXPECT_EQ(code_of(daemon, 400, "/v1/runs/" + id + "/undo-plan", R"({"to": "nowhere"})"), "invalid_argument");
  const std::string undo = make(daemon, "/v1/runs/" + id + "/undo");
  EXPECT_EQ(text_of(daemon.call_checked(200, "GET", "/v1/runs/" + undo), "kind"), "undo");
  EXPECT_FALSE(std::filesystem::exists(folder.path("a.txt")));
  EXPECT_EQ(code_of(daemon, 409, "/v1/runs/" + id + "/undo"), "nothing_to_undo");
  EXPECT_EQ(code_of(daemon, 404, std::string(kUnknown) + "/undo"), "run_not_found");
}

TEST(DerivedRuns, AreMadeOnceUnderOneKey) {
  const cli::testing::TemporaryFolder folder;
  const std::string body = R"({"at": 1, "hints": ["on"]})";
  std::string id;
  std::string replay;
  std::string fork;
  std::string undo;
  const auto ask = [&](RunningDaemon& daemon, const std::string& what, const std::string& with = {}) {
    return make(daemon, "/v1/runs/" + id + "/" + what, with, "Idempotency-Key: " + what + "\r\n");
  };
  {
    RunningDaemon daemon(kWriting, folder.path());
    id = write_file(daemon, folder.path());
    replay = ask(daemon, "replay");
    fork = ask(daemon, "fork", body);
    undo = ask(daemon, "undo");
    EXPECT_EQ(ask(daemon, "undo"), undo);
    daemon.call_checked(409, "POST", "/v1/runs/" + replay + "/replay", {}, "Idempotency-Key: replay\r\n");
  }
  {
    // As if the daemon had died before it could note them.
    harness::storage::SqliteOpening opening;
    opening.path = folder.path("keys.sqlite");
    auto database = harness::storage::SqliteConnection::open(std::move(opening)).value();
    ASSERT_TRUE(database->execute("UPDATE keys SET run_id = NULL"));
  }
  RunningDaemon daemon(kWriting, folder.path());
  EXPECT_EQ(ask(daemon, "replay"), replay);
  EXPECT_EQ(ask(daemon, "fork", body), fork);
  EXPECT_EQ(ask(daemon, "undo"), undo);
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/runs").at("runs").as_array().size(), 4U);
}

TEST(DerivedRuns, VerifiesARun) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kHello, folder.path());
  const std::string id = make_run(daemon);
  const auto verdict = daemon.call_checked(200, "POST", "/v1/runs/" + id + "/verify");
  EXPECT_EQ(verdict.at("sound"), true);
  EXPECT_EQ(verdict.at("ended"), true);
  EXPECT_EQ(verdict.at("events"), daemon.call_checked(200, "GET", "/v1/runs/" + id).at("events"));
  EXPECT_EQ(code_of(daemon, 404, std::string(kUnknown) + "/verify"), "run_not_found");
}

}  // namespace
}  // namespace orchestrator::daemon
