// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/list_limit.hpp"

#include "cli/configuration/quantity.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::uint64_t kUsual = 20;
constexpr std::uint64_t kMost = 100'000;

}  // namespace

harness::Result<std::uint64_t> list_limit(const Invocation& invocation) {
  const auto text = invocation.value("--limit");
  if (!text) {
    return kUsual;
  }
  const auto count = parse_count(*text, 1, kMost);
  if (!count) {
    return harness::fail(harness::RuntimeErrorCode::invalid_argument, "--limit " + count.error(), "--limit");
  }
  return *count;
}

}  // namespace orchestrator::cli
