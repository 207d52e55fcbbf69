// SPDX-License-Identifier: Apache-2.0
#pragma once

// The arguments of a function call that Vertex sends value by value, each with its place as a JSONPath. A value, for
// one thread.

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::codec::gemini {

class PartialArguments {
 public:
  /// Takes one entry of `partialArgs`: `jsonPath`, and one of `stringValue`, `numberValue`, `boolValue`, `nullValue`.
  /// Strings of one path are joined. Error: `provider_bad_tool_delta` for a path that does not read, leads through
  /// another value, or beyond the bounds.
  [[nodiscard]] Result<void> take(const boost::json::object& entry);
  [[nodiscard]] bool empty() const { return !has_any_; }
  /// All of it as a JSON object.
  [[nodiscard]] std::string json() const;

 private:
  [[nodiscard]] Result<boost::json::value*> place(std::string_view path);

  boost::json::value root_ = boost::json::object();
  std::size_t values_ = 0;
  bool has_any_ = false;
};

}  // namespace orchestrator::harness::codec::gemini
