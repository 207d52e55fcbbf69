// SPDX-License-Identifier: Apache-2.0
// Runs through the interface, as clients see them; every answer is checked by the schema of its route.

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "cli/store/blocking_wait.hpp"
#include "cli/testing/temporary_folder.hpp"
#include "daemon/testing/running_daemon.hpp"
#include "journal/run_export.hpp"
#include "journal/run_import.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::daemon {
namespace {

using testing::Answer;
using testing::RunningDaemon;

constexpr const char* kHello = R"({"turns": [{"text": "Hello there", "delta_chars": 3}]})";
constexpr const char* kSlow =
    R"({"turns": [{"text": "A long answer that takes its time", "delta_chars": 1, "delay_ms": 20}]})";
constexpr const char* kWriting =
    R"({"turns": [{"tool_calls": [{"name": "write_file", "arguments": {"path": "a.txt", "content": "x"}}]}, {"text": "done"}]})";
constexpr const char* kStream = "Accept: text/event-stream\r\n";

std::string text_of(const boost::json::value& value, std::string_view name) {
  return std::string(value.at(name).as_string());
}

std::string start(RunningDaemon& daemon, const std::string& fields = {}) {
  return text_of(daemon.call_checked(201, "POST", "/v1/runs", R"({"input": "hi"})", fields), "run_id");
}

std::vector<std::string> frames_in(const std::string& body) {
  std::vector<std::string> frames;
  for (std::size_t start = 0; start < body.size();) {
    const std::size_t end = body.find("\n\n", start);
    if (end == std::string::npos) break;
    if (body.compare(start, 4, "id: ") == 0) frames.push_back(body.substr(start, end - start));
    start = end + 2;
  }
  return frames;
}

TEST(RunsApi, StartsAndShowsARun) {
  RunningDaemon daemon(kHello);
  const auto made = daemon.call_checked(
      201, "POST", "/v1/runs",
      R"({"input": "hi", "model": "scripted/test", "labels": {"a": "b"}, "settings": {"temperature": 0.5}, "budgets": {"turns": 3}, "timeout_ms": 60000})");
  const std::string id = text_of(made, "run_id");
  const Answer stream = daemon.call("GET", "/v1/runs/" + id + "/events", {}, kStream);
  EXPECT_EQ(stream.status, 200U);
  EXPECT_NE(stream.head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  const auto frames = frames_in(stream.body);
  const auto run = daemon.call_checked(200, "GET", "/v1/runs/" + id);
  EXPECT_EQ(text_of(run, "status"), "completed");
  EXPECT_EQ(run.at("events").as_int64(), static_cast<std::int64_t>(frames.size()));
  EXPECT_NE(frames.front().find("event: RunStarted"), std::string::npos);
  EXPECT_NE(frames.back().find("event: Completed"), std::string::npos);
  const auto page = daemon.call_checked(200, "GET", "/v1/runs?status=completed&limit=1");
  EXPECT_EQ(page.at("runs").as_array().size(), 1U);
  EXPECT_EQ(text_of(page.at("runs").at(0), "run_id"), id);
  EXPECT_TRUE(daemon.call_checked(200, "GET", "/v1/runs?status=failed").at("runs").as_array().empty());
}

TEST(RunsApi, GivesEventsInPagesAndStreamsFromAnyPoint) {
  RunningDaemon daemon(kHello);
  const std::string id = start(daemon);
  const auto all = frames_in(daemon.call("GET", "/v1/runs/" + id + "/events", {}, kStream).body);
  std::vector<std::string> pages;
  boost::json::value next = 0;
  while (!next.is_null()) {
    const auto page =
        daemon.call_checked(200, "GET", "/v1/runs/" + id + "/events?limit=2&after=" + boost::json::serialize(next));
    for (const auto& event : page.at("events").as_array()) pages.push_back(boost::json::serialize(event.at("seq")));
    next = page.at("next_after");
  }
  ASSERT_EQ(pages.size(), all.size());
  for (std::size_t cut = 0; cut < all.size(); ++cut) {
    const std::string field = std::string(kStream) + "Last-Event-ID: " + std::to_string(cut) + "\r\n";
    const auto rest = frames_in(daemon.call("GET", "/v1/runs/" + id + "/events?after=1", {}, field).body);
    EXPECT_EQ(rest, std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(cut), all.end()));
  }
  const std::string whole = std::string(kStream) + "Last-Event-ID: " + std::to_string(all.size()) + "\r\n";
  EXPECT_EQ(daemon.call("GET", "/v1/runs/" + id + "/events", {}, whole).status, 204U);
  const Answer beyond = daemon.call("GET", "/v1/runs/" + id + "/events?after=9999", {}, kStream);
  EXPECT_NE(beyond.body.find("event: reset\n"), std::string::npos);
  EXPECT_EQ(frames_in(beyond.body), all);
  const Answer some = daemon.call("GET", "/v1/runs/" + id + "/events?type=Completed,RunStarted", {}, kStream);
  EXPECT_EQ(frames_in(some.body).size(), 2U);
  const Answer batched = daemon.call("GET", "/v1/runs/" + id + "/events?batch_ms=40", {}, kStream);
  EXPECT_NE(batched.body.find("event: batch\ndata: [{"), std::string::npos);
}

TEST(RunsApi, GivesEventsAtAGlance) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kWriting);
  const auto run = daemon.call_checked(
      201, "POST", "/v1/runs",
      R"({"input": "write", "workspace": ")" + folder.path() + R"(", "tools": ["write_file"], "approve": "never"})");
  const std::string base = "/v1/runs/" + text_of(run, "run_id");
  const auto frames = frames_in(daemon.call("GET", base + "/events", {}, kStream).body);
  const auto whole = daemon.call_checked(200, "GET", base + "/index");
  ASSERT_EQ(whole.at("seq").as_array().size(), frames.size());
  EXPECT_TRUE(whole.at("next_after").is_null());
  const auto row_of = [&](std::string_view type) {
    for (std::size_t row = 0; row < frames.size(); ++row) {
      const auto place = static_cast<std::size_t>(whole.at("type").at(row).as_int64());
      if (whole.at("types").at(place).as_string() == type) return row;
    }
    ADD_FAILURE() << "no " << type;
    return std::size_t{0};
  };
  const std::size_t finished = row_of("ToolCallFinished");
  EXPECT_EQ(whole.at("names").at(static_cast<std::size_t>(whole.at("name").at(finished).as_int64())).as_string(),
            "write_file");
  EXPECT_NE(whole.at("status").at(finished).as_int64(), 0);
  EXPECT_TRUE(whole.at("duration_us").at(row_of("AttemptFinished")).is_int64());
  EXPECT_TRUE(whole.at("duration_us").at(row_of("RunStarted")).is_null());
  EXPECT_EQ(whole.at("status").at(row_of("Completed")).as_int64(), 1);
  std::int64_t rows = 0;
  boost::json::value next = 0;
  while (!next.is_null()) {
    const auto page = daemon.call_checked(200, "GET", base + "/index?limit=3&after=" + boost::json::serialize(next));
    for (const auto& seq : page.at("seq").as_array()) EXPECT_EQ(seq.as_int64(), ++rows);
    next = page.at("next_after");
  }
  EXPECT_EQ(rows, static_cast<std::int64_t>(frames.size()));
}

