// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/claude_family.hpp"

#include <algorithm>
#include <array>

namespace orchestrator::harness::codec::messages {
namespace {

struct Older {
  std::string_view prefix;
  ClaudeFamily family;
};
// The first that fits counts.
constexpr std::array<Older, 11> kOlder{{
    {"claude-2", {false, false, 4'096}},
    {"claude-instant", {false, false, 4'096}},
    {"claude-3-7", {true, false, 32'000}},
    {"claude-3-5", {false, false, 8'192}},
    {"claude-3", {false, false, 4'096}},
    {"claude-haiku-4-5", {true, false, 32'000}},
    {"claude-sonnet-4-5", {true, false, 32'000}},
    {"claude-opus-4-5", {true, false, 32'000}},
    {"claude-opus-4-1", {true, false, 32'000}},
    {"claude-sonnet-4-2", {true, false, 32'000}},  // dated: claude-sonnet-4-20250514
    {"claude-opus-4-2", {true, false, 32'000}},
}};

}  // namespace

ClaudeFamily family_of(std::string_view model) {
  if (const auto at = model.find("claude-"); at != std::string_view::npos) model.remove_prefix(at);
  const auto found =
      std::ranges::find_if(kOlder, [model](const Older& older) { return model.starts_with(older.prefix); });
  return found == kOlder.end() ? ClaudeFamily{} : found->family;
}

}  // namespace orchestrator::harness::codec::messages
