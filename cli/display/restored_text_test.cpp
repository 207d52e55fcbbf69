// SPDX-License-Identifier: Apache-2.0
// Goal: a person sees the values, wherever a placeholder is cut. Method: each cut of a text.
#include "cli/display/restored_text.hpp"

#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

TEST(RestoredText, PutsValuesBackWhereverThePiecesEnd) {
  const auto vault = harness::memory_vault();
  const std::string placeholder = vault->placeholder_for(harness::RedactionKind::email, "joe@example.com");
  const std::string text = "[a] to " + placeholder + ", not [redacted:email:99] [red";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    RestoredText restored(vault);
    std::string shown = restored.append(text.substr(0, cut));
    shown += restored.append(text.substr(cut));
    shown += restored.finish();
    EXPECT_EQ(shown, "[a] to joe@example.com, not [redacted:email:99] [red") << cut;
  }
}

TEST(RestoredText, LeavesTextsWithoutAVault) {
  RestoredText restored(nullptr);
  EXPECT_EQ(restored.append("a [redacted:"), "a [redacted:");
  EXPECT_EQ(restored.finish(), "");
}

}  // namespace
}  // namespace orchestrator::cli
