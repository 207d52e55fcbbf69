// SPDX-License-Identifier: Apache-2.0
#include "journal/disk.hpp"

#include <sys/uio.h>
#include <unistd.h>

namespace orchestrator::harness::journal {
namespace {

class RealDisk final : public Disk {
 public:
  ssize_t writev(int fd, const iovec* pieces, int count) override { return ::writev(fd, pieces, count); }
  int fdatasync(int fd) override { return ::fdatasync(fd); }
  int fsync(int fd) override { return ::fsync(fd); }
  int ftruncate(int fd, off_t size) override { return ::ftruncate(fd, size); }
};

}  // namespace

std::shared_ptr<Disk> real_disk() { return std::make_shared<RealDisk>(); }

}  // namespace orchestrator::harness::journal
