// SPDX-License-Identifier: Apache-2.0
#pragma once

// One model call in a form that belongs to no provider: what every request encoder takes.

#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness::codec {

struct ProviderRequest {
  ModelRef model;
  std::string system;
  /// Conversation in order; shared because history items live on in the session.
  std::vector<std::shared_ptr<const ConversationItem>> items;
  GenerationSettings settings;
  std::vector<ToolSpec> tools;
};

}  // namespace orchestrator::harness::codec
