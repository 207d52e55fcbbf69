// SPDX-License-Identifier: Apache-2.0
#include "tools/sandbox/system_view.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <memory>

namespace orchestrator::harness::tools {

namespace {

constexpr std::array kFolders = {"/usr",    "/bin", "/sbin", "/lib", "/lib32", "/lib64",
                                 "/libx32", "/etc", "/opt",  "/nix", "/gnu"};
constexpr std::array kKernelReadOnly = {"/proc/sys",      "/proc/sysrq-trigger", "/proc/irq",           "/proc/bus",
                                        "/proc/fs",       "/proc/acpi",          "/proc/driver",        "/proc/mtrr",
                                        "/proc/pressure", "/proc/scsi",          "/proc/dynamic_debug", "/proc/asound",
                                        "/proc/tty"};
constexpr std::array kKernelMasked = {
    "/proc/kcore",       "/proc/keys",        "/proc/key-users",    "/proc/kmsg",        "/proc/kallsyms",
    "/proc/kpagecgroup", "/proc/kpagecount",  "/proc/kpageflags",   "/proc/sched_debug", "/proc/slabinfo",
    "/proc/timer_list",  "/proc/vmallocinfo", "/proc/pagetypeinfo", "/proc/iomem",       "/proc/ioports"};
constexpr std::size_t kMaskedMax = 512;
constexpr int kDepthMax = 6;

// A command runs with this process's rights to files. Root's would show it every secret in /etc.
void find_private(const std::string& folder, int depth, std::vector<std::string>& found) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), &::closedir);
  if (!open || depth > kDepthMax) return;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || found.size() >= kMaskedMax) continue;
    const std::string path = folder + "/" + std::string(name);
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) continue;
    const bool is_folder = S_ISDIR(status.st_mode);
    if (!is_folder && !S_ISREG(status.st_mode)) continue;
    const mode_t wanted = is_folder ? S_IROTH | S_IXOTH : S_IROTH;
    if ((status.st_mode & wanted) != wanted) {
      found.push_back(is_folder ? path + "/" : path);
    } else if (is_folder) {
      find_private(path, depth + 1, found);
    }
  }
}

}  // namespace

bool is_beneath(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || folder == "/" || path[folder.size()] == '/');
}

SystemView SystemView::look() {
  SystemView view;
  for (const char* folder : kFolders) {
    struct stat status{};
    if (::lstat(folder, &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) view.folders.push_back({folder, {}});
    std::array<char, PATH_MAX> link{};
    const ssize_t size = S_ISLNK(status.st_mode) ? ::readlink(folder, link.data(), link.size()) : 0;
    if (size > 0) view.folders.push_back({folder, std::string(link.data(), static_cast<std::size_t>(size))});
  }
  find_private("/etc", 0, view.masked);
  std::ranges::sort(view.masked);
  const auto is_there = [](const char* path) { return ::access(path, F_OK) == 0; };
  std::ranges::copy_if(kKernelReadOnly, std::back_inserter(view.kernel_read_only), is_there);
  std::ranges::copy_if(kKernelMasked, std::back_inserter(view.kernel_masked), is_there);
  const std::unique_ptr<char, void (*)(void*)> servers(::realpath("/etc/resolv.conf", nullptr), &::free);
  if (servers && !is_beneath(servers.get(), "/etc")) view.name_servers = servers.get();
  return view;
}

bool SystemView::shows(std::string_view path) const {
  return std::ranges::any_of(folders, [path](const SystemFolder& folder) { return is_beneath(path, folder.path); });
}

std::string find_bubblewrap() {
  for (const char* path : {"/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

}  // namespace orchestrator::harness::tools
