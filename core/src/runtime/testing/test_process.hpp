// SPDX-License-Identifier: Apache-2.0
#pragma once

// A server program that a test runs beside itself, such as nghttpd or tinyproxy, on loopback.
// Killed and waited for by the destructor. One thread.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace orchestrator::harness::runtime::testing {

class TestProcess {
 public:
  /// Starts `arguments[0]`, a path; its output is dropped.
  explicit TestProcess(const std::vector<std::string>& arguments);
  TestProcess(const TestProcess&) = delete;
  TestProcess& operator=(const TestProcess&) = delete;
  ~TestProcess();

  /// Waits until something accepts connections on a loopback port. False: it ended or never did.
  [[nodiscard]] bool wait_for_port(std::uint16_t port) const;

  /// The path of a program of that name in the usual folders, or an empty text.
  [[nodiscard]] static std::string find(const std::string& name);

  /// A port of 127.0.0.1 that was free a moment ago.
  [[nodiscard]] static std::uint16_t free_port();

 private:
  pid_t id_ = -1;
};

}  // namespace orchestrator::harness::runtime::testing
