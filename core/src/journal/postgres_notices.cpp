// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_notices.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "journal/postgres_connection.hpp"

namespace orchestrator::harness::journal {
namespace {

// Between two attempts to listen, and how long an idle connection is trusted before it is asked something.
constexpr int kRetryMs = 1'000;
constexpr std::chrono::seconds kIdleMax{30};

bool is_stopped(int stop_fd, int patience_ms) {
  pollfd stop{stop_fd, POLLIN, 0};
  return ::poll(&stop, 1, patience_ms) > 0;
}

}  // namespace

PostgresNotices::~PostgresNotices() {
  if (!thread_.joinable()) return;
  constexpr std::uint64_t kOne = 1;
  static_cast<void>(::write(stop_.get(), &kOne, sizeof kOne));
  thread_.join();
}

void PostgresNotices::start() {
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) return;
  stop_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC));
  if (!stop_.is_open()) return;  // no descriptors: waiters look by themselves
  thread_ = std::thread([this, stop_fd = stop_.get()] { run(stop_fd); });
}

void PostgresNotices::run(int stop_fd) {
  do {
    listen(stop_fd);
  } while (!is_stopped(stop_fd, kRetryMs));
}

void PostgresNotices::listen(int stop_fd) {
  auto connection = PostgresConnection::open(address_);
  if (!connection || !(*connection)->execute("LISTEN " + channel_)) return;
  while (!is_stopped(stop_fd, 0)) {
    const auto payloads = (*connection)->wait_notices(stop_fd, kIdleMax);
    if (!payloads) return;
    for (const std::string& payload : *payloads) tell(payload);
    // A connection that was cut says nothing; one that is alive answers.
    if (payloads->empty() && !is_stopped(stop_fd, 0) && !(*connection)->execute("SELECT 1")) return;
  }
}

void PostgresNotices::tell(const std::string& payload) {
  for (std::string_view left = payload; !left.empty();) {
    const std::size_t end = std::min(left.find(','), left.size());
    const auto run_id = RunId::parse(left.substr(0, end));
    if (const auto signal = run_id ? signals_->find(*run_id) : nullptr) signal->notify();
    left.remove_prefix(std::min(end + 1, left.size()));
  }
}

}  // namespace orchestrator::harness::journal