TEST(RunsApi, TellsAReaderWhoseEventsNoLongerHold) {
  RunningDaemon daemon(kHello);
  const std::string id = start(daemon);
  const std::string events = "/v1/runs/" + id + "/events";
  const Answer before = daemon.call("GET", events, {}, kStream);
  EXPECT_NE(before.head.find("Orchestrator-Epoch: 1\r\n"), std::string::npos);
  const std::string place = "?after=2&epoch=1";
  EXPECT_FALSE(daemon.call_checked(200, "GET", events + place).at("reset").as_bool());

  const harness::RunStore runs(daemon.harness().store());
  const auto run_id = harness::RunId::parse(id).value();
  ASSERT_TRUE(boost::asio::co_spawn(daemon.harness().executor(), runs.erase({run_id}), boost::asio::use_future).get());
  const auto page = daemon.call_checked(200, "GET", events + place);
  EXPECT_TRUE(page.at("reset").as_bool());
  EXPECT_EQ(page.at("epoch").as_int64(), 2);
  EXPECT_EQ(page.at("next_after").as_int64(), 0);
  EXPECT_TRUE(page.at("events").as_array().empty());
  EXPECT_FALSE(daemon.call_checked(200, "GET", events + "?after=2&epoch=2").at("reset").as_bool());
  const std::string known = std::to_string(frames_in(before.body).size());
  const Answer after = daemon.call("GET", events + "?epoch=1&after=" + known, {}, kStream);
  EXPECT_NE(after.head.find("Orchestrator-Epoch: 2\r\n"), std::string::npos);
  EXPECT_NE(after.body.find("event: reset\ndata: {\"after\":0,\"epoch\":2}\n"), std::string::npos);
  EXPECT_EQ(frames_in(after.body).size(), frames_in(before.body).size());
  EXPECT_EQ(daemon.call("GET", events + "?epoch=2&after=" + known, {}, kStream).status, 204U);
}

