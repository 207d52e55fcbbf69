// SPDX-License-Identifier: Apache-2.0
#pragma once

// A compiled schema: one node for each schema of the text, references resolved to nodes. Values; immutable once made.

#include <boost/json.hpp>

#include <re2/re2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codec/json_schema/json_schema.hpp"

namespace orchestrator::harness::codec::json_schema {

struct Node;
using Nodes = std::vector<const Node*>;

/// The types of JSON Schema, as bits.
enum Type : std::uint8_t {
  kNull = 1,
  kBoolean = 2,
  kObject = 4,
  kArray = 8,
  kString = 16,
  kInteger = 32,
  kNumber = 64  // and integers
};

struct Pattern {
  std::string text;
  std::unique_ptr<const re2::RE2> compiled;
};

struct Node {
  std::optional<bool> verdict;  // of a schema that is `true` or `false`
  std::uint8_t types = 0;       // 0: any
  std::vector<boost::json::value> allowed;
  bool has_enum = false;
  std::optional<boost::json::value> constant;

  std::optional<boost::json::value> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
  std::optional<std::uint64_t> min_length, max_length, min_items, max_items, min_properties, max_properties;
  std::optional<Pattern> pattern;

  Nodes prefix_items;
  const Node* items = nullptr;  // of what comes after the prefix
  const Node* contains = nullptr;
  std::uint64_t min_contains = 1;
  std::optional<std::uint64_t> max_contains;
  bool unique_items = false;

  std::map<std::string, const Node*, std::less<>> properties;
  std::vector<std::pair<Pattern, const Node*>> pattern_properties;
  const Node* additional_properties = nullptr;
  const Node* property_names = nullptr;
  std::vector<std::string> required;
  std::map<std::string, std::vector<std::string>, std::less<>> dependent_required;
  std::map<std::string, const Node*, std::less<>> dependent_schemas;

  Nodes all_of, any_of, one_of;
  const Node* negated = nullptr;
  const Node* condition = nullptr;
  const Node* then_schema = nullptr;
  const Node* else_schema = nullptr;
  const Node* reference = nullptr;
};

struct Compiled {
  std::vector<std::unique_ptr<Node>> nodes;
  const Node* root = nullptr;
};

/// Error: `tool_schema_invalid`, its `at` a JSON pointer into the schema.
[[nodiscard]] Result<std::shared_ptr<const Compiled>> compile_schema(const boost::json::value& schema,
                                                                     SchemaDraft draft);

/// Why `instance` does not fit.
[[nodiscard]] std::vector<SchemaViolation> check_instance(const Node& root, const boost::json::value& instance);

/// `name` as one step of a JSON pointer.
[[nodiscard]] std::string pointer_step(std::string_view name);
/// The name of a type bit: `null`, `boolean`, ...
[[nodiscard]] std::string_view type_name(std::uint8_t type);

}  // namespace orchestrator::harness::codec::json_schema
