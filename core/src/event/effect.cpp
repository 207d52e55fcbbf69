// SPDX-License-Identifier: Apache-2.0
#include "event/effect.hpp"

namespace orchestrator::harness::event {

Effect::Effect() = default;
Effect::Effect(const Effect&) = default;
Effect::Effect(Effect&&) noexcept = default;
Effect& Effect::operator=(const Effect&) = default;
Effect& Effect::operator=(Effect&&) noexcept = default;
Effect::~Effect() = default;
bool Effect::operator==(const Effect& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

}  // namespace orchestrator::harness::event
