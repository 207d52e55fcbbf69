// SPDX-License-Identifier: Apache-2.0
#include "event/input.hpp"

namespace orchestrator::harness::event {

Input::Value::Value() = default;
Input::Value::Value(const Value&) = default;
Input::Value::Value(Value&&) noexcept = default;
Input::Value& Input::Value::operator=(const Value&) = default;
Input::Value& Input::Value::operator=(Value&&) noexcept = default;
Input::Value::~Value() = default;
bool Input::Value::operator==(const Value& other) const {
  return static_cast<const variant&>(*this) == static_cast<const variant&>(other);
}

}  // namespace orchestrator::harness::event
