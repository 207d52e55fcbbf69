// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/compensation.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <utility>

#include "runtime/compiler_check.hpp"

namespace orchestrator::harness {

bool covers(const UndoConsent& consent, const std::vector<UndoConflict>& conflicts) {
  return !conflicts.empty() && (consent.all || std::ranges::all_of(conflicts, [&](const UndoConflict& conflict) {
                                  return std::ranges::find(consent.targets, conflict.target) != consent.targets.end();
                                }));
}

Awaitable<std::expected<std::vector<CompensationLook>, ToolError>> Compensator::look_ahead(
    std::vector<CompensationCall> calls, UndoConsent, CompensationContext context) {
  std::vector<CompensationLook> looks;
  for (CompensationCall& call : calls) {
    auto looking = look(std::move(call), context);
    auto seen = co_await std::move(looking);
    if (!seen) co_return std::unexpected(seen.error());
    looks.push_back(*std::move(seen));
  }
  co_return looks;
}

}  // namespace orchestrator::harness
