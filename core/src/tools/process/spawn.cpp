// SPDX-License-Identifier: Apache-2.0
#include "tools/process/spawn.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace orchestrator::harness::tools {

namespace {

enum class Step : int { parent_gone, session, cgroup, limit, descriptor, execute };

constexpr std::array<const char*, 6> kStepNames = {"the parent's end", "the session",     "the control group",
                                                   "a resource limit", "the descriptors", "the execution"};

struct Failure {
  int error;
  Step step;
};

// All memory that the child needs, made before it exists: after the fork only system calls are safe.
struct Prepared {
  explicit Prepared(const SpawnRequest& of) : request(of), high(of.descriptors.size(), -1) {
    for (const std::string& text : of.arguments) arguments.push_back(const_cast<char*>(text.c_str()));
    for (const std::string& text : of.environment) environment.push_back(const_cast<char*>(text.c_str()));
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
  }

  const SpawnRequest& request;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<int> high;  // the descriptors, out of the way of the numbers that they become
  int report = -1;
  pid_t parent = -1;
};

[[noreturn]] void give_up(const Prepared& prepared, Step step) {
  const Failure failure{errno, step};
  [[maybe_unused]] const ssize_t written = ::write(prepared.report, &failure, sizeof(failure));
  ::_exit(127);
}

void set_limit(const Prepared& prepared, const ResourceLimit& limit) {
  rlimit present{};
  if (::getrlimit(limit.resource, &present) != 0) give_up(prepared, Step::limit);
  const rlim_t value = std::min<rlim_t>(limit.value, present.rlim_max);
  const rlimit wanted{.rlim_cur = value, .rlim_max = value};
  if (::setrlimit(limit.resource, &wanted) != 0) give_up(prepared, Step::limit);
}

[[noreturn]] void become(Prepared& prepared) {
  // The parent may have died before the death signal was asked for.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  errno = ESRCH;
  if (::getppid() != prepared.parent) give_up(prepared, Step::parent_gone);
  if (::setsid() < 0) give_up(prepared, Step::session);
  for (const int procs : prepared.request.cgroups) {
    if (::write(procs, "0", 1) != 1) give_up(prepared, Step::cgroup);
  }
  constexpr int kHigh = 100;
  prepared.report = ::fcntl(prepared.report, F_DUPFD_CLOEXEC, kHigh);
  for (std::size_t i = 0; i < prepared.high.size(); ++i) {
    prepared.high[i] = ::fcntl(prepared.request.descriptors[i], F_DUPFD_CLOEXEC, kHigh);
    if (prepared.high[i] < 0) give_up(prepared, Step::descriptor);
  }
  for (std::size_t i = 0; i < prepared.high.size(); ++i) {
    if (::dup2(prepared.high[i], static_cast<int>(i)) < 0) give_up(prepared, Step::descriptor);
  }
  const auto first_unnamed = static_cast<unsigned>(prepared.high.size());
  if (::syscall(SYS_close_range, first_unnamed, ~0U, 1U << 2U /* CLOSE_RANGE_CLOEXEC */) != 0) {
    give_up(prepared, Step::descriptor);
  }
  for (const ResourceLimit& limit : prepared.request.limits) set_limit(prepared, limit);
  // Ignored signals would stay ignored: a pipe's writer would not end when its reader does.
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(prepared.request.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  give_up(prepared, Step::execute);
}

void reap(int handle) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(handle), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

}  // namespace

std::string errno_name(int error) {
  const char* name = ::strerrorname_np(error);
  return name == nullptr ? std::to_string(error) : std::string(name);
}

std::expected<SpawnedChild, SpawnError> spawn(const SpawnRequest& request) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(SpawnError{errno, "a pipe"});
  Descriptor report_in(ends[0]);
  Descriptor report_out(ends[1]);
  Prepared prepared(request);
  prepared.report = report_out.get();
  prepared.parent = ::getpid();

  // No handler of this process may run in the child.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  int handle = -1;
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&handle);
  arguments.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
  if (pid == 0) become(prepared);
  const int clone_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return std::unexpected(SpawnError{clone_error, "the fork"});

  SpawnedChild child{static_cast<pid_t>(pid), Descriptor(handle)};
  report_out.close();
  Failure failure{};
  ssize_t size = 0;
  do {
    size = ::read(report_in.get(), &failure, sizeof(failure));
  } while (size < 0 && errno == EINTR);
  if (size == 0) return child;
  reap(child.handle.get());
  if (size != sizeof(failure)) return std::unexpected(SpawnError{EIO, "the report of the child"});
  return std::unexpected(SpawnError{failure.error, kStepNames.at(static_cast<std::size_t>(failure.step))});
}

}  // namespace orchestrator::harness::tools
