// SPDX-License-Identifier: Apache-2.0
#include <orchestrator/harness/stream.hpp>

namespace orchestrator::harness {

StreamEvent::Payload::Payload() = default;
StreamEvent::Payload::Payload(const Payload&) = default;
StreamEvent::Payload::Payload(Payload&&) noexcept = default;
StreamEvent::Payload& StreamEvent::Payload::operator=(const Payload&) = default;
StreamEvent::Payload& StreamEvent::Payload::operator=(Payload&&) noexcept = default;
StreamEvent::Payload::~Payload() = default;
bool StreamEvent::Payload::operator==(const Payload& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

}  // namespace orchestrator::harness
