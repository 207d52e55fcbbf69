// SPDX-License-Identifier: Apache-2.0
// A schema's text to nodes. Every keyword is known or refused.
#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "codec/json_schema/schema_node.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::harness::codec::json_schema {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kNodesMax = 20'000;
constexpr std::int64_t kPatternMemoryBytes = 1 << 20;  // of RE2's program
constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::uint8_t>>({{"null", kNull},
                                                                                  {"boolean", kBoolean},
                                                                                  {"object", kObject},
                                                                                  {"array", kArray},
                                                                                  {"string", kString},
                                                                                  {"integer", kInteger},
                                                                                  {"number", kNumber}});
constexpr auto kAnnotations = std::to_array<std::string_view>(
    {"$comment", "$schema", "contentEncoding", "contentMediaType", "default", "deprecated", "description", "examples",
     "format", "readOnly", "title", "writeOnly"});

std::unexpected<Error> refuse(std::string message, const std::string& at) {
  return fail(ToolErrorCode::tool_schema_invalid, std::move(message), at.empty() ? "/" : at);
}

class Compiler {
 public:
  Compiler(const json::value& root, SchemaDraft draft) : root_(root), draft_(draft) {
    const json::object* object = root.if_object();
    const json::value* named = object == nullptr ? nullptr : object->if_contains("$schema");
    if (named == nullptr || !named->is_string()) return;
    const std::string_view name = named->get_string();
    const bool is_old = name.find("draft-06") != name.npos || name.find("draft-07") != name.npos;
    draft_ = is_old ? SchemaDraft::draft_7 : SchemaDraft::draft_2020_12;
  }

  Result<std::shared_ptr<const Compiled>> compile() {
    auto root = node(root_, "", 0);
    if (!root) return std::unexpected(root.error());
    compiled_->root = *root;
    for (const auto& owner : compiled_->nodes) {
      if (leads_back(*owner)) return refuse("a reference leads in a circle", places_.at(owner.get()));
    }
    return std::shared_ptr<const Compiled>(std::move(compiled_));
  }

 private:
  Result<const Node*> node(const json::value& from, const std::string& at, std::size_t depth) {
    if (const auto known = known_.find(&from); known != known_.end()) return known->second;
    if (depth > kDepthMax) return refuse("the schema nests deeper than 64", at);
    if (compiled_->nodes.size() >= kNodesMax) return refuse("the schema has more than 20,000 parts", at);
    Node& made = *compiled_->nodes.emplace_back(std::make_unique<Node>());
    known_[&from] = &made;
    places_[&made] = at.empty() ? "/" : at;
    if (from.is_bool()) {
      made.verdict = from.get_bool();
      return &made;
    }
    const json::object* object = from.if_object();
    if (object == nullptr) return refuse("a schema is an object, true or false", at);
    const bool is_alone = draft_ == SchemaDraft::draft_7 && object->contains("$ref");
    for (const auto& [name, value] : *object) {
      const bool is_definition = name == "definitions" || name == "$defs";
      if (is_alone && name != "$ref" && !is_definition) continue;
      if (auto read = member(made, *object, name, value, at + "/" + pointer_step(name), depth); !read) {
        return std::unexpected(read.error());
      }
    }
    return &made;
  }

  Result<void> member(Node& to, const json::object& whole, std::string_view name, const json::value& value,
                      const std::string& at, std::size_t depth) {
    if (std::ranges::find(kAnnotations, name) != kAnnotations.end()) return {};
    if (name == "$id") {
      if (at == "/$id") return {};
      return refuse("'$id' below the root, which moves what references mean, is not supported", at);
    }
    if (name == "type") return types(to, value, at);
    if (name == "enum") return list_of_values(to, value, at);
    if (name == "const") {
      to.constant = value;
      return {};
    }
    if (name == "pattern") {
      auto pattern = read_pattern(value, at);
      if (!pattern) return std::unexpected(pattern.error());
      to.pattern = *std::move(pattern);
      return {};
    }
    if (name == "uniqueItems") {
      if (!value.is_bool()) return refuse("expected true or false", at);
      to.unique_items = value.get_bool();
      return {};
    }
    if (name == "$ref") return reference(to, value, at, depth);
    if (name == "required") return names(to.required, value, at);
    if (auto done = number(to, name, value, at)) return *done;
    if (auto done = count(to, name, value, at)) return *done;
    if (auto done = one_schema(to, name, value, at, depth)) return *done;
    if (auto done = several_schemas(to, whole, name, value, at, depth)) return *done;
    return unknown(name, at);
  }

