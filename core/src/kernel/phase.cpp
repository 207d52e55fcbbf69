// SPDX-License-Identifier: Apache-2.0
#include "kernel/state.hpp"

namespace orchestrator::harness::kernel {

Phase::Phase() = default;
Phase::Phase(const Phase&) = default;
Phase::Phase(Phase&&) noexcept = default;
Phase& Phase::operator=(const Phase&) = default;
Phase& Phase::operator=(Phase&&) noexcept = default;
Phase::~Phase() = default;
bool Phase::operator==(const Phase& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

Facts::Facts() = default;
Facts::Facts(const Facts&) = default;
Facts::Facts(Facts&&) noexcept = default;
Facts& Facts::operator=(const Facts&) = default;
Facts& Facts::operator=(Facts&&) noexcept = default;
Facts::~Facts() = default;
bool Facts::operator==(const Facts&) const = default;

}  // namespace orchestrator::harness::kernel
