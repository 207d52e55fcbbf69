// SPDX-License-Identifier: Apache-2.0
// Goal: a command sees and changes what the sandbox promises, ends whole, and is bounded.
// Method: real commands in real sandboxes over a folder of the test; processes are counted in /proc.
#include "tools/sandbox/sandbox.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "runtime/testing/run_awaitable.hpp"
#include "tools/process/testing/marked_processes.hpp"

namespace orchestrator::harness::tools {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Outcome = std::expected<SandboxOutcome, ToolError>;
using std::chrono::milliseconds;
using testing::MarkedProcesses;

class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest() {
    std::string name = "/tmp/sandbox-test-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    workspace_ = *Workspace::open(folder_);
  }
  ~SandboxTest() override { fs::remove_all(folder_); }
  void TearDown() override { EXPECT_EQ(marked_.count(), 0U); }

  SandboxedCommand shell(const std::string& script) const {
    return {.argv = {"/bin/sh", "-c", script, marked_.name()},
            .workspace = workspace_,
            .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(25)};
  }
  Outcome run(SandboxedCommand command, std::stop_token stop = {}) {
    return runtime::testing::run_awaitable(io_, sandbox_.run(std::move(command), std::move(stop)));
  }
  std::string output(const std::string& script) {
    const Outcome outcome = run(shell(script));
    if (!outcome) return outcome.error().message;
    return std::string(outcome->child->out.kept()) + std::string(outcome->child->err.kept());
  }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(folder_ + "/" + path).parent_path());
    std::ofstream(folder_ + "/" + path) << text;
  }
  std::string read(const std::string& path) const {
    std::ifstream file(folder_ + "/" + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  asio::io_context io_;
  MarkedProcesses marked_;
  std::string folder_;
  std::shared_ptr<const Workspace> workspace_;
  Sandbox sandbox_{{.protected_paths = {"./locked//deep/file/"}, .language = {}}};
};

TEST_F(SandboxTest, TheWorkspaceIsWritableAtItsOwnPathAndNothingElseIs) {
  EXPECT_EQ(output("pwd; echo new > made; touch /x /usr/x /etc/x 2>/dev/null || echo refused"),
            folder_ + "\nrefused\n");
  EXPECT_EQ(read("made"), "new\n");
}

TEST_F(SandboxTest, HomesRunAndTheStateFolderAreNotThere) {
  EXPECT_EQ(output("ls -d /root /home /run /var /srv /mnt /sys 2>/dev/null; ls -A /tmp | grep -v sandbox-test; "
                   "echo $HOME"),
            "/tmp\n");
}

TEST_F(SandboxTest, NoCapabilityNoUserNamespaceNoSecretOfEtc) {
  write("secret", "");
  const std::string text = output(
      "grep -E 'CapEff|CapBnd|NoNewPrivs|^Seccomp:' /proc/self/status; id -u; "
      "cat /etc/shadow; unshare -U true; mount -t tmpfs none /tmp");
  EXPECT_TRUE(
      text.starts_with("CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n1000\n"))
      << text;
  EXPECT_TRUE(text.contains("/etc/shadow: Permission denied")) << text;
  EXPECT_TRUE(text.contains("unshare failed")) << text;
  EXPECT_FALSE(text.contains("root:")) << text;
}

TEST_F(SandboxTest, TheKernelsSettingsAndTheDevicesAreNotWritable) {
  EXPECT_EQ(
      output(
          "for p in $(find /proc/sys /proc/irq /proc/bus /proc/fs -type f | head -200) /proc/sysrq-trigger /dev/x; do "
          "(: >> $p) 2>/dev/null && echo opened $p; done; cat /proc/keys /proc/kcore 2>/dev/null | head -c "
          "10; echo x > /dev/null && echo x > /dev/shm/x && "
          "stat -c %a /dev/shm/x; ls -d /dev/sd* /dev/vd* /dev/mem /dev/kvm 2>/dev/null"),
      "644\n");
}

TEST_F(SandboxTest, TheTemporaryFoldersAreBounded) {
  Sandbox sandbox({.limits = {.temporary_bytes = 1 << 20}});
  const Outcome outcome = runtime::testing::run_awaitable(
      io_,
      sandbox.run(shell("for d in /tmp /dev/shm; do head -c 3000000 /dev/zero > $d/x; stat -c %s $d/x; done"), {}));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->child->out.kept(), "1048576\n1048576\n");
}

TEST_F(SandboxTest, ThereIsNoNetworkUnlessItIsGranted) {
  EXPECT_EQ(output("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"), "lo\n");
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(server, 4), 0);
  ::getsockname(server, reinterpret_cast<sockaddr*>(&address), &size);
  SandboxedCommand command = shell("exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(::ntohs(address.sin_port)));
  command.argv[0] = "/bin/bash";
  const Outcome without = run(command);
  ASSERT_TRUE(without.has_value()) << without.error().message;
  EXPECT_NE(without->child->exit_code, 0);
  command.network = true;
  const Outcome with = run(command);
  ::close(server);
  ASSERT_TRUE(with.has_value()) << with.error().message;
  EXPECT_EQ(with->child->exit_code, 0) << with->child->err.kept();
}

