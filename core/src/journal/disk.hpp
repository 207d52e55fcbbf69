// SPDX-License-Identifier: Apache-2.0
#pragma once

// The system calls on whose success durability rests, behind an interface so that tests can fail the n-th of them.
// Each returns what the call of the same name returns and sets errno. Stateless; any thread.

#include <sys/types.h>

#include <memory>

struct iovec;

namespace orchestrator::harness::journal {

class Disk {
 public:
  virtual ~Disk() = default;
  virtual ssize_t writev(int fd, const iovec* pieces, int count) = 0;
  virtual int fdatasync(int fd) = 0;
  virtual int fsync(int fd) = 0;
  virtual int ftruncate(int fd, off_t size) = 0;
};

/// The real calls.
[[nodiscard]] std::shared_ptr<Disk> real_disk();

}  // namespace orchestrator::harness::journal
