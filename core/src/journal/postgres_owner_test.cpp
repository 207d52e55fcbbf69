// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_owner.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

namespace orchestrator::harness::journal {
namespace {

// A process that was killed keeps its number until its parent looks; many first processes of containers never do.
TEST(PostgresOwner, HoldsNothingOnceItsProcessHasEnded) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string begun = present_owner().begun;
    const bool is_told = ::write(pipe[1], begun.data(), begun.size()) == static_cast<ssize_t>(begun.size());
    ::close(pipe[1]);
    while (is_told) ::pause();
    ::_exit(1);
  }
  ASSERT_GT(child, 0);
  ::close(pipe[1]);
  std::string begun;
  std::array<char, 64> bytes{};
  for (ssize_t count = 0; (count = ::read(pipe[0], bytes.data(), bytes.size())) > 0;) {
    begun.append(bytes.data(), static_cast<std::size_t>(count));
  }
  ::close(pipe[0]);
  PostgresOwner owner = present_owner();
  owner.pid = std::to_string(child);
  owner.begun = begun;
  owner.is_leased = true;
  EXPECT_TRUE(holds(owner));
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(holds(owner));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(holds(owner));
}

TEST(PostgresOwner, HoldsWhileNobodyCanKnowOrItIsAnotherProcess) {
  PostgresOwner owner = present_owner();
  EXPECT_FALSE(holds(owner)) << "without a lease";
  owner.is_leased = true;
  EXPECT_TRUE(holds(owner));
  owner.begun += "0";
  EXPECT_FALSE(holds(owner)) << "the number was given again";
  owner.machine = "another boot";
  EXPECT_TRUE(holds(owner));
}

}  // namespace
}  // namespace orchestrator::harness::journal
