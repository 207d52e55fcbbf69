// SPDX-License-Identifier: Apache-2.0
#include "runtime/entropy.hpp"

#include <sys/random.h>

#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>

namespace orchestrator::harness::runtime {
namespace {

std::uint64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// Milliseconds for the next id of this process: never less than the last one's, so that ids sort in order of making
// even when the wall clock steps back. Within one millisecond the entropy's high bits count up.
struct Moment {
  std::uint64_t ms;
  std::uint64_t count;
};
Moment next_moment() {
  static std::atomic<std::uint64_t> last{0};  // 48 bits of milliseconds, 16 of count
  std::uint64_t before = last.load();
  std::uint64_t next = 0;
  do {
    const std::uint64_t now = unix_ms() << 16;
    next = now > before ? now : before + 1;
  } while (!last.compare_exchange_weak(before, next));
  return {next >> 16, next & 0xFFFF};
}

template <class Id>
Id new_id() {
  const Moment moment = next_moment();
  return Id::make(moment.ms, moment.count, random_bits());
}

}  // namespace

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != sizeof bits) throw std::runtime_error("getrandom failed");
  return bits;
}

RunId new_run_id() { return new_id<RunId>(); }
SessionId new_session_id() { return new_id<SessionId>(); }
HintId new_hint_id() { return new_id<HintId>(); }

TraceId new_trace_id() {
  std::array<std::uint8_t, TraceId::kBytes> bytes{};
  const std::uint64_t high = random_bits();
  const std::uint64_t low = random_bits() | 1;  // all zeros is invalid
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(low >> (8 * i));
  }
  return TraceId(bytes);
}

std::uint64_t new_seed() { return random_bits() >> 11; }

}  // namespace orchestrator::harness::runtime
