// SPDX-License-Identifier: Apache-2.0
// Tokens under a name, and the audit log, as clients see them.

#include <gtest/gtest.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <string>

#include "cli/testing/temporary_folder.hpp"
#include "daemon/testing/running_daemon.hpp"

namespace orchestrator::daemon {
namespace {

using testing::Answer;
using testing::RunningDaemon;

constexpr const char* kHello = R"({"turns": [{"text": "Hello there"}]})";
// Its call waits for a person, who never comes.
constexpr const char* kWaiting =
    R"({"turns": [{"tool_calls": [{"name": "write_file", "arguments": {"path": "a.txt", "content": "x"}}]}]})";
constexpr const char* kStream = "Accept: text/event-stream\r\n";

std::string give_token(RunningDaemon& daemon, const std::string& name, const std::string& role) {
  const auto made =
      daemon.call_checked(201, "POST", "/v1/tokens", R"({"name": ")" + name + R"(", "role": ")" + role + R"("})");
  return std::string(made.at("token").as_string());
}

/// A request with another token than the owner's.
std::string request_with(const RunningDaemon& daemon, const std::string& token, const std::string& method,
                         const std::string& target, const std::string& body = {}, const std::string& fields = {}) {
  std::string bytes = daemon.request(method, target, body, fields);
  const std::string owner = RunningDaemon::token_of(Role::admin);
  return bytes.replace(bytes.find(owner), owner.size(), token);
}

unsigned status_with(const RunningDaemon& daemon, const std::string& token, const std::string& method,
                     const std::string& target, const std::string& body = {}) {
  return testing::ask(daemon.port(), request_with(daemon, token, method, target, body)).status;
}

TEST(AccessApi, GivesTokensOfARoleAndTakesThemBack) {
  RunningDaemon daemon(kHello);
  const std::string token = give_token(daemon, "laptop", "run");
  EXPECT_EQ(status_with(daemon, token, "POST", "/v1/runs", R"({"input": "hi"})"), 201U);
  EXPECT_EQ(status_with(daemon, token, "POST", "/v1/tokens", R"({"name": "other", "role": "admin"})"), 403U);
  EXPECT_EQ(status_with(daemon, token, "GET", "/v1/audit"), 403U);
  daemon.call_checked(409, "POST", "/v1/tokens", R"({"name": "laptop", "role": "read"})");
  daemon.call_checked(409, "POST", "/v1/tokens", R"({"name": "admin", "role": "read"})");
  const auto listed = daemon.call_checked(200, "GET", "/v1/tokens");
  ASSERT_EQ(listed.at("tokens").as_array().size(), 1U);
  EXPECT_EQ(listed.at("tokens").at(0).at("name").as_string(), "laptop");
  EXPECT_EQ(boost::json::serialize(listed).find(token), std::string::npos);

  EXPECT_EQ(daemon.call("DELETE", "/v1/tokens/laptop").status, 204U);
  EXPECT_EQ(status_with(daemon, token, "GET", "/v1/runs"), 401U);
  daemon.call_checked(404, "DELETE", "/v1/tokens/laptop");
  daemon.call_checked(409, "DELETE", "/v1/tokens/admin");
  const std::string second = give_token(daemon, "laptop", "read");
  EXPECT_NE(second, token);
  EXPECT_EQ(status_with(daemon, token, "GET", "/v1/runs"), 401U);
  EXPECT_EQ(status_with(daemon, second, "GET", "/v1/runs"), 200U);
}

TEST(AccessApi, KeepsTokensAndTheAuditLogOverAStart) {
  const cli::testing::TemporaryFolder folder;
  std::string kept;
  std::string revoked;
  {
    RunningDaemon daemon(kHello, folder.path());
    kept = give_token(daemon, "kept", "read");
    revoked = give_token(daemon, "revoked", "read");
    EXPECT_EQ(daemon.call("DELETE", "/v1/tokens/revoked").status, 204U);
  }
  RunningDaemon daemon(kHello, folder.path());
  EXPECT_EQ(status_with(daemon, kept, "GET", "/v1/runs"), 200U);
  EXPECT_EQ(status_with(daemon, revoked, "GET", "/v1/runs"), 401U);
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/audit").at("entries").as_array().size(), 3U);
}

TEST(AccessApi, NotesEachChangeAndWhoMadeIt) {
  RunningDaemon daemon(kHello);
  const std::string token = give_token(daemon, "laptop", "run");
  EXPECT_EQ(status_with(daemon, token, "POST", "/v1/runs", R"({"input": "hi"})"), 201U);
  EXPECT_EQ(status_with(daemon, token, "POST", "/v1/runs", R"({"output": "hi"})"), 400U);
  EXPECT_EQ(status_with(daemon, token, "GET", "/v1/runs"), 200U);
  const auto page = daemon.call_checked(200, "GET", "/v1/audit?limit=2");
  ASSERT_EQ(page.at("entries").as_array().size(), 2U);
  EXPECT_EQ(page.at("entries").at(0).at("status").as_int64(), 400);
  EXPECT_EQ(page.at("entries").at(1).at("status").as_int64(), 201);
  EXPECT_EQ(page.at("entries").at(1).at("who").as_string(), "laptop");
  EXPECT_EQ(page.at("entries").at(1).at("operation").as_string(), "createRun");
  EXPECT_EQ(page.at("entries").at(1).at("target").as_string(), "/v1/runs");
  const std::string cursor(page.at("next_cursor").as_string());
  const auto rest = daemon.call_checked(200, "GET", "/v1/audit?limit=2&cursor=" + cursor);
  ASSERT_EQ(rest.at("entries").as_array().size(), 1U);
  EXPECT_EQ(rest.at("entries").at(0).at("operation").as_string(), "createToken");
  EXPECT_TRUE(rest.at("next_cursor").is_null());
}

TEST(AccessApi, EndsTheStreamsOfARevokedToken) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kWaiting);
  const std::string token = give_token(daemon, "screen", "read");
  const auto run = daemon.call_checked(
      201, "POST", "/v1/runs",
      R"({"input": "write", "workspace": ")" + folder.path() + R"(", "tools": ["write_file"], "approve": "ask"})");
  const std::string base = "/v1/runs/" + std::string(run.at("run_id").as_string());
  testing::HttpClient screen(daemon.port());
  screen.send(request_with(daemon, token, "GET", base + "/events", {}, kStream));
  screen.read_until("event: InterruptRaised");
  testing::HttpClient owner(daemon.port());
  owner.send(daemon.request("GET", base + "/events", {}, kStream));
  owner.read_until("event: InterruptRaised");
  EXPECT_EQ(daemon.call("DELETE", "/v1/tokens/screen").status, 204U);
  EXPECT_EQ(screen.read_all().find("event: Aborted"), std::string::npos);
  EXPECT_EQ(daemon.call("POST", base + "/abort", R"({"mode": "now"})").status, 200U);
  EXPECT_NE(owner.read_all().find("event: Aborted"), std::string::npos);
}