TEST(RunsApi, FollowsALiveRunWithSeveralReadersAndCuts) {
  RunningDaemon daemon(kSlow);
  const std::string id = start(daemon);
  const std::string target = "/v1/runs/" + id + "/events";
  testing::HttpClient leaver(daemon.port());
  leaver.send(daemon.request("GET", target, {}, kStream));
  leaver.read_until("event: OutputDelta");
  std::vector<std::vector<std::string>> seen(4);
  {
    std::vector<std::jthread> readers;
    for (auto& frames : seen) {
      readers.emplace_back([&] {
        // One event at a time: cut after each few, and come again.
        std::size_t known = 0;
        for (int part = 0; part < 3; ++part) {
          testing::HttpClient client(daemon.port());
          client.send(daemon.request("GET", target, {},
                                     std::string(kStream) + "Last-Event-ID: " + std::to_string(known) + "\r\n"));
          const std::string wanted = "id: " + std::to_string(known + 5) + "\n";
          const Answer answer = testing::parse_answer(part == 2 ? client.read_all() : client.read_until(wanted));
          for (auto& frame : frames_in(answer.body)) frames.push_back(std::move(frame));
          known = frames.size();
        }
      });
    }
  }
  const auto run = daemon.call_checked(200, "GET", "/v1/runs/" + id);
  EXPECT_EQ(text_of(run, "status"), "completed");
  for (const auto& frames : seen) {
    ASSERT_EQ(frames.size(), static_cast<std::size_t>(run.at("events").as_int64()));
    for (std::size_t at = 0; at < frames.size(); ++at)
      EXPECT_TRUE(frames[at].starts_with("id: " + std::to_string(at + 1) + "\n"));
  }
}

TEST(RunsApi, MakesOneRunUnderOneKey) {
  const cli::testing::TemporaryFolder folder;
  const std::string key = "Idempotency-Key: one\r\n";
  std::string id;
  {
    RunningDaemon daemon(kHello, folder.path());
    id = start(daemon, key);
    EXPECT_EQ(start(daemon, key), id);
    const auto refused = daemon.call_checked(409, "POST", "/v1/runs", R"({"input": "other"})", key);
    EXPECT_EQ(text_of(refused.at("error"), "code"), "idempotency_mismatch");
    EXPECT_NE(start(daemon), id);
  }
  RunningDaemon daemon(kHello, folder.path());
  EXPECT_EQ(start(daemon, key), id);
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/runs").at("runs").as_array().size(), 2U);
}

TEST(RunsApi, FindsTheRunOfAKeyWhoseAnswerWasLost) {
  const cli::testing::TemporaryFolder folder;
  const std::string key = "Idempotency-Key: one\r\n";
  std::string id;
  {
    RunningDaemon daemon(kHello, folder.path());
    id = start(daemon, key);
  }
  {
    // As if the daemon had died before it could note the run.
    harness::storage::SqliteOpening opening;
    opening.path = folder.path("keys.sqlite");
    auto database = harness::storage::SqliteConnection::open(std::move(opening)).value();
    ASSERT_TRUE(database->execute("UPDATE keys SET run_id = NULL"));
  }
  RunningDaemon daemon(kHello, folder.path());
  EXPECT_EQ(start(daemon, key), id);
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/runs").at("runs").as_array().size(), 1U);
}

TEST(RunsApi, SteersARun) {
  RunningDaemon daemon(kSlow);
  const std::string id = start(daemon);
  const std::string base = "/v1/runs/" + id;
  daemon.call_checked(201, "POST", base + "/hints", R"({"text": "be brief", "priority": "after_turn"})");
  daemon.call_checked(201, "POST", base + "/checkpoints", R"({"label": "here"})");
  daemon.call_checked(200, "POST", base + "/pause");
  daemon.call_checked(200, "POST", base + "/resume", "{}");
  const auto checkpoints = daemon.call_checked(200, "GET", base + "/checkpoints").at("checkpoints");
  ASSERT_EQ(checkpoints.as_array().size(), 1U);
  EXPECT_EQ(text_of(checkpoints.at(0), "label"), "here");
  EXPECT_EQ(text_of(checkpoints.at(0), "by"), "admin");
  daemon.call_checked(409, "POST", base + "/interrupts/0123456789abcdef", R"({"decision": "deny"})");
  daemon.call_checked(200, "POST", base + "/abort", R"({"mode": "now"})");
  EXPECT_NE(daemon.call("GET", base + "/events", {}, kStream).body.find("event: Aborted"), std::string::npos);
  const auto again = daemon.call_checked(200, "POST", base + "/abort");
  EXPECT_EQ(text_of(again, "status"), "aborted");
  daemon.call_checked(409, "POST", base + "/hints", R"({"text": "too late"})");
}

