// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_owner.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <vector>

#include "journal/process_times.hpp"
#include "journal/run_lock.hpp"

namespace orchestrator::harness::journal {
namespace {

std::string link_target(const char* path) {
  std::array<char, 128> target{};
  const ssize_t size = ::readlink(path, target.data(), target.size());
  return size < 0 ? std::string("?") : std::string(target.data(), static_cast<std::size_t>(size));
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "?";
  return name.data();
}

// Only what is known for certain counts as an end.
bool has_ended(const PostgresOwner& owner) {
  pid_t pid = 0;
  const char* end = owner.pid.data() + owner.pid.size();
  if (std::from_chars(owner.pid.data(), end, pid).ec != std::errc() || pid <= 0) return false;
  if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
  const auto times = times_of(owner.pid);
  return times && (times->is_over || times->begun != owner.begun);
}

}  // namespace

PostgresOwner present_owner() {
  const Holder process = this_process();
  PostgresOwner owner;
  owner.host = host_name();
  owner.pid = process.pid;
  owner.machine = process.boot + " " + link_target("/proc/self/ns/pid");
  const auto times = times_of(process.pid);
  owner.begun = times ? times->begun : "?";
  return owner;
}

PostgresOwner owner_of(const PostgresRows& rows, int row, int first_column) {
  PostgresOwner owner;
  owner.number = rows.integer(row, first_column);
  owner.host = rows.text(row, first_column + 1);
  owner.pid = rows.text(row, first_column + 2);
  owner.machine = rows.text(row, first_column + 3);
  owner.begun = rows.text(row, first_column + 4);
  owner.is_leased = rows.integer(row, first_column + 5) != 0;
  return owner;
}

bool holds(const PostgresOwner& owner) {
  if (!owner.is_leased) return false;
  return owner.machine != present_owner().machine || !has_ended(owner);
}

std::unexpected<Error> held_by(const PostgresOwner& owner, const RunId& run_id) {
  return fail(RuntimeErrorCode::run_locked,
              "run " + run_id.str() + " is held by process " + owner.pid + " on host " + owner.host, run_id.str());
}

}  // namespace orchestrator::harness::journal
