// SPDX-License-Identifier: Apache-2.0
// Goal: every way in which a start can fail ends with one clear reason and without a process left behind.
// Method: shell scripts in place of the Python interpreter, which get the launcher's arguments.
#include "providers/local/local_server.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "providers/local/testing/local_server_fixture.hpp"

namespace orchestrator::harness::providers {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::has_ended;
using testing::text_of;
using testing::write_text;

class LocalServerStartTest : public testing::LocalServerTest {
 protected:
  /// Settings whose interpreter is a shell script with this body. $D is a folder of the test.
  LocalSettings settings_with(const std::string& body) {
    const auto script = folder_.path() / "interpreter";
    write_text(script, "#!/bin/sh\nD='" + folder_.path().string() + "'\n" + body + "\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    write_text(folder_.path() / "serve.py", "");
    LocalSettings settings;
    settings.python = script;
    settings.launcher = folder_.path() / "serve.py";
    settings.state_dir = state_dir();
    settings.install_hint = "`make it` installs it";
    return settings;
  }

  Error error_of(LocalSettings settings, milliseconds time = seconds(60)) {
    LocalServer server(std::move(settings));
    const auto result = run(server.ensure(progress(), in(time)));
    EXPECT_FALSE(result);
    return result ? Error() : result.error();
  }

  pid_t noted_pid(const char* name) { return static_cast<pid_t>(std::stol(text_of(folder_.path() / name))); }
};

TEST_F(LocalServerStartTest, SaysWhatIsNotInstalledAndHowToGetIt) {
  LocalSettings settings = settings_with("");
  settings.python = "/nonexistent/python";
  const Error no_python = error_of(settings);
  EXPECT_EQ(no_python.code, "local_model_unavailable");
  EXPECT_EQ(no_python.at, "/nonexistent/python");
  EXPECT_EQ(no_python.message,
            "the local model is not installed: its Python environment is missing; `make it` installs it");

  settings = settings_with("");
  settings.launcher = "/nonexistent/serve.py";
  EXPECT_EQ(error_of(settings).at, "/nonexistent/serve.py");
  settings.python.clear();
  EXPECT_EQ(error_of(settings).code, "local_model_unavailable");
}

TEST_F(LocalServerStartTest, PassesOnTheLaunchersReason) {
  const Error error = error_of(settings_with(R"(echo '{"error": "the model file /m is not a GGUF file"}'; exit 3)"));
  EXPECT_EQ(error.message, "the local model's server cannot start: the model file /m is not a GGUF file");
  EXPECT_EQ(error.at, (state_dir() / "server.log").string());
  EXPECT_EQ(said_, std::vector<std::string>{"starting the local model"});
}

TEST_F(LocalServerStartTest, ShowsTheLastLogLineOfAServerThatDied) {
  const Error error = error_of(settings_with("echo 'illegal instruction' >&2; exit 1"));
  EXPECT_EQ(error.message, "the local model's server ended before it was ready: illegal instruction");
}

TEST_F(LocalServerStartTest, AnAnswerThatIsNoneIsAnEnd) {
  EXPECT_NE(error_of(settings_with("echo hello")).message.find("ended before it was ready"), std::string::npos);
  EXPECT_NE(error_of(settings_with("head -c 100000 /dev/zero")).message.find("ended before"), std::string::npos);
  EXPECT_NE(error_of(settings_with(R"(echo '{"port": 1, "pid": 4711}')")).message.find("is gone right after"),
            std::string::npos);
}

TEST_F(LocalServerStartTest, AnInterpreterThatCannotRun) {
  LocalSettings settings = settings_with("");
  write_text(settings.python, "\x7f no program");
  EXPECT_NE(error_of(settings).message.find("cannot be started"), std::string::npos);
}

TEST_F(LocalServerStartTest, KillsWhatIsNotReadyAtTheDeadline) {
  const Error error = error_of(settings_with("sleep 1000 & echo $! >$D/child; echo $$ >$D/self; wait"), seconds(1));
  EXPECT_NE(error.message.find("was not ready after"), std::string::npos);
  EXPECT_TRUE(has_ended(noted_pid("self")));
  wait_until(has_ended, noted_pid("child"));
}

TEST_F(LocalServerStartTest, ADeadlineInThePastStartsNothingThatStays) {
  EXPECT_EQ(error_of(settings_with("exec sleep 1000"), seconds(-1)).code, "local_model_unavailable");
}

TEST_F(LocalServerStartTest, ACancelledWaitKillsTheStartAndReadsAsAValue) {
  LocalServer server(settings_with("echo $$ >$D/self; mkfifo $D/fifo; echo x >$D/fifo"));
  asio::cancellation_signal signal;
  std::optional<Result<LocalEndpoint>> result;
  const auto done = [&result](std::exception_ptr thrown, Result<LocalEndpoint> value) {
    ASSERT_FALSE(thrown);
    result = std::move(value);
  };
  asio::co_spawn(context_, server.ensure(progress(), soon()), asio::bind_cancellation_slot(signal.slot(), done));
  const auto cancel_once_started = [](std::filesystem::path note,
                                      asio::cancellation_signal* stop) -> asio::awaitable<void> {
    while (text_of(note).find('\n') == std::string::npos) {
      co_await testing::wait_shortly();
    }
    stop->emit(asio::cancellation_type::terminal);
  };
  asio::co_spawn(context_, cancel_once_started(folder_.path() / "self", &signal), [](std::exception_ptr thrown) {
    if (thrown) {
      std::rethrow_exception(thrown);
    }
  });
  context_.run();
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, "cancelled");
  EXPECT_TRUE(has_ended(noted_pid("self")));
}

TEST_F(LocalServerStartTest, TheProcessGetsNeitherKeysNorDescriptorsOfOurs) {
  ::setenv("OPENAI_API_KEY", "canary-4711", 1);
  const int left_open = ::open("/dev/zero", O_RDONLY);  // without O_CLOEXEC
  error_of(settings_with("env >$D/env; ls -l /proc/self/fd >$D/fd; echo \"$@\" >$D/args; cat >$D/stdin"));
  ::close(left_open);
  ::unsetenv("OPENAI_API_KEY");
  EXPECT_NE(text_of(folder_.path() / "env").find("PATH="), std::string::npos);
  EXPECT_EQ(text_of(folder_.path() / "env").find("canary"), std::string::npos);
  EXPECT_EQ(text_of(folder_.path() / "fd").find("/dev/zero"), std::string::npos);
  EXPECT_EQ(text_of(folder_.path() / "stdin"), "");
  EXPECT_EQ(text_of(folder_.path() / "args"), "-I " + (folder_.path() / "serve.py").string() +
                                                  " --detach --state-dir " + state_dir().string() +
                                                  " --idle-seconds 600.0 --threads 0 --port 0\n");
}

TEST_F(LocalServerStartTest, StopWithoutAServer) {
  LocalServer server(settings_with(""));
  const auto stopped = run(server.stop(soon()));
  ASSERT_TRUE(stopped);
  EXPECT_FALSE(*stopped);
  EXPECT_FALSE(*server.running());
}

TEST_F(LocalServerStartTest, StateDirectoryOfOthers) {
  std::filesystem::create_directory(state_dir());
  std::filesystem::permissions(state_dir(), std::filesystem::perms::all);
  EXPECT_EQ(error_of(settings_with("")).at, state_dir().string());
}

}  // namespace
}  // namespace orchestrator::harness::providers
