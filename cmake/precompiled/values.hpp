// SPDX-License-Identifier: Apache-2.0
// The values that nearly every file uses, for the precompiled headers, with what is dear to instantiate: copies, moves
// and ends of the large variants.
#pragma once

#include <orchestrator/harness/catalogue.hpp>
#include <orchestrator/harness/content.hpp>
#include <orchestrator/harness/context.hpp>
#include <orchestrator/harness/events.hpp>
#include <orchestrator/harness/stream.hpp>
#include <utility>
#include <vector>

#include "event/effect.hpp"
#include "event/input.hpp"
#include "event/provider_part.hpp"
#include "event/step.hpp"

namespace orchestrator::harness::precompiled {

template <typename Value>
void use(Value& value) {
  Value copy(value);
  copy = value;
  Value moved(std::move(copy));
  moved = std::move(value);
  std::vector<Value> list;
  list.push_back(std::move(moved));
}

inline void use_values(StreamEvent& event, event::Input& input, event::Effect& effect, event::ProviderPart& part,
                       ContentPart& content, ItemValue& item) {
  use(event);
  use(static_cast<StreamEvent::Payload::variant&>(event.payload));
  use(input);
  use(static_cast<event::Input::Value::variant&>(input.value));
  use(static_cast<event::Effect::variant&>(effect));
  use(part);
  use(content);
  use(item);
}

}  // namespace orchestrator::harness::precompiled
