// SPDX-License-Identifier: Apache-2.0
#include "codec/json_schema/json_schema.hpp"

#include <utility>

#include "codec/json_schema/schema_node.hpp"
#include "event/exact_json.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kSchemaBytesMax = 256 << 10;
constexpr std::size_t kJsonDepthMax = 128;

}  // namespace

Result<JsonSchema> JsonSchema::compile(std::string_view schema, SchemaDraft draft) {
  if (schema.size() > kSchemaBytesMax) {
    return fail(ToolErrorCode::tool_schema_invalid,
                "the schema has " + std::to_string(schema.size()) + " bytes, the limit is 262144", "/");
  }
  const auto json = event::parse_exact(schema, kJsonDepthMax);
  if (!json) return fail(ToolErrorCode::tool_schema_invalid, "the schema is " + json.error().message, "/");
  auto compiled = json_schema::compile_schema(*json, draft);
  if (!compiled) return std::unexpected(compiled.error());
  JsonSchema result;
  result.compiled_ = *std::move(compiled);
  return result;
}

std::vector<SchemaViolation> JsonSchema::check(const boost::json::value& instance) const {
  return json_schema::check_instance(*compiled_->root, instance);
}

Result<std::vector<SchemaViolation>> JsonSchema::check_text(std::string_view json) const {
  const auto value = event::parse_exact(json, kJsonDepthMax);
  if (!value) return fail(ToolErrorCode::tool_args_invalid, "not one JSON value: " + value.error().message);
  return check(*value);
}

}  // namespace orchestrator::harness::codec
