// SPDX-License-Identifier: Apache-2.0
#pragma once

// Puts back what a vault keeps into a text that comes in pieces, which may cut a placeholder anywhere. For one text and
// one thread.

#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::cli {

class RestoredText {
 public:
  /// Without a vault texts stay as they are.
  explicit RestoredText(std::shared_ptr<harness::SecretVault> vault) : vault_(std::move(vault)) {}

  /// What can be shown of the text so far, after what was returned before. At most the front of one placeholder is held
  /// back.
  [[nodiscard]] std::string append(std::string_view piece);
  /// What is held back at the end of the text.
  [[nodiscard]] std::string finish();

 private:
  std::shared_ptr<harness::SecretVault> vault_;  // shared with the harness; may be empty
  std::string held_;
};

}  // namespace orchestrator::cli
