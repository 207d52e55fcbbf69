// SPDX-License-Identifier: Apache-2.0
#include "kills/killed_work.hpp"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

namespace orchestrator::harness::kills {
namespace {

constexpr int kNotPrepared = 98;
constexpr std::size_t kProblemBytes = 1'024;

// Calls that write bytes to their first argument, in which their third argument counts them.
constexpr std::array kWrites{SCMP_SYS(write), SCMP_SYS(pwrite64)};
// Others that change what their first argument is open on.
constexpr std::array kOnDescriptors{SCMP_SYS(writev),    SCMP_SYS(pwritev),   SCMP_SYS(pwritev2),
                                    SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fsync),
                                    SCMP_SYS(fdatasync), SCMP_SYS(fchmod),    SCMP_SYS(copy_file_range)};
constexpr std::array kOnPaths{SCMP_SYS(rename),    SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink),
                              SCMP_SYS(unlinkat),  SCMP_SYS(mkdir),    SCMP_SYS(mkdirat),   SCMP_SYS(rmdir),
                              SCMP_SYS(symlinkat), SCMP_SYS(linkat),   SCMP_SYS(fchmodat),  SCMP_SYS(truncate)};

template <class Calls>
bool is_one_of(const Calls& calls, std::uint64_t call) {
  return std::ranges::find(calls, static_cast<int>(call)) != calls.end();
}

// From here on the process is stopped at each of these calls, with the threads that it will have.
bool stop_at_changes() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return false;
  bool is_made = true;
  const auto add = [&](const auto& calls) {
    for (const int call : calls) is_made = is_made && seccomp_rule_add(filter, SCMP_ACT_TRACE(0), call, 0) == 0;
  };
  add(kWrites);
  add(kOnDescriptors);
  add(kOnPaths);
  const scmp_arg_cmp makes{2, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT};  // its flags
  is_made = is_made && seccomp_rule_add(filter, SCMP_ACT_TRACE(0), SCMP_SYS(openat), 1, makes) == 0;
  is_made = is_made && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return is_made;
}

// The child with its threads, and where it is to die.
class Tracer {
 public:
  Tracer(pid_t child, std::string folder, int kill_at) : child_(child), folder_(std::move(folder)), left_(kill_at) {}

  // The child's wait status.
  int follow() {
    constexpr long kOptions = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    int status = 0;
    ::waitpid(child_, &status, 0);
    if (WIFSTOPPED(status)) {
      ::ptrace(PTRACE_SETOPTIONS, child_, nullptr, kOptions);
      ::ptrace(PTRACE_CONT, child_, nullptr, nullptr);
    } else {
      return status;
    }
    for (;;) {
      const pid_t thread = ::waitpid(-1, &status, __WALL);
      if (thread < 0) return -1;
      if (!WIFSTOPPED(status)) {
        if (thread == child_) return status;
        continue;
      }
      pass(thread, status);
    }
  }

 private:
  void pass(pid_t thread, int status) {
    const int event = status >> 16;
    if (event == PTRACE_EVENT_SECCOMP) {
      pass_call(thread);
    } else {
      const int signal = WSTOPSIG(status);
      const bool is_own = event != 0 || signal == SIGSTOP || signal == SIGTRAP;  // of tracing, not for the child
      ::ptrace(PTRACE_CONT, thread, nullptr, is_own ? 0 : signal);
    }
  }

  void pass_call(pid_t thread) {
    __ptrace_syscall_info call{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(call), &call);
    const auto& arguments = call.seccomp.args;
    const bool is_write = is_one_of(kWrites, call.seccomp.nr);
    const bool is_on_descriptor = is_write || is_one_of(kOnDescriptors, call.seccomp.nr);
    if (is_on_descriptor && !is_in_folder(thread, arguments[0])) return go_on(thread);
    if (is_here()) return kill();
    if (is_write && arguments[2] > 1 && is_here()) {
      write_half(thread, arguments[2]);
      return kill();
    }
    go_on(thread);
  }

  bool is_here() { return left_ > 0 && --left_ == 0; }
  void go_on(pid_t thread) const { ::ptrace(PTRACE_CONT, thread, nullptr, nullptr); }
  void kill() const { ::kill(child_, SIGKILL); }

  bool is_in_folder(pid_t thread, std::uint64_t descriptor) const {
    std::error_code error;
    const std::string link = "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(descriptor);
    return std::filesystem::read_symlink(link, error).string().starts_with(folder_);
  }

  // The call goes on with half of its bytes, to its end and not farther.
  static void write_half(pid_t thread, std::uint64_t bytes) {
    user_regs_struct registers{};
    ::ptrace(PTRACE_GETREGS, thread, nullptr, &registers);
    registers.rdx = bytes / 2;
    ::ptrace(PTRACE_SETREGS, thread, nullptr, &registers);
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, nullptr);
    int status = 0;
    ::waitpid(thread, &status, __WALL);
  }

  pid_t child_;
  std::string folder_;
  int left_;
};

using Problem = std::array<char, kProblemBytes>;
struct Unmapper {
  void operator()(Problem* problem) const { ::munmap(problem, sizeof(*problem)); }
};

int carry_out(const std::function<Result<void>()>& work, Problem& problem) {
  const Result<void> done = work();
  if (done) return 0;
  const std::string text = done.error().code + ": " + done.error().message;
  std::memcpy(problem.data(), text.data(), std::min(text.size(), problem.size() - 1));
  return 1;
}

}  // namespace

KilledWork run_killed(const std::string& folder, int kill_at, const std::function<Result<void>()>& work) {
  void* shared = ::mmap(nullptr, sizeof(Problem), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return {Fate::failed, "no memory to share"};
  const std::unique_ptr<Problem, Unmapper> problem(static_cast<Problem*>(shared));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kNotPrepared);
    ::raise(SIGSTOP);
    ::_exit(stop_at_changes() ? carry_out(work, *problem) : kNotPrepared);
  }
  if (child < 0) return {Fate::failed, "no process"};
  const int status = Tracer(child, folder, kill_at).follow();
  if (status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return {Fate::killed, {}};
  if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {Fate::ended, {}};
  return {Fate::failed, problem->data() + (" (wait status " + std::to_string(status) + ")")};
}

}  // namespace orchestrator::harness::kills
