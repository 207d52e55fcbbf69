// SPDX-License-Identifier: Apache-2.0
#include "runtime/curl_deadlines.hpp"

#include <utility>

namespace orchestrator::harness::runtime {

void CurlDeadlines::schedule(Entry& entry, CurlExchange& exchange, Clock::time_point at) {
  at = std::chrono::ceil<std::chrono::milliseconds>(at);
  if (entry.position) {
    if ((*entry.position)->first <= at) return;
    remove(entry);
  }
  if (entry.spare.empty()) {
    entry.position = queue_.emplace(at, &exchange);
    return;
  }
  entry.spare.key() = at;
  entry.position = queue_.insert(std::move(entry.spare));
}

void CurlDeadlines::remove(Entry& entry) {
  if (!entry.position) return;
  entry.spare = queue_.extract(*entry.position);
  entry.position.reset();
}

std::optional<CurlDeadlines::Clock::time_point> CurlDeadlines::earliest() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.begin()->first;
}

CurlExchange* CurlDeadlines::due(Clock::time_point now) const {
  if (queue_.empty() || queue_.begin()->first > now) return nullptr;
  return queue_.begin()->second;
}

}  // namespace orchestrator::harness::runtime