TEST(AccessApi, LetsNobodyConsentWhoMayNotApprove) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kWaiting, folder.path());
  const auto status = [&](Role role, const std::string& more) {
    const std::string body = R"({"input": "write", "tools": ["read_file"], )" + more + "}";
    return status_with(daemon, RunningDaemon::token_of(role), "POST", "/v1/runs", body);
  };
  const std::string fork = "/v1/runs/run_01K5D0000000000000000000AB/fork";
  for (const char* consent : {R"({"approve": "never"})", R"({"trust_imported": true})",
                              R"({"gate_decisions": [{"gate": "g", "passed": true}]})"}) {
    EXPECT_EQ(status_with(daemon, RunningDaemon::token_of(Role::run), "POST", fork, consent), 403U) << consent;
    EXPECT_EQ(status_with(daemon, RunningDaemon::token_of(Role::approve), "POST", fork, consent), 404U) << consent;
  }
  EXPECT_EQ(status_with(daemon, RunningDaemon::token_of(Role::run), "POST", fork, R"({"trust_imported": false})"),
            404U);
  const std::string work = folder.path("work");
  std::filesystem::create_directories(work);
  std::filesystem::create_directories(folder.path("private/daemon"));
  std::filesystem::create_symlink(folder.path("private"), folder.path("link"));
  const auto in = [](const std::string& path) { return R"("workspace": ")" + path + "\""; };
  EXPECT_EQ(status(Role::run, in(work)), 201U);
  EXPECT_EQ(status(Role::run, in(work) + R"(, "approve": "never")"), 403U);
  for (const std::string& path : {folder.path("private/daemon"), folder.path("private"), folder.path(),
                                  work + "/../private", folder.path("link"), std::string("/")}) {
    EXPECT_EQ(status(Role::approve, in(path)), 403U) << path;
  }
  EXPECT_EQ(status(Role::admin, in(folder.path("private"))), 201U);
}

TEST(AccessApi, LimitsHowManyTokensThereAre) {
  RunningDaemon daemon(kHello);
  for (std::size_t i = 0; i < Tokens::kNamedMax; ++i) give_token(daemon, "t" + std::to_string(i), "read");
  const auto refused = daemon.call_checked(409, "POST", "/v1/tokens", R"({"name": "more", "role": "read"})");
  EXPECT_EQ(refused.at("error").at("limit").as_int64(), static_cast<std::int64_t>(Tokens::kNamedMax));
}

}  // namespace
}  // namespace orchestrator::daemon