TEST_F(SandboxTest, ProtectedPathsAreReadOnly) {
  write(".git/config", "[core]\n");
  write(".git/hooks/pre-commit", "#!/bin/sh\n");
  write("orchestrator.toml", "a = 1\n");
  write(".bashrc", "");
  write("locked/deep/file", "kept");
  const std::string text = output(
      "for p in .git/config .git/hooks/new .git/hooks/pre-commit orchestrator.toml .bashrc locked/deep/file; do "
      "(echo x > $p) 2>/dev/null && echo wrote $p; done; mv locked away 2>/dev/null && echo moved; "
      "mv .git git 2>/dev/null && echo moved; rm -rf .git 2>/dev/null; echo end");
  EXPECT_EQ(text, "end\n");
  EXPECT_EQ(read(".git/config"), "[core]\n");
  EXPECT_EQ(read("locked/deep/file"), "kept");
}

TEST_F(SandboxTest, ProtectedPathsThatDoNotExistCannotBeMadeAndLeaveNothingBehind) {
  fs::create_directories(folder_ + "/locked/deep");
  const std::string text = output(
      "for p in .git/config .orchestrator/x orchestrator.toml .envrc locked/deep/file; do "
      "(echo x > $p) 2>/dev/null && echo wrote $p; done; rmdir .git 2>/dev/null; "
      "mv .git git 2>/dev/null && echo moved; echo end");
  EXPECT_EQ(text, "end\n");
  fs::remove_all(folder_ + "/locked");
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(SandboxTest, AProtectedLinkIsRefused) {
  fs::create_directory_symlink("/etc", folder_ + "/.git");
  const Outcome outcome = run(shell("true"));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ToolErrorCode::protected_path);
}

TEST_F(SandboxTest, TheFolderIsBeneathTheWorkspaceAndIsTheOneThatWasNamed) {
  write("sub/file", "");
  SandboxedCommand command = shell("pwd");
  command.folder = "sub";
  EXPECT_EQ(run(command)->child->out.kept(), folder_ + "/sub\n");
  const auto code = [&](const std::string& folder) {
    command.folder = folder;
    const Outcome outcome = run(command);
    return outcome ? "none" : std::string(name_of(outcome.error().code));
  };
  EXPECT_EQ(code(".."), "path_outside_workspace");
  EXPECT_EQ(code("/etc"), "path_outside_workspace");
  EXPECT_EQ(code("gone"), "cwd_missing");
  EXPECT_EQ(code("sub/file"), "not_a_directory");
  EXPECT_EQ(code(std::string("a\0b", 3)), "path_invalid");
  fs::create_directory_symlink("/etc", folder_ + "/link");
  EXPECT_EQ(code("link"), "path_outside_workspace");
  fs::remove_all(folder_);
  EXPECT_EQ(code(""), "cwd_missing");
}

TEST_F(SandboxTest, AWorkspaceThatWasSwappedIsNotEntered) {
  fs::rename(folder_, folder_ + ".moved");
  fs::create_directory(folder_);
  EXPECT_EQ(output("pwd"), folder_ + ".moved\n");
  fs::remove_all(folder_ + ".moved");
}

TEST_F(SandboxTest, AFolderOfTheSystemIsNoWorkspace) {
  for (const char* path : {"/", "/etc", "/proc", "/usr"}) {
    SandboxedCommand command = shell("true");
    command.workspace = *Workspace::open(path);
    const Outcome outcome = run(command);
    ASSERT_FALSE(outcome.has_value()) << path;
    EXPECT_EQ(outcome.error().code, ToolErrorCode::sandbox_unavailable);
  }
}

TEST_F(SandboxTest, NoDescriptorOfTheHarnessIsInside) {
  EXPECT_EQ(output("ls /proc/self/fd | tr '\\n' ' '; ls -l /proc/1/fd /proc/2/fd 2>/dev/null | grep -c sandbox-test"),
            "0 1 2 3 0\n");
}

// P12: however a command hides its children, none is left, and the time until then is bounded.
TEST_F(SandboxTest, NoProcessOutlivesItsCommand) {
  const std::string mark = marked_.name();
  const std::string loop = "sh -c 'trap \"\" TERM HUP INT; while :; do :; done' " + mark;
  for (const std::string& script : {"setsid " + loop + " >/dev/null 2>&1 & exit 0",
                                    "(setsid sh -c '" + std::string("sleep 1000 & exit") + "' & exit) & exit 0",
                                    loop + " & " + loop + " & exit 0", "nohup " + loop + " & exit 0"}) {
    const Outcome outcome = run(shell(script));
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    EXPECT_EQ(outcome->child->exit_code, 0);
    EXPECT_GE(outcome->left_running, 1U) << script;
    EXPECT_EQ(marked_.count(), 0U) << script;
  }
}