  Result<void> unknown(std::string_view name, const std::string& at) const {
    static constexpr auto kKnown = std::to_array<std::string_view>({"$defs",
                                                                    "$ref",
                                                                    "additionalItems",
                                                                    "additionalProperties",
                                                                    "allOf",
                                                                    "anyOf",
                                                                    "const",
                                                                    "contains",
                                                                    "definitions",
                                                                    "dependencies",
                                                                    "dependentRequired",
                                                                    "dependentSchemas",
                                                                    "else",
                                                                    "enum",
                                                                    "exclusiveMaximum",
                                                                    "exclusiveMinimum",
                                                                    "if",
                                                                    "items",
                                                                    "maxContains",
                                                                    "maxItems",
                                                                    "maxLength",
                                                                    "maxProperties",
                                                                    "maximum",
                                                                    "minContains",
                                                                    "minItems",
                                                                    "minLength",
                                                                    "minProperties",
                                                                    "minimum",
                                                                    "multipleOf",
                                                                    "not",
                                                                    "oneOf",
                                                                    "pattern",
                                                                    "patternProperties",
                                                                    "prefixItems",
                                                                    "properties",
                                                                    "propertyNames",
                                                                    "required",
                                                                    "then",
                                                                    "type",
                                                                    "uniqueItems"});
    return refuse("the keyword '" + std::string(name) + "' is not supported" + event::did_you_mean(name, kKnown), at);
  }

  Result<void> types(Node& to, const json::value& value, const std::string& at) {
    const auto add = [&](const json::value& one) {
      const std::string_view name = one.is_string() ? std::string_view(one.get_string()) : std::string_view();
      const auto found = std::ranges::find(kTypes, name, &std::pair<std::string_view, std::uint8_t>::first);
      if (found == kTypes.end()) return false;
      to.types = static_cast<std::uint8_t>(to.types | found->second);
      return true;
    };
    bool is_good = true;
    if (const json::array* array = value.if_array()) {
      is_good = !array->empty() && std::ranges::all_of(*array, add);
    } else {
      is_good = add(value);
    }
    if (is_good) return {};
    return refuse("a type is null, boolean, object, array, string, integer or number, or a list of them", at);
  }

  Result<void> list_of_values(Node& to, const json::value& value, const std::string& at) {
    const json::array* array = value.if_array();
    if (array == nullptr) return refuse("expected a list of values", at);
    to.has_enum = true;
    to.allowed.assign(array->begin(), array->end());
    return {};
  }

  Result<void> names(std::vector<std::string>& to, const json::value& value, const std::string& at) {
    const json::array* array = value.if_array();
    if (array == nullptr) return refuse("expected a list of names", at);
    for (const json::value& one : *array) {
      if (!one.is_string()) return refuse("expected a list of names", at);
      to.emplace_back(one.get_string());
    }
    return {};
  }

  std::optional<Result<void>> number(Node& to, std::string_view name, const json::value& value, const std::string& at) {
    std::optional<json::value>* target = name == "minimum"            ? &to.minimum
                                         : name == "maximum"          ? &to.maximum
                                         : name == "exclusiveMinimum" ? &to.exclusive_minimum
                                         : name == "exclusiveMaximum" ? &to.exclusive_maximum
                                         : name == "multipleOf"       ? &to.multiple_of
                                                                      : nullptr;
    if (target == nullptr) return std::nullopt;
    if (!value.is_number()) return refuse("expected a number", at);
    if (name == "multipleOf" && value.to_number<double>() <= 0) return refuse("expected a number above 0", at);
    *target = value;
    return Result<void>();
  }

