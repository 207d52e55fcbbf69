// SPDX-License-Identifier: Apache-2.0
#include "event/line_check.hpp"

#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::event {
namespace {

constexpr std::string_view kKey = ",\"check\":\"";
constexpr std::string_view kEnd = "\"}";
constexpr std::size_t kDigits = 16;
constexpr std::size_t kTailSize = kKey.size() + kDigits + kEnd.size();

std::string check_of(std::string_view bytes) { return sha256(bytes).str().substr(0, kDigits); }

}  // namespace

void seal_line(std::string& line) {
  const std::string check = check_of(line);
  line += kKey;
  line += check;
  line += kEnd;
}

bool line_check_holds(std::string_view line) {
  if (line.size() < kTailSize) return false;
  const std::string_view before = line.substr(0, line.size() - kTailSize);
  std::string_view tail = line.substr(before.size());
  if (!tail.starts_with(kKey) || !tail.ends_with(kEnd)) return false;
  return tail.substr(kKey.size(), kDigits) == check_of(before);
}

}  // namespace orchestrator::harness::event