TEST_F(SandboxTest, ACommandThatLeavesNothingIsNotBlamed) {
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome = run(shell("true & true | true; (true &) ; wait; exit 3"));
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->child->exit_code, 3);
    EXPECT_EQ(outcome->left_running, 0U);
  }
}

TEST_F(SandboxTest, CancellingAtAnyMomentLeavesNothing) {
  const std::string loop = "sh -c 'trap \"\" TERM; while :; do :; done' " + marked_.name();
  Sandbox sandbox({.grace = milliseconds(20)});
  for (int turns = 0; turns < 40; ++turns) {
    std::stop_source stop;
    asio::io_context io;
    std::optional<Outcome> outcome;
    asio::co_spawn(io, sandbox.run(shell("setsid " + loop + " & " + loop), stop.get_token()),
                   [&](std::exception_ptr, Outcome ended) { outcome = std::move(ended); });
    for (int i = 0; i < turns; ++i) io.run_one_for(milliseconds(2));
    stop.request_stop();
    io.run_for(runtime::testing::kTestPatience);
    ASSERT_TRUE(outcome && outcome->has_value());
    EXPECT_EQ((*outcome)->child->end, ChildEnd::cancelled);
    EXPECT_FALSE((*outcome)->child->left_running);
    EXPECT_EQ(marked_.count(), 0U);
  }
}

TEST_F(SandboxTest, TermGivesACommandItsGrace) {
  SandboxedCommand command = shell("trap 'echo bye; exit 0' TERM; while :; do :; done");
  command.deadline = std::chrono::steady_clock::now() + milliseconds(300);
  const Outcome outcome = run(command);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->child->end, ChildEnd::deadline);
  EXPECT_EQ(outcome->child->out.kept(), "bye\n");
}

// M12
TEST_F(SandboxTest, AForkBombIsBoundedAndEnded) {
  Sandbox sandbox({.limits = {.processes_max = 64}});
  SandboxedCommand command = shell("bomb() { bomb | bomb & }; bomb; while :; do :; done");
  command.deadline = std::chrono::steady_clock::now() + milliseconds(700);
  const Outcome outcome = runtime::testing::run_awaitable(io_, sandbox.run(command, {}));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_FALSE(outcome->child->left_running);
  EXPECT_EQ(marked_.count(), 0U);
}

TEST_F(SandboxTest, ABombThatIsLeftBehindDoesNotHideTheCodeOfTheCommand) {
  Sandbox sandbox({.limits = {.processes_max = 32}});
  const Outcome outcome =
      runtime::testing::run_awaitable(io_, sandbox.run(shell("bomb() { bomb | bomb & }; bomb; exit 5"), {}));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->child->exit_code, 5);
}

TEST_F(SandboxTest, AFileIsBoundedHolesCounted) {
  Sandbox sandbox({.limits = {.file_bytes = 1 << 20}});
  const Outcome outcome =
      runtime::testing::run_awaitable(io_, sandbox.run(shell("trap '' XFSZ; truncate -s 10G big; stat -c %s big"), {}));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->child->err.kept().contains("File too large")) << outcome->child->err.kept();
}

TEST_F(SandboxTest, MemoryIsBounded) {
  Sandbox sandbox({.limits = {.memory_bytes = 64 << 20}});
  const Outcome outcome = runtime::testing::run_awaitable(
      io_, sandbox.run(shell("head -c 500000000 /dev/zero | tail > /dev/null; echo ended $?"), {}));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_NE(outcome->child->out.kept(), "ended 0\n");
}

TEST_F(SandboxTest, EndlessOutputEndsAtTheDeadline) {
  SandboxedCommand command = shell("yes");
  command.deadline = std::chrono::steady_clock::now() + milliseconds(300);
  const Outcome outcome = run(command);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->child->end, ChildEnd::deadline);
  EXPECT_LE(outcome->child->out.kept().size(), std::size_t{16} << 20);
}

TEST_F(SandboxTest, AKilledHarnessTakesTheTreeAlong) {
  const pid_t harness = ::fork();
  if (harness == 0) {
    asio::io_context io;
    Sandbox sandbox({});
    asio::co_spawn(
        io, sandbox.run(shell("setsid sh -c 'while :; do :; done' " + marked_.name() + " & echo > up; wait"), {}),
        [](std::exception_ptr, Outcome) {});
    io.run();
    ::_exit(0);
  }
  const auto until = std::chrono::steady_clock::now() + runtime::testing::kTestPatience;
  while (!fs::exists(folder_ + "/up") && std::chrono::steady_clock::now() < until) ::sched_yield();
  EXPECT_GE(marked_.count(), 1U);
  ::kill(harness, SIGKILL);
  ::waitpid(harness, nullptr, 0);
  while (marked_.count() > 0 && std::chrono::steady_clock::now() < until) ::sched_yield();
  // The next harness ends and removes what the kernel leaves of a killed one.
  const Sandbox next({});
  (void)next.system();
  // What nobody takes away: empty folders.
  EXPECT_FALSE(fs::exists(folder_ + "/.git/config"));
}

}  // namespace
}  // namespace orchestrator::harness::tools