  std::optional<Result<void>> count(Node& to, std::string_view name, const json::value& value, const std::string& at) {
    std::optional<std::uint64_t>* target = name == "minLength"       ? &to.min_length
                                           : name == "maxLength"     ? &to.max_length
                                           : name == "minItems"      ? &to.min_items
                                           : name == "maxItems"      ? &to.max_items
                                           : name == "minProperties" ? &to.min_properties
                                           : name == "maxProperties" ? &to.max_properties
                                           : name == "maxContains"   ? &to.max_contains
                                                                     : nullptr;
    if (target == nullptr && name != "minContains") return std::nullopt;
    const double read = value.is_number() ? value.to_number<double>() : -1;
    if (read < 0 || read > 9e15 || read != static_cast<double>(static_cast<std::uint64_t>(read))) {
      return refuse("expected a whole number of 0 or more", at);
    }
    if (target == nullptr) {
      to.min_contains = static_cast<std::uint64_t>(read);
    } else {
      *target = static_cast<std::uint64_t>(read);
    }
    return Result<void>();
  }

  Result<void> put(const Node*& to, const json::value& value, const std::string& at, std::size_t depth) {
    auto made = node(value, at, depth + 1);
    if (!made) return std::unexpected(made.error());
    to = *made;
    return {};
  }

  Result<void> put(Nodes& to, const json::value& value, const std::string& at, std::size_t depth) {
    const json::array* array = value.if_array();
    if (array == nullptr || array->empty()) return refuse("expected a list of schemas, not empty", at);
    for (std::size_t i = 0; i < array->size(); ++i) {
      const Node* one = nullptr;
      if (auto made = put(one, (*array)[i], at + "/" + std::to_string(i), depth); !made) return made;
      to.push_back(one);
    }
    return {};
  }

  std::optional<Result<void>> one_schema(Node& to, std::string_view name, const json::value& value,
                                         const std::string& at, std::size_t depth) {
    const Node** target = name == "additionalProperties" ? &to.additional_properties
                          : name == "propertyNames"      ? &to.property_names
                          : name == "contains"           ? &to.contains
                          : name == "not"                ? &to.negated
                          : name == "if"                 ? &to.condition
                          : name == "then"               ? &to.then_schema
                          : name == "else"               ? &to.else_schema
                                                         : nullptr;
    if (target == nullptr) return std::nullopt;
    return put(*target, value, at, depth);
  }

  std::optional<Result<void>> several_schemas(Node& to, const json::object& whole, std::string_view name,
                                              const json::value& value, const std::string& at, std::size_t depth) {
    if (name == "allOf") return put(to.all_of, value, at, depth);
    if (name == "anyOf") return put(to.any_of, value, at, depth);
    if (name == "oneOf") return put(to.one_of, value, at, depth);
    if (name == "prefixItems") return put(to.prefix_items, value, at, depth);
    if (name == "items") {
      // A list is how draft 7 writes `prefixItems`; an empty one says nothing.
      const json::array* array = value.if_array();
      if (array == nullptr) return put(to.items, value, at, depth);
      return array->empty() ? Result<void>() : put(to.prefix_items, value, at, depth);
    }
    if (name == "additionalItems") {
      const json::value* items = whole.if_contains("items");
      // Without a list before it, it means nothing.
      const Node* ignored = nullptr;
      return put(items != nullptr && items->is_array() ? to.items : ignored, value, at, depth);
    }
    if (name == "properties" || name == "dependentSchemas" || name == "definitions" || name == "$defs" ||
        name == "patternProperties" || name == "dependencies" || name == "dependentRequired") {
      return named_schemas(to, name, value, at, depth);
    }
    return std::nullopt;
  }

