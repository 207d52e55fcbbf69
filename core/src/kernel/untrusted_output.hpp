// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a run does about results that others may have written: which they are, how they are marked for the model, and
// which calls need an approval of their own after them. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/state.hpp"

namespace orchestrator::harness::kernel {

/// What `Facts::untrusted_from` says where it was no tool.
inline constexpr std::string_view kFromHistory = "history";
inline constexpr std::string_view kFromMemory = "memory";

/// True for a result of `tool`, a call that ran, that others may have written: it holds something, and the tool does
/// not vouch for it. Whatever the run's stance is.
[[nodiscard]] bool may_be_of_others(const events::RunStarted& run, std::string_view tool,
                                    const std::vector<ContentPart>& result);

/// The same, where the run does something about it: what `ToolCallFinished::is_untrusted` says.
[[nodiscard]] bool is_kept_apart(const events::RunStarted& run, std::string_view tool,
                                 const std::vector<ContentPart>& result);

/// Where a result stands: what its boundary is drawn from, besides the run's seed.
struct ResultPlace {
  std::uint32_t turn = 0;
  std::string_view call_id;
};
/// The result as the model sees it: between two parts, each a line of its own in a request, with the same eight
/// hexadecimal digits, which occur nowhere in it and which nobody can know who does not know the run's seed
/// (spotlighting by delimiting, Hines et al. 2024, arXiv:2403.14720). The same for every replay. The result itself
/// stays as it is.
[[nodiscard]] std::vector<ContentPart> marked_as_data(const events::RunStarted& run, const ResultPlace& place,
                                                      std::vector<ContentPart> result);

/// Why a prepared call needs an approval of its own: under the strict stance something of others is in the run, and
/// the call reaches further than `inside`. Empty: it needs none.
[[nodiscard]] std::string reason_to_ask(const Facts& facts, const ToolCallProgress& call,
                                        const ToolPreparation& preparation);

}  // namespace orchestrator::harness::kernel
