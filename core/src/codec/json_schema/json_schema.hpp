// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON Schema for what models and tools write: draft 7 and 2020-12, without what needs another document or an
// annotation of a neighbour (docs/harness/tool-schemas.md has the list). Immutable once compiled; copies share it; any
// thread may check with it.

#include <boost/json.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::codec {

/// One reason why a value does not fit.
struct SchemaViolation {
  std::string pointer;  // of the value, RFC 6901
  std::string keyword;  // of the schema
  std::string message;  // what was found, and what is allowed
  bool operator==(const SchemaViolation&) const = default;
};

/// Whose rules hold where the drafts differ: what stands beside a `$ref` counts in 2020-12 and not in draft 7.
enum class SchemaDraft : std::uint8_t { draft_7, draft_2020_12 };

namespace json_schema {
struct Compiled;
}

class JsonSchema {
 public:
  /// A `$schema` of the text goes before `draft`. Error: `tool_schema_invalid`, with the place in the schema: not a
  /// schema, a keyword that is not supported (it is never ignored), a pattern that RE2 does not take, a reference that
  /// leads nowhere or in a circle, or past a limit (256 KiB, 64 deep).
  [[nodiscard]] static Result<JsonSchema> compile(std::string_view schema,
                                                  SchemaDraft draft = SchemaDraft::draft_2020_12);
  /// Why `instance` does not fit, 16 reasons at most; empty when it fits. The work is bounded: a value that would take
  /// more than 2,000,000 steps does not fit.
  [[nodiscard]] std::vector<SchemaViolation> check(const boost::json::value& instance) const;
  /// The same of a text, nested at most 128 deep. Error: `tool_args_invalid` where it is no JSON.
  [[nodiscard]] Result<std::vector<SchemaViolation>> check_text(std::string_view json) const;

 private:
  std::shared_ptr<const json_schema::Compiled> compiled_;  // shared by copies
};

}  // namespace orchestrator::harness::codec
