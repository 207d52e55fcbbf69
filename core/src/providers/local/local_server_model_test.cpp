// SPDX-License-Identifier: Apache-2.0
// Goal: one real server for many runs: found, shared, replaced, stopped, gone when idle, and closed to whoever
// has no key. Method: the real model in a state directory of each test's own; skipped where it is not installed.
#include <sys/stat.h>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <csignal>

#include "providers/local/local_server.hpp"
#include "providers/local/testing/local_model_fixture.hpp"

namespace orchestrator::harness::providers {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using testing::has_ended;
using testing::has_stopped;

class SharedServer : public testing::LocalModelTest {
 protected:
  LocalEndpoint ensure(const LocalSettings& settings) {
    LocalServer server(settings);
    auto endpoint = run(server.ensure(progress(), soon()));
    EXPECT_TRUE(endpoint) << endpoint.error().message;
    return endpoint ? *endpoint : LocalEndpoint();
  }

  [[nodiscard]] LocalRecord record() const {
    const auto found = LocalServer(settings_).running();
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : LocalRecord();
  }

  /// The whole answer to one request with this key.
  std::string ask(const LocalEndpoint& endpoint, const std::string& key, const std::string& body) {
    const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.base_url.substr(endpoint.base_url.rfind(':') + 1)));
    asio::ip::tcp::socket socket(context_);
    socket.connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port));
    asio::write(socket, asio::buffer("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                                     "Authorization: Bearer " +
                                     key +
                                     "\r\nContent-Type: application/json\r\n"
                                     "Content-Length: " +
                                     std::to_string(body.size()) + "\r\n\r\n" + body));
    std::string answer;
    boost::system::error_code end;
    asio::read(socket, asio::dynamic_buffer(answer), end);
    return answer;
  }
};

TEST_F(SharedServer, AnswersWhoHasTheKeyAndNobodyElse) {
  const LocalEndpoint endpoint = ensure(settings_);
  EXPECT_EQ(endpoint.base_url.find("http://127.0.0.1:"), 0U);
  EXPECT_TRUE(endpoint.base_url.ends_with("/v1"));
  EXPECT_EQ(endpoint.model, "smollm2-135m-instruct");
  const std::string body = R"({"messages":[{"role":"user","content":"canary: say hello"}],"max_tokens":8,)"
                           R"("stream":true,"stream_options":{"include_usage":true}})";
  const std::string answer = ask(endpoint, endpoint.api_key, body);
  EXPECT_EQ(answer.find("HTTP/1.1 200"), 0U);
  EXPECT_NE(answer.find("\"completion_tokens\":"), std::string::npos);
  EXPECT_NE(answer.find("data: [DONE]"), std::string::npos);
  EXPECT_EQ(ask(endpoint, "wrong", body).find("HTTP/1.1 401"), 0U);
  EXPECT_EQ(testing::text_of(state_dir() / "server.log").find("canary"), std::string::npos);

  struct stat found{};
  ASSERT_EQ(::stat((state_dir() / "server.json").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0600U);
}

TEST_F(SharedServer, OneServerForAllWhoAskAtOnce) {
  LocalServer first(settings_);
  LocalServer second(settings_);
  std::vector<Result<LocalEndpoint>> found;
  const auto done = [&found](std::exception_ptr thrown, Result<LocalEndpoint> endpoint) {
    ASSERT_FALSE(thrown);
    found.push_back(std::move(endpoint));
  };
  asio::co_spawn(context_, first.ensure(progress(), soon()), done);
  asio::co_spawn(context_, second.ensure(progress(), soon()), done);
  context_.run();
  ASSERT_EQ(found.size(), 2U);
  ASSERT_TRUE(found[0] && found[1]);
  EXPECT_EQ(found[0]->base_url, found[1]->base_url);
  EXPECT_EQ(found[0]->api_key, found[1]->api_key);
  EXPECT_EQ(std::count(said_.begin(), said_.end(), "starting the local model"), 1);

  const pid_t pid = record().pid;
  said_.clear();
  EXPECT_EQ(ensure(settings_).base_url, found[0]->base_url);
  EXPECT_EQ(record().pid, pid);
  EXPECT_TRUE(said_.empty()) << said_.front();
}

TEST_F(SharedServer, IsFoundWithoutItsInstallation) {
  const LocalEndpoint endpoint = ensure(settings_);
  LocalSettings elsewhere = settings_;
  elsewhere.python = "/nonexistent";
  EXPECT_EQ(ensure(elsewhere).base_url, endpoint.base_url);
}

TEST_F(SharedServer, StopEndsItAndLeavesNoKeyBehind) {
  ensure(settings_);
  const pid_t pid = record().pid;
  LocalServer server(settings_);
  const auto stopped = run(server.stop(soon()));
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_TRUE(*stopped);
  wait_until(has_ended, pid);
  EXPECT_FALSE(std::filesystem::exists(state_dir() / "server.json"));
  EXPECT_EQ(run(server.stop(soon())), Result<bool>(false));
}

TEST_F(SharedServer, ReplacesAServerThatWasKilled) {
  const LocalEndpoint before = ensure(settings_);
  const pid_t pid = record().pid;
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  wait_until(has_ended, pid);
  EXPECT_TRUE(std::filesystem::exists(state_dir() / "server.json"));
  const LocalEndpoint after = ensure(settings_);
  EXPECT_NE(after.api_key, before.api_key);
  EXPECT_NE(record().pid, pid);
}

TEST_F(SharedServer, ReplacesAServerThatHangs) {
  ensure(settings_);
  const pid_t pid = record().pid;
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  wait_until(has_stopped, pid);
  LocalSettings impatient = settings_;
  impatient.health_timeout = milliseconds(50);
  impatient.replace_silent_after = milliseconds(200);
  impatient.end_time = milliseconds(200);
  said_.clear();
  ensure(impatient);
  EXPECT_NE(record().pid, pid);
  wait_until(has_ended, pid);
  ASSERT_FALSE(said_.empty());
  EXPECT_EQ(said_.front(), "the local model's server does not answer; replacing it");
}

TEST_F(SharedServer, AnIdleServerEndsAndTheNextRunStartsOne) {
  LocalSettings brief = settings_;
  brief.idle_after = milliseconds(300);
  ensure(brief);
  const pid_t pid = record().pid;
  wait_until(has_ended, pid);
  EXPECT_FALSE(std::filesystem::exists(state_dir() / "server.json"));
  ensure(settings_);
  EXPECT_NE(record().pid, pid);
}

TEST_F(SharedServer, SaysThatTheModelFileOrThePortIsTheTrouble) {
  LocalSettings wrong = settings_;
  wrong.model_file = "/nonexistent.gguf";
  LocalServer without_model(wrong);
  const auto no_model = run(without_model.ensure({}, soon()));
  ASSERT_FALSE(no_model);
  EXPECT_NE(no_model.error().message.find("the model file /nonexistent.gguf cannot be read"), std::string::npos);

  asio::ip::tcp::acceptor taken(context_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  wrong = settings_;
  wrong.port = taken.local_endpoint().port();
  LocalServer without_port(wrong);
  const auto no_port = run(without_port.ensure({}, soon()));
  ASSERT_FALSE(no_port);
  EXPECT_NE(no_port.error().message.find("on port " + std::to_string(wrong.port) + " (is it taken?)"),
            std::string::npos);
}

}  // namespace
}  // namespace orchestrator::harness::providers
