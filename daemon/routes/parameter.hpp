// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a route takes beside its body: parts of the path, parameters of the query, header fields. Each is checked before
// the handler runs. Values and pure functions; any thread.

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/answers/api_error.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::daemon {

struct Parameter {
  enum class Place : std::uint8_t { path, query, field };
  enum class Kind : std::uint8_t { text, number, choice, time, run_id, session_id, interrupt_id };
  Place place = Place::query;
  std::string_view name;
  std::string_view summary;
  Kind kind = Kind::text;
  std::uint64_t least = 0;  // of a number; of a text, its bytes
  std::uint64_t most = 256;
  std::string_view choices = {};     // words separated by one space
  std::string_view error_code = {};  // in place of the one of its kind
};

/// The values of a request's parameters, each of its kind.
class Arguments {
 public:
  /// Checks one value and keeps it. Errors: `invalid_id`, `out_of_range`, `invalid_time`, `invalid_value`.
  [[nodiscard]] std::expected<void, ApiError> take(const Parameter& parameter, const std::string& value);

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const;
  [[nodiscard]] std::optional<harness::WallTime> time(std::string_view name) const;
  /// The id of the path. REQUIRES: the route's pattern has it.
  [[nodiscard]] harness::RunId run_id() const;
  [[nodiscard]] harness::SessionId session_id() const;
  [[nodiscard]] harness::InterruptId interrupt_id() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// The JSON Schema of a parameter's value, for the OpenAPI document.
[[nodiscard]] std::string schema_of(const Parameter& parameter);

/// Parameters that many routes have.
[[nodiscard]] Parameter run_id_parameter();
[[nodiscard]] Parameter limit_parameter(std::uint64_t most);
[[nodiscard]] Parameter cursor_parameter();
/// A yes or no, `true` or `false`; absent is no.
[[nodiscard]] Parameter flag_parameter(std::string_view name, std::string_view summary);

}  // namespace orchestrator::daemon