  Result<void> named_schemas(Node& to, std::string_view name, const json::value& value, const std::string& at,
                             std::size_t depth) {
    const json::object* object = value.if_object();
    if (object == nullptr) return refuse("expected an object", at);
    for (const auto& [key, one] : *object) {
      const std::string place = at + "/" + pointer_step(key);
      const bool is_names = name == "dependentRequired" || (name == "dependencies" && one.is_array());
      if (is_names) {
        if (auto read = names(to.dependent_required[std::string(key)], one, place); !read) return read;
        continue;
      }
      const Node* made = nullptr;
      if (auto read = put(made, one, place, depth); !read) return read;
      if (name == "properties") to.properties[std::string(key)] = made;
      if (name == "dependentSchemas" || name == "dependencies") to.dependent_schemas[std::string(key)] = made;
      if (name == "patternProperties") {
        auto pattern = read_pattern(json::value(key), place);
        if (!pattern) return std::unexpected(pattern.error());
        to.pattern_properties.emplace_back(*std::move(pattern), made);
      }
    }
    return {};
  }

  Result<Pattern> read_pattern(const json::value& value, const std::string& at) {
    if (!value.is_string()) return refuse("expected a pattern", at);
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemoryBytes);
    Pattern pattern;
    pattern.text = std::string(value.get_string());
    pattern.compiled = std::make_unique<const re2::RE2>(pattern.text, options);
    if (pattern.compiled->ok()) return pattern;
    return refuse("the pattern is not one that RE2 takes: " + pattern.compiled->error(), at);
  }

  // Only `#` and pointers into this schema: nothing is ever fetched.
  Result<void> reference(Node& to, const json::value& value, const std::string& at, std::size_t depth) {
    const std::string_view target = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
    if (target != "#" && !target.starts_with("#/")) {
      return refuse("only references into the schema itself are supported, '#' or '#/...'", at);
    }
    json::error_code error;
    const std::string pointer = decoded(target.substr(1));
    const json::value* found = pointer.empty() ? &root_ : root_.find_pointer(pointer, error);
    if (found == nullptr) return refuse("the reference '" + std::string(target) + "' leads nowhere", at);
    auto made = node(*found, pointer, depth + 1);
    if (!made) return std::unexpected(made.error());
    to.reference = *made;
    return {};
  }

  // A fragment of a URI: %XX is a byte.
  static std::string decoded(std::string_view text) {
    std::string out;
    const auto digit = [](char c) {
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
        out.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
        i += 2;
      } else {
        out.push_back(text[i]);
      }
    }
    return out;
  }

  // Whether a check of a value with this node would check the same value with it again: it would never end.
  static bool leads_back(const Node& start) {
    std::set<const Node*> seen;
    std::vector<const Node*> open;
    const auto add = [&](const Node* next) {
      if (next != nullptr) open.push_back(next);
    };
    const auto spread = [&](const Node& from) {
      for (const Nodes* list : {&from.all_of, &from.any_of, &from.one_of}) {
        for (const Node* next : *list) add(next);
      }
      for (const auto& [name, next] : from.dependent_schemas) add(next);
      add(from.negated);
      add(from.condition);
      add(from.then_schema);
      add(from.else_schema);
      add(from.reference);
    };
    spread(start);
    while (!open.empty()) {
      const Node* next = open.back();
      open.pop_back();
      if (next == &start) return true;
      if (seen.insert(next).second) spread(*next);
    }
    return false;
  }

  const json::value& root_;
  SchemaDraft draft_;
  std::shared_ptr<Compiled> compiled_ = std::make_shared<Compiled>();
  std::map<const json::value*, const Node*> known_;
  std::map<const Node*, std::string> places_;
};

}  // namespace

std::string pointer_step(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view type_name(std::uint8_t type) {
  const auto found = std::ranges::find(kTypes, type, &std::pair<std::string_view, std::uint8_t>::second);
  return found == kTypes.end() ? "nothing" : found->first;
}

Result<std::shared_ptr<const Compiled>> compile_schema(const json::value& schema, SchemaDraft draft) {
  return Compiler(schema, draft).compile();
}

}  // namespace orchestrator::harness::codec::json_schema