TEST(RunsApi, AnswersAnOpenQuestion) {
  const cli::testing::TemporaryFolder folder;
  RunningDaemon daemon(kWriting, folder.path());
  const std::string body =
      R"({"input": "write", "workspace": ")" + folder.path() + R"(", "tools": ["write_file"], "approve": "ask"})";
  const std::string base = "/v1/runs/" + text_of(daemon.call_checked(201, "POST", "/v1/runs", body), "run_id");
  testing::HttpClient follower(daemon.port());
  follower.send(daemon.request("GET", base + "/events", {}, kStream));
  const std::string seen = follower.read_until("event: InterruptRaised");
  const std::string marked = follower.read_until("\"interrupt_id\":\"");
  const std::size_t at = marked.find("\"interrupt_id\":\"") + 16;
  daemon.call_checked(200, "POST", base + "/interrupts/" + marked.substr(at, 16), R"({"decision": "allow_once"})");
  EXPECT_NE(follower.read_all().find("event: Completed"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(folder.path("a.txt")));
}

// A run that waits for a person, moved from one store into another by way of a file.
TEST(RunsApi, LeavesARunOutOfAFileAsItIsUntilItIsTrusted) {
  const cli::testing::TemporaryFolder folder;
  const std::string file = folder.path("run.orun");
  harness::RunId run_id;
  {
    auto builder = harness::HarnessBuilder();
    builder.provider(harness::scripted_provider({{"test", kWriting}}).value()).default_model("scripted/test");
    for (auto& tool : harness::workspace_tools()) builder.tool(std::move(tool));
    auto elsewhere = builder.build().value();
    auto run = elsewhere.session().run("write").tools({"write_file"}).workspace(folder.path()).start().value();
    run_id = run.id();
    for (const auto& event : run.events()) {
      if (event.get_if<harness::StreamEvent::InterruptRaised>() != nullptr) break;
    }
    ASSERT_TRUE(run.control().detach());
    std::ofstream out(file, std::ios::binary);
    const auto sink = [&out](std::string_view bytes) -> harness::Result<void> {
      out << bytes;
      return {};
    };
    ASSERT_TRUE(cli::wait_for(harness::journal::export_run(elsewhere.store(), run_id, {}, sink)));
  }
  RunningDaemon daemon(kWriting);
  const auto place = harness::journal::ExportPlace::of(file);
  ASSERT_TRUE(cli::wait_for(harness::journal::import_runs(daemon.harness().store(), place)));
  std::promise<Recovery> told;
  daemon.daemon().recover([&told](const harness::Result<Recovery>& recovery) { told.set_value(recovery.value()); });
  const Recovery recovery = told.get_future().get();
  EXPECT_EQ(recovery.imported, 1U);
  EXPECT_EQ(recovery.resumed, 0U);
  const std::string base = "/v1/runs/" + run_id.str();
  EXPECT_TRUE(daemon.call_checked(200, "GET", base).at("imported").as_bool());
  const auto refused = daemon.call_checked(409, "POST", base + "/resume");
  EXPECT_EQ(text_of(refused.at("error"), "code"), "imported_run");
  EXPECT_NE(text_of(refused.at("error"), "message").find(folder.path()), std::string::npos);
  EXPECT_FALSE(daemon.call_checked(200, "GET", base).at("held").as_bool());
  const auto resumed = daemon.call_checked(200, "POST", base + "/resume", R"({"trust_imported": true})");
  EXPECT_TRUE(resumed.at("held").as_bool());
  EXPECT_FALSE(std::filesystem::exists(folder.path("a.txt"))) << "it still asks";
}

TEST(RunsApi, SaysWhatIsWrong) {
  RunningDaemon daemon(kHello);
  const auto code = [&](unsigned status, const std::string& method, const std::string& target,
                        const std::string& body = {}) {
    return text_of(daemon.call_checked(status, method, target, body).at("error"), "code");
  };
  EXPECT_EQ(code(400, "POST", "/v1/runs", R"({"input": "hi", "modle": "x"})"), "unknown_field");
  EXPECT_EQ(code(400, "POST", "/v1/runs", "{"), "invalid_json");
  EXPECT_EQ(code(400, "POST", "/v1/runs"), "body_missing");
  EXPECT_EQ(code(400, "POST", "/v1/runs", R"({"input": "hi", "model": "nobody/x"})"), "unknown_provider");
  EXPECT_EQ(code(400, "POST", "/v1/runs", R"({"input": "hi", "settings": {"temperatur": 1}})"), "invalid_argument");
  EXPECT_EQ(code(400, "POST", "/v1/runs", R"({"input": "hi", "base_url": "http://evil.test"})"), "unknown_field");
  EXPECT_EQ(code(400, "POST", "/v1/runs", R"({"input": "hi", "workspace": "relative"})"), "invalid_argument");
  EXPECT_EQ(code(404, "POST", "/v1/runs", R"({"input": "hi", "session_id": "ses_01K5D0000000000000000000AB"})"),
            "session_not_found");
  EXPECT_EQ(code(404, "GET", "/v1/runs/run_01K5D0000000000000000000AB"), "run_not_found");
  EXPECT_EQ(code(404, "GET", "/v1/runs/run_01K5D0000000000000000000AB/events"), "run_not_found");
  EXPECT_EQ(code(400, "GET", "/v1/runs/1"), "invalid_id");
  EXPECT_EQ(code(400, "GET", "/v1/runs?cursor=x"), "invalid_cursor");
  EXPECT_EQ(code(400, "GET", "/v1/runs?limit=-1"), "out_of_range");
  EXPECT_EQ(code(400, "GET", "/v1/runs?limit=1000000000"), "out_of_range");
  EXPECT_EQ(code(400, "GET", "/v1/runs?since=2026-02-30T00:00:00Z"), "invalid_time");
  EXPECT_EQ(code(400, "GET", "/v1/runs?statu=active"), "unknown_parameter");
}

TEST(RunsApi, KeepsSessions) {
  RunningDaemon daemon(kHello);
  const auto session = daemon.call_checked(201, "POST", "/v1/sessions");
  const std::string id = text_of(session, "session_id");
  daemon.call_checked(200, "GET", "/v1/sessions/" + id);
  const std::string body = R"({"input": "hi", "session_id": ")" + id + R"("})";
  std::string run;
  for (int turn = 0; turn < 2; ++turn) {
    run = text_of(daemon.call_checked(201, "POST", "/v1/runs", body), "run_id");
  }
  daemon.call("GET", "/v1/runs/" + run + "/events", {}, kStream);
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/sessions/" + id).at("runs"), 2);
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/sessions").at("sessions").as_array().size(), 1U);
  EXPECT_EQ(daemon.call_checked(200, "GET", "/v1/runs?session=" + id).at("runs").as_array().size(), 2U);
}

TEST(ServiceApi, TellsOfItself) {
  RunningDaemon daemon(kHello);
  for (const char* target : {"/healthz", "/readyz", "/version", "/openapi.json"})
    daemon.call_checked(200, "GET", target);
  const Answer metrics = daemon.call("GET", "/metrics");
  EXPECT_NE(metrics.body.find("orchestrator_http_requests_total{status=\"2xx\"} 4\n"), std::string::npos)
      << metrics.body;
  const Answer head = daemon.call("HEAD", "/version");
  EXPECT_EQ(head.status, 200U);
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(head.head.find("Content-Length: 0"), std::string::npos);
}

TEST(ServiceApi, StopsWhileClientsFollow) {
  RunningDaemon daemon(kSlow);
  const std::string id = start(daemon);
  testing::HttpClient follower(daemon.port());
  follower.send(daemon.request("GET", "/v1/runs/" + id + "/events", {}, kStream));
  follower.read_until("event: OutputDelta");
  testing::HttpClient idle(daemon.port());
  EXPECT_EQ(daemon.daemon().stop(std::chrono::seconds(5)), 1U);
  EXPECT_EQ(follower.read_all().find("event: Completed"), std::string::npos);
  EXPECT_EQ(idle.read_all(), "");
}

TEST(Daemon, ListensOnThisMachineAlone) {
  auto harness = harness::HarnessBuilder().build().value();
  DaemonOptions options;
  options.address.host = "0.0.0.0";
  DaemonRecords records{IdempotencyKeys::open(":memory:", "test").value(), AccessRecords::open(":memory:").value()};
  Daemon daemon(harness, std::move(options), std::move(records));
  const auto started = daemon.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, "configuration_invalid");
}

}  // namespace
}  // namespace orchestrator::daemon
