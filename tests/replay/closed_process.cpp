// SPDX-License-Identifier: Apache-2.0
#include "closed_process.hpp"

#include <seccomp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace orchestrator::harness::replays {
namespace {

constexpr int kNotClosed = 99;

bool close_up() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return false;
  bool is_made = true;
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
                         SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group)}) {
    is_made = is_made && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
  }
  is_made = is_made && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return is_made;
}

}  // namespace

ClosedEnd run_closed(const std::function<void()>& prepare, const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    prepare();
    ::_exit(close_up() ? work() : kNotClosed);
  }
  ClosedEnd end;
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return end;
  if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

}  // namespace orchestrator::harness::replays
