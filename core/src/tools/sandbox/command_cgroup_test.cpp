// SPDX-License-Identifier: Apache-2.0
// Goal: groups bound what they say, and those of killed harnesses go away with what is in them.
// Method: real groups where this machine permits them; elsewhere the object must do nothing.
#include "tools/sandbox/command_cgroup.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace orchestrator::harness::tools {
namespace {

TEST(CommandCgroup, EntrancesAreThereWhereBoundsAre) {
  const CommandCgroup groups({});
  EXPECT_EQ(groups.entrances().empty(), !groups.bounds_processes() && !groups.bounds_memory());
}

TEST(CommandCgroup, TheGroupOfAKilledHarnessIsEmptied) {
  // The harness: makes a group, puts a child into it, and ends without cleaning up.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t harness = ::fork();
  if (harness == 0) {
    const CommandCgroup groups({});
    pid_t child = groups.entrances().empty() ? 0 : ::fork();
    if (child == 0 && !groups.entrances().empty()) {
      for (const int entrance : groups.entrances()) {
        if (::write(entrance, "0", 1) != 1) ::_exit(1);
      }
      ::close(ends[0]);
      const ssize_t told = ::write(ends[1], "x", 1);
      ::pause();
      ::_exit(told == 1 ? 0 : 1);
    }
    if (child == 0) ::kill(::getpid(), SIGKILL);
    // Ends when the child is in its group.
    char byte = 0;
    if (::read(ends[0], &byte, 1) == 1) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  ::close(ends[1]);
  ::waitpid(harness, nullptr, 0);
  CommandCgroup::remove_abandoned();
  // The child held the other end: the pipe ends with it.
  pollfd wait{.fd = ends[0], .events = 0, .revents = 0};
  EXPECT_EQ(::poll(&wait, 1, 10'000), 1);
  EXPECT_TRUE((wait.revents & POLLHUP) != 0);
  CommandCgroup::remove_abandoned();
  ::close(ends[0]);
}

}  // namespace
}  // namespace orchestrator::harness::tools
