// SPDX-License-Identifier: Apache-2.0
#include "journal/local_disk.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string>

#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr std::uint64_t kFuse = 0x65735546;

struct Magic {
  std::uint64_t number;
  std::string_view name;
};
constexpr std::array kNetworks{Magic{0x6969, "nfs"},        Magic{0x517B, "smb"},       Magic{0xFF534D42, "cifs"},
                               Magic{0xFE534D42, "smb2"},   Magic{0x73757245, "coda"},  Magic{0x5346414F, "afs"},
                               Magic{0x564C, "ncp"},        Magic{0x01021997, "9p"},    Magic{0x00C36400, "ceph"},
                               Magic{0x0BD00BD0, "lustre"}, Magic{0x19830326, "fhgfs"}, Magic{0x47504653, "gpfs"}};

constexpr std::array<std::string_view, 14> kNetworkFuses{
    "fuse.sshfs",    "fuse.s3fs",      "fuse.gcsfuse", "fuse.rclone",   "fuse.glusterfs",
    "fuse.ceph",     "fuse.ceph-fuse", "fuse.davfs2",  "fuse.juicefs",  "fuse.curlftpfs",
    "fuse.smbnetfs", "fuse.nfs",       "fuse.goofys",  "fuse.blobfuse2"};

// The type that /proc/self/mountinfo gives for a device; empty where it does not.
std::string type_of(dev_t device) {
  const std::string wanted = " " + std::to_string(major(device)) + ":" + std::to_string(minor(device)) + " ";
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos || line.find(wanted) > dash) continue;
    const std::size_t begin = dash + 3;
    return line.substr(begin, line.find(' ', begin) - begin);
  }
  return {};
}

}  // namespace

bool is_network(std::uint64_t magic, std::string_view type) {
  if (magic == kFuse) return std::ranges::find(kNetworkFuses, type) != kNetworkFuses.end();
  return std::ranges::find(kNetworks, magic, &Magic::number) != kNetworks.end();
}

Result<void> check_local(const std::string& folder) {
  struct statfs system{};
  struct stat status{};
  if (::statfs(folder.c_str(), &system) != 0 || ::stat(folder.c_str(), &status) != 0) {
    return runtime::storage_fail(errno, "look at the folder", folder);
  }
  const auto magic = static_cast<std::uint64_t>(static_cast<std::uint32_t>(system.f_type));
  const std::string type = magic == kFuse ? type_of(status.st_dev) : std::string();
  if (!is_network(magic, type)) return {};
  const auto* const known = std::ranges::find(kNetworks, magic, &Magic::number);
  const std::string name = known == kNetworks.end() ? type : std::string(known->name);
  return fail(RuntimeErrorCode::configuration_invalid,
              "the folder " + folder + " lies on a network file system (" + name +
                  "), where an SQLite journal would be damaged; allowed: a folder on a disk of this machine, or the "
                  "store jsonl:FOLDER",
              folder);
}

}  // namespace orchestrator::harness::journal
