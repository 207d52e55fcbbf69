// SPDX-License-Identifier: Apache-2.0
#include "daemon/routes/route_table.hpp"

namespace orchestrator::daemon {
namespace {

constexpr std::string_view kError = R"json({
  "type": "object", "additionalProperties": false, "required": ["error"],
  "properties": {"error": {
    "type": "object", "additionalProperties": false, "required": ["code", "message", "at", "limit", "got"],
    "properties": {
      "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "Stable"},
      "message": {"type": "string", "minLength": 1, "description": "For people; never to be parsed"},
      "at": {"type": ["string", "null"], "description": "A JSON pointer into the body, a parameter or a field"},
      "limit": {"type": ["string", "number", "boolean", "null"]},
      "got": {"type": ["string", "number", "boolean", "null"]}}}}
})json";

constexpr std::string_view kCount = R"json({"type": ["integer", "null"], "minimum": 0})json";

constexpr std::string_view kUsage = R"json({
  "type": "object", "additionalProperties": false,
  "required": ["input", "cached_input", "cache_write", "output", "reasoning", "total", "unpriced"],
  "properties": {
    "input": {"$ref": "#/components/schemas/Count"}, "cached_input": {"$ref": "#/components/schemas/Count"},
    "cache_write": {"$ref": "#/components/schemas/Count"}, "output": {"$ref": "#/components/schemas/Count"},
    "reasoning": {"$ref": "#/components/schemas/Count"}, "total": {"$ref": "#/components/schemas/Count"},
    "unpriced": {"type": "array", "items": {"type": "string"}}}
})json";

constexpr std::string_view kRun = R"json({
  "type": "object",
  "required": ["run_id", "session_id", "kind", "status", "held", "model", "input_preview", "started_at",
               "last_event_at", "events", "bytes", "finish_reason", "error_code", "usage", "cost_micro_usd", "total_us"],
  "properties": {
    "run_id": {"type": "string", "pattern": "^run_[0-9A-Z]{26}$"},
    "session_id": {"type": "string", "pattern": "^ses_[0-9A-Z]{26}$"},
    "kind": {"enum": ["live", "replay", "fork", "undo"]},
    "status": {"enum": ["active", "completed", "failed", "aborted"]},
    "held": {"type": "boolean", "description": "Whether a process has the run"},
    "model": {"type": ["string", "null"]},
    "input_preview": {"type": "string"},
    "started_at": {"type": ["string", "null"], "format": "date-time", "description": "null where damage hides it"},
    "last_event_at": {"type": ["string", "null"], "format": "date-time"},
    "events": {"type": "integer", "minimum": 0},
    "bytes": {"type": "integer", "minimum": 0},
    "finish_reason": {"type": ["string", "null"]},
    "error_code": {"type": ["string", "null"]},
    "usage": {"$ref": "#/components/schemas/Usage"},
    "cost_micro_usd": {"$ref": "#/components/schemas/Count"},
    "total_us": {"$ref": "#/components/schemas/Count"},
    "damaged": {"type": "boolean"},
    "erased": {"type": "boolean", "description": "What was said in it is gone"},
    "imported": {"type": "boolean", "description": "It came out of a file, and acts only where that is allowed"}}
})json";

constexpr std::string_view kEvent = R"json({
  "type": "object", "required": ["v", "run_id", "session_id", "trace_id", "span_id", "seq", "at", "elapsed_us", "type", "data"],
  "properties": {
    "v": {"type": "integer", "minimum": 1}, "run_id": {"type": "string"}, "session_id": {"type": "string"},
    "trace_id": {"type": "string"}, "span_id": {"type": "string"}, "parent_span_id": {"type": "string"},
    "seq": {"type": "integer", "minimum": 1}, "at": {"type": "string", "format": "date-time"},
    "elapsed_us": {"type": "integer", "minimum": 0}, "type": {"type": "string"}, "data": {"type": "object"}}
})json";

constexpr std::string_view kSession = R"json({
  "type": "object", "required": ["session_id", "runs", "active", "bytes", "started_at", "last_event_at", "first_input"],
  "properties": {
    "session_id": {"type": "string", "pattern": "^ses_[0-9A-Z]{26}$"},
    "runs": {"type": "integer", "minimum": 0}, "active": {"type": "integer", "minimum": 0},
    "bytes": {"type": "integer", "minimum": 0},
    "started_at": {"type": ["string", "null"], "format": "date-time"},
    "last_event_at": {"type": ["string", "null"], "format": "date-time"},
    "first_input": {"type": "string"}}
})json";

constexpr std::string_view kToken = R"json({"type": "object", "additionalProperties": false,
  "required": ["name", "role", "created_at", "created_by"],
  "properties": {"name": {"type": "string"}, "role": {"enum": ["read", "run", "approve", "admin"]},
                 "created_at": {"type": "string", "format": "date-time"}, "created_by": {"type": "string"}}})json";

}  // namespace

const std::vector<std::pair<std::string_view, std::string_view>>& component_schemas() {
  static const std::vector<std::pair<std::string_view, std::string_view>> schemas{
      {"Count", kCount},     {"Error", kError}, {"Event", kEvent}, {"Run", kRun},
      {"Session", kSession}, {"Token", kToken}, {"Usage", kUsage},
  };
  return schemas;
}

}  // namespace orchestrator::daemon
