// SPDX-License-Identifier: Apache-2.0
#include "tools/sandbox/seccomp_filter.hpp"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

namespace orchestrator::harness::tools {

namespace {

constexpr std::array kDenied = {"ptrace",
                                "process_vm_readv",
                                "process_vm_writev",
                                "kcmp",
                                "pidfd_getfd",  // other processes
                                "mount",
                                "umount2",
                                "umount",
                                "pivot_root",
                                "chroot",
                                "move_mount",
                                "open_tree",
                                "fsopen",  // mounts
                                "fsconfig",
                                "fsmount",
                                "fspick",
                                "mount_setattr",
                                "setns",
                                "unshare",  //
                                "keyctl",
                                "add_key",
                                "request_key",  // kernel keys
                                "bpf",
                                "perf_event_open",
                                "userfaultfd",
                                "io_uring_setup",
                                "io_uring_enter",
                                "io_uring_register",  // attack surface
                                "init_module",
                                "finit_module",
                                "delete_module",
                                "kexec_load",
                                "kexec_file_load",
                                "reboot",
                                "swapon",
                                "swapoff",
                                "acct",
                                "quotactl",
                                "quotactl_fd",
                                "open_by_handle_at",
                                "name_to_handle_at",
                                "lookup_dcookie",
                                "syslog",
                                "iopl",
                                "ioperm",
                                "settimeofday",
                                "clock_settime",
                                "clock_adjtime",
                                "adjtimex",
                                "sethostname",
                                "setdomainname",
                                "vhangup",
                                "nfsservctl",
                                "move_pages",
                                "mbind",
                                "migrate_pages",
                                "set_mempolicy"};

// True where every rule was taken; a call that this libseccomp does not know cannot be denied by name.
bool add_rules(scmp_filter_ctx filter) {
  for (const char* name : kDenied) {
    const int call = ::seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR) continue;
    const int added = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
    if (added != 0 && added != -EDOM) return false;
  }
  // Its flags are behind a pointer which no filter can follow: the C library falls back to clone.
  if (::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) != 0) return false;
  const scmp_arg_cmp new_user{.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_NEWUSER, .datum_b = CLONE_NEWUSER};
  if (::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, &new_user) != 0) return false;
  // Typing into the terminal of whoever started this.
  for (const std::uint64_t request : {std::uint64_t{TIOCSTI}, std::uint64_t{0x541c /* TIOCLINUX */}}) {
    const scmp_arg_cmp is_request{.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xffffffff, .datum_b = request};
    if (::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, &is_request) != 0) return false;
  }
  return true;
}

}  // namespace

std::expected<Descriptor, std::string> seccomp_filter() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(::seccomp_init(SCMP_ACT_ALLOW), &::seccomp_release);
  if (!filter || !add_rules(filter.get())) return std::unexpected("the system call filter cannot be made");
  Descriptor file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file.is_open() || ::seccomp_export_bpf(filter.get(), file.get()) != 0) {
    return std::unexpected("the system call filter cannot be written");
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

}  // namespace orchestrator::harness::tools
