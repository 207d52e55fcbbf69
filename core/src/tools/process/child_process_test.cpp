// SPDX-License-Identifier: Apache-2.0
// Goal: a program's output, end and whole tree are told and ended as the header says.
// Method: real programs of the system; descendants are counted in /proc by a variable of their environment.
#include "tools/process/child_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "runtime/testing/run_awaitable.hpp"
#include "tools/process/testing/marked_processes.hpp"

namespace orchestrator::harness::tools {
namespace {

namespace asio = boost::asio;
using testing::MarkedProcesses;
using Outcome = std::expected<std::shared_ptr<ChildOutcome>, SpawnError>;

class ChildProcess : public ::testing::Test {
 protected:
  ChildRequest shell(const std::string& script) const {
    ChildRequest request;
    request.program = "/bin/sh";
    request.arguments = {"sh", "-c", script};
    request.environment = {"PATH=/usr/bin:/bin", marked_.variable()};
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    return request;
  }
  Outcome run(ChildRequest request, std::stop_token stop = {}) {
    return runtime::testing::run_awaitable(io_, run_child(std::move(request), std::move(stop)));
  }
  void TearDown() override { EXPECT_EQ(marked_.count(), 0U); }

  asio::io_context io_;
  MarkedProcesses marked_;
};

TEST_F(ChildProcess, OutputExitCodeAndEnvironmentAreThoseOfTheProgram) {
  const Outcome outcome = run(shell("echo out; echo err >&2; env | cut -d= -f1 | sort | tr '\\n' ' '; exit 255"));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().step;
  EXPECT_EQ((*outcome)->end, ChildEnd::by_itself);
  EXPECT_EQ((*outcome)->exit_code, 255);
  EXPECT_EQ((*outcome)->out.kept(), "out\n" + marked_.name() + " PATH PWD ");
  EXPECT_EQ((*outcome)->err.kept(), "err\n");
  EXPECT_FALSE((*outcome)->left_running);
}

TEST_F(ChildProcess, ASignalIsTold) {
  const Outcome outcome = run(shell("kill -SEGV $$"));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ((*outcome)->signal, SIGSEGV);
  EXPECT_EQ((*outcome)->exit_code, -1);
}

TEST_F(ChildProcess, WhatCannotBeStartedNamesItsErrno) {
  ChildRequest request = shell("true");
  request.program = "/no/such/program";
  EXPECT_EQ(errno_name(run(std::move(request)).error().error), "ENOENT");
  request = shell("true");
  request.program = "/etc/passwd";
  EXPECT_EQ(errno_name(run(std::move(request)).error().error), "EACCES");
  request = shell("true");
  request.arguments.push_back(std::string(std::size_t{3} << 20, 'x'));
  EXPECT_EQ(errno_name(run(std::move(request)).error().error), "E2BIG");
}

TEST_F(ChildProcess, StandardInputIsEmptyAndNoOtherDescriptorIsOpen) {
  const Outcome outcome = run(shell("cat; ls /proc/self/fd | wc -l"));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ((*outcome)->out.kept(), "4\n");  // 0, 1, 2, and the folder that ls reads
}

TEST_F(ChildProcess, TheDeadlineEndsAChildThatIgnoresTerm) {
  ChildRequest request = shell("trap '' TERM; echo ready; while :; do :; done");
  request.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  request.grace = std::chrono::milliseconds(50);
  const Outcome outcome = run(std::move(request));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ((*outcome)->end, ChildEnd::deadline);
  EXPECT_EQ((*outcome)->signal, SIGKILL);
}

TEST_F(ChildProcess, ACancellationGivesTheTreeItsTerm) {
  std::stop_source stop;
  ChildRequest request = shell("trap 'echo bye; exit 7' TERM; echo ready >&3; while :; do :; done");
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Descriptor ready(ends[1]);
  request.descriptors = {ready.get()};
  asio::posix::stream_descriptor readable(io_, ends[0]);
  readable.async_wait(asio::posix::stream_descriptor::wait_read, [&](auto) { stop.request_stop(); });
  request.grace = std::chrono::seconds(10);
  const Outcome outcome = run(std::move(request), stop.get_token());
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ((*outcome)->end, ChildEnd::cancelled);
  EXPECT_EQ((*outcome)->exit_code, 7);
  EXPECT_EQ((*outcome)->out.kept(), "bye\n");
}

TEST_F(ChildProcess, ACancellationBeforeTheStartStartsNothing) {
  std::stop_source stop;
  stop.request_stop();
  const Outcome outcome = run(shell("echo never"), stop.get_token());
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE((*outcome)->started);
  EXPECT_EQ((*outcome)->out.total_bytes(), 0U);
}

TEST_F(ChildProcess, CancellingTheCoroutineEndsIt) {
  asio::cancellation_signal signal;
  Outcome outcome;
  ChildRequest request = shell("while :; do :; done");
  request.grace = std::chrono::milliseconds(200);
  asio::co_spawn(io_, run_child(std::move(request), {}),
                 asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, Outcome ended) {
                   outcome = std::move(ended);
                   io_.stop();
                 }));
  asio::post(io_, [&] { asio::post(io_, [&] { signal.emit(asio::cancellation_type::terminal); }); });
  io_.run_for(runtime::testing::kTestPatience);
  ASSERT_TRUE(outcome.has_value() && *outcome);
  EXPECT_EQ((*outcome)->end, ChildEnd::cancelled);
}

TEST_F(ChildProcess, WhoHoldsTheOutputOpenIsEndedAndToldOf) {
  const Outcome outcome = run(shell("while :; do :; done & echo done"));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ((*outcome)->exit_code, 0);
  EXPECT_TRUE((*outcome)->left_running);
  EXPECT_EQ((*outcome)->out.kept(), "done\n");
}

TEST_F(ChildProcess, AGibibyteIsCountedInBoundedMemory) {
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  const Outcome outcome = run(shell("head -c 1073741824 /dev/zero"));
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ((*outcome)->out.total_bytes(), std::uint64_t{1} << 30);
  EXPECT_EQ((*outcome)->out.kept().size(), std::size_t{16} << 20);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 << 10);
}

TEST_F(ChildProcess, LimitsHoldFromTheFirstInstruction) {
  ChildRequest request = shell("trap '' XFSZ; head -c 100000 /dev/zero > $FILE; echo $?; ulimit -c");
  const std::string file = ::testing::TempDir() + "/limits-" + marked_.name();
  request.environment.push_back("FILE=" + file);
  request.limits = {{RLIMIT_FSIZE, 4'096}, {RLIMIT_CORE, 0}};
  const Outcome outcome = run(std::move(request));
  ::unlink(file.c_str());
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ((*outcome)->out.kept(), "1\n0\n");
}

TEST_F(ChildProcess, AContextThatEndsTakesItsChildrenAlong) {
  {
    asio::io_context io;
    asio::co_spawn(io, run_child(shell("while :; do :; done"), {}), [](std::exception_ptr, Outcome) {});
    io.poll();
    EXPECT_EQ(marked_.count(), 1U);
  }
  EXPECT_EQ(marked_.count(), 0U);
}

}  // namespace
}  // namespace orchestrator::harness::tools
