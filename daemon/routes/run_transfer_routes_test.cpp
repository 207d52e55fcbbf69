// SPDX-License-Identifier: Apache-2.0
// Exporting, importing and removing runs through the interface; every answer is checked by the schema of its route.

#include <gtest/gtest.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>

#include "cli/testing/temporary_folder.hpp"
#include "daemon/testing/running_daemon.hpp"

namespace orchestrator::daemon {
namespace {

using testing::Answer;
using testing::RunningDaemon;

constexpr const char* kHello = R"({"turns": [{"text": "Hello there", "delta_chars": 3}]})";
constexpr const char* kSlow =
    R"({"turns": [{"text": "A long answer that takes its time", "delta_chars": 1, "delay_ms": 20}]})";
constexpr const char* kFile = "Content-Type: application/jsonl\r\n";
constexpr const char* kUnknown = "/v1/runs/run_01K5D0000000000000000000AB";

std::string text_of(const boost::json::value& value, std::string_view name) {
  return std::string(value.at(name).as_string());
}

std::string finish(RunningDaemon& daemon, const std::string& id) {
  return daemon.call("GET", "/v1/runs/" + id + "/events", {}, "Accept: text/event-stream\r\n").body;
}

std::string make(RunningDaemon& daemon, const std::string& target, const std::string& body) {
  const std::string id = text_of(daemon.call_checked(201, "POST", target, body), "run_id");
  finish(daemon, id);
  return id;
}

std::string code_of(RunningDaemon& daemon, unsigned status, const std::string& method, const std::string& target,
                    const std::string& body = {}, const std::string& fields = {}) {
  return text_of(daemon.call_checked(status, method, target, body, fields).at("error"), "code");
}

TEST(RunTransfer, CarriesARunFromOneDaemonIntoAnother) {
  const cli::testing::TemporaryFolder first;
  const cli::testing::TemporaryFolder second;
  RunningDaemon from(kHello, first.path());
  RunningDaemon to(kHello, second.path());
  const std::string id = make(from, "/v1/runs", R"({"input": "hi"})");
  const std::string fork = make(from, "/v1/runs/" + id + "/fork", R"({"at": 1, "hints": ["on"]})");
  const Answer file = from.call("GET", "/v1/runs/" + fork + "/export");
  ASSERT_EQ(file.status, 200U) << file.body;
  EXPECT_NE(file.head.find("Content-Type: application/jsonl\r\n"), std::string::npos) << file.head;
  const auto imported = to.call_checked(200, "POST", "/v1/import", file.body, kFile);
  ASSERT_EQ(imported.at("runs").as_array().size(), 2U);
  EXPECT_EQ(text_of(imported.at("runs").at(0), "run_id"), id);
  EXPECT_EQ(text_of(imported.at("runs").at(1), "outcome"), "imported");
  EXPECT_EQ(finish(to, fork), finish(from, fork));
  EXPECT_EQ(to.call("GET", "/v1/runs/" + fork + "/export").body, file.body);
  const auto again = to.call_checked(200, "POST", "/v1/import", file.body, kFile);
  EXPECT_EQ(text_of(again.at("runs").at(1), "outcome"), "present");
  const Answer redacted = from.call("GET", "/v1/runs/" + id + "/export?redact=true&alone=true");
  EXPECT_EQ(redacted.status, 200U);
  EXPECT_EQ(redacted.body.find("Hello"), std::string::npos);
  EXPECT_EQ(code_of(from, 404, "GET", std::string(kUnknown) + "/export"), "run_not_found");
  EXPECT_EQ(code_of(from, 400, "GET", "/v1/runs/" + id + "/export?alone=maybe"), "invalid_value");
}

TEST(RunTransfer, TakesNothingOfADamagedFile) {
  RunningDaemon from(kHello);
  RunningDaemon to(kHello);
  const std::string id = make(from, "/v1/runs", R"({"input": "hi"})");
  const std::string file = from.call("GET", "/v1/runs/" + id + "/export").body;
  ASSERT_GT(file.size(), 100U);
  std::string changed = file;
  changed[changed.find("Hel")] = 'h';
  EXPECT_EQ(code_of(to, 422, "POST", "/v1/import", changed, kFile), "journal_damaged");
  EXPECT_EQ(code_of(to, 422, "POST", "/v1/import", file.substr(0, file.size() / 2), kFile), "journal_damaged");
  EXPECT_EQ(code_of(to, 422, "POST", "/v1/import", "hello\n", kFile), "not_a_journal");
  EXPECT_EQ(code_of(to, 415, "POST", "/v1/import", file), "media_type_not_supported");
  EXPECT_EQ(code_of(to, 400, "POST", "/v1/import"), "body_missing");
  EXPECT_TRUE(to.call_checked(200, "GET", "/v1/runs").at("runs").as_array().empty());
}

TEST(RunTransfer, RemovesRuns) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kHello, folder.path());
  const std::string id = make(daemon, "/v1/runs", R"({"input": "hi"})");
  const std::string target = "/v1/runs/" + id;
  const std::string fork = make(daemon, target + "/fork", R"({"at": 1, "hints": ["on"]})");
  EXPECT_EQ(code_of(daemon, 409, "DELETE", target), "precondition_failed");
  const auto shown = daemon.call_checked(200, "DELETE", target + "?with_forks=true&dry_run=true");
  EXPECT_EQ(shown.at("removed"), false);
  EXPECT_EQ(shown.at("runs").as_array().size(), 2U);
  daemon.call_checked(200, "GET", target);
  const auto gone = daemon.call_checked(200, "DELETE", target + "?with_forks=true");
  EXPECT_EQ(gone.at("removed"), true);
  EXPECT_EQ(text_of(daemon.call_checked(404, "GET", target).at("error"), "code"), "run_not_found");
  daemon.call_checked(404, "GET", "/v1/runs/" + fork + "/events");
  EXPECT_EQ(code_of(daemon, 404, "DELETE", target), "run_not_found");
}

TEST(RunTransfer, LeavesARunThatIsUnderWay) {
  RunningDaemon daemon(kSlow);
  const std::string id = text_of(daemon.call_checked(201, "POST", "/v1/runs", R"({"input": "hi"})"), "run_id");
  EXPECT_EQ(code_of(daemon, 409, "DELETE", "/v1/runs/" + id), "run_locked");
  EXPECT_NE(finish(daemon, id).find("event: Completed"), std::string::npos);
}

TEST(RunTransfer, GoesOnWithASessionWhoseRunIsGone) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kHello, folder.path());
  const auto first = daemon.call_checked(201, "POST", "/v1/runs", R"({"input": "hi"})");
  const std::string body = R"({"input": "hi", "session_id": ")" + text_of(first, "session_id") + R"("})";
  finish(daemon, text_of(first, "run_id"));
  const std::string second = make(daemon, "/v1/runs", body);
  daemon.call_checked(200, "DELETE", "/v1/runs/" + second);
  const std::string third = make(daemon, "/v1/runs", body);
  EXPECT_EQ(daemon.call_checked(200, "POST", "/v1/runs/" + third + "/verify").at("sound"), true);
  EXPECT_EQ(daemon.call("GET", "/v1/runs/" + third + "/export").status, 200U);
}

}  // namespace
}  // namespace orchestrator::daemon
