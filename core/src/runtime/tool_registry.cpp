// SPDX-License-Identifier: Apache-2.0
#include "runtime/tool_registry.hpp"

#include <algorithm>
#include <utility>

#include "codec/json_schema/null_members.hpp"
#include "codec/json_schema/strict_schema.hpp"
#include "event/json_writer.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::uint64_t kTimeoutMsMax = 86'400'000;
constexpr std::uint64_t kOutputBytesMax = 16ULL << 20;

bool is_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_inner = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= kNameBytesMax && is_letter(name.front()) &&
         std::ranges::all_of(name, is_inner);
}

std::unexpected<Error> refuse(const ToolSpec& spec, const std::string& why, const char* at) {
  return fail(RuntimeErrorCode::invalid_argument, "the tool '" + spec.name + "' cannot be used: " + why, at);
}

Result<void> check_spec(const ToolSpec& spec) {
  if (!is_name(spec.name)) {
    return refuse(spec, "a name has 1 to 64 of [A-Za-z0-9_-] and begins with a letter or _", "tool.name");
  }
  if (!event::is_valid_utf8(spec.description)) return refuse(spec, "its description is no UTF-8", "tool.description");
  if (spec.timeout_ms == 0 || spec.timeout_ms > kTimeoutMsMax) {
    return refuse(spec, "timeout_ms must be 1 to 86400000", "tool.timeout_ms");
  }
  if (spec.output_bytes_max == 0 || spec.output_bytes_max > kOutputBytesMax) {
    return refuse(spec, "output_bytes_max must be 1 to 16777216", "tool.output_bytes_max");
  }
  return {};
}

Error of_tool(Error error, const ToolSpec& spec) {
  error.message = "the tool '" + spec.name + "': " + error.message;
  return error;
}

std::optional<ToolError> violations(const codec::JsonSchema& schema, std::string_view json, ToolErrorCode code) {
  const auto found = schema.check_text(json);
  if (!found) return ToolError{code, found.error().message, found.error().at, {}};
  if (found->empty()) return std::nullopt;
  std::string message;
  for (const codec::SchemaViolation& violation : *found) {
    if (!message.empty()) message += "; ";
    message += (violation.pointer.empty() ? "(root)" : violation.pointer) + ": " + violation.message;
  }
  return ToolError{code, std::move(message), found->front().pointer, {}};
}

}  // namespace

ToolRegistry::ToolRegistry() : entries_(std::make_shared<const Entries>()) {}
ToolRegistry::~ToolRegistry() = default;
ToolRegistry::ToolRegistry(const ToolRegistry&) = default;
ToolRegistry& ToolRegistry::operator=(const ToolRegistry&) = default;

Result<void> ToolRegistry::add(std::shared_ptr<Tool> tool) {
  if (!tool) return fail(RuntimeErrorCode::invalid_argument, "there is no tool in the pointer", "tool");
  const ToolSpec& spec = tool->spec();
  if (auto checked = check_spec(spec); !checked) return checked;
  if (entries_->by_name.contains(spec.name)) return refuse(spec, "there is one of that name already", "tool.name");
  auto input = codec::JsonSchema::compile(spec.input_schema.text);
  if (!input) return std::unexpected(of_tool(input.error(), spec));
  if (spec.strict) {
    if (auto strict = codec::strict_schema(spec.input_schema.text); !strict) {
      return std::unexpected(of_tool(strict.error(), spec));
    }
  }
  std::optional<codec::JsonSchema> output;
  if (!spec.output_schema.text.empty()) {
    auto compiled = codec::JsonSchema::compile(spec.output_schema.text);
    if (!compiled) return std::unexpected(of_tool(compiled.error(), spec));
    output = *std::move(compiled);
  }
  auto entries = std::make_shared<Entries>(*entries_);
  const std::string name = spec.name;
  entries->by_name.emplace(name, Entries::Entry{std::move(tool), *std::move(input), std::move(output)});
  entries_ = std::move(entries);
  return {};
}

std::shared_ptr<Tool> ToolRegistry::find(std::string_view name) const {
  const auto found = entries_->by_name.find(name);
  return found == entries_->by_name.end() ? nullptr : found->second.tool;
}

std::vector<ToolSpec> ToolRegistry::specs() const {
  std::vector<ToolSpec> specs;
  for (const auto& [name, entry] : entries_->by_name) specs.push_back(entry.tool->spec());
  return specs;
}

bool ToolRegistry::empty() const { return entries_->by_name.empty(); }

void ToolRegistryAccess::merge(ToolRegistry& registry, const ToolRegistry& more) {
  auto entries = std::make_shared<ToolRegistry::Entries>(*registry.entries_);
  for (const auto& [name, entry] : more.entries_->by_name) entries->by_name.emplace(name, entry);
  registry.entries_ = std::move(entries);
}

Result<ToolRegistry> ToolRegistryAccess::only(const ToolRegistry& registry, const std::vector<std::string>& names) {
  auto entries = std::make_shared<ToolRegistry::Entries>();
  for (const std::string& name : names) {
    const auto found = registry.entries_->by_name.find(name);
    if (found == registry.entries_->by_name.end()) {
      std::vector<std::string> known;
      for (const auto& [other, entry] : registry.entries_->by_name) known.push_back(other);
      std::string message = "there is no tool '" + name + "'";
      const std::vector<std::string_view> candidates(known.begin(), known.end());
      message += event::did_you_mean(name, candidates) + ".";
      message += known.empty() ? " This harness has none" : " Known:";
      for (const std::string& other : known) message += " " + other;
      return fail(RuntimeErrorCode::invalid_argument, std::move(message), "tools");
    }
    entries->by_name.emplace(name, found->second);
  }
  ToolRegistry kept;
  kept.entries_ = std::move(entries);
  return kept;
}

std::string ToolRegistryAccess::tool_arguments(const ToolRegistry& registry, std::string_view tool,
                                               std::string arguments) {
  const auto found = registry.entries_->by_name.find(tool);
  if (found == registry.entries_->by_name.end()) return arguments;
  const ToolSpec& spec = found->second.tool->spec();
  return spec.strict ? codec::drop_nulls(spec.input_schema.text, arguments) : arguments;
}

std::optional<ToolError> ToolRegistryAccess::check_arguments(const ToolRegistry& registry, std::string_view tool,
                                                             std::string_view arguments) {
  const auto found = registry.entries_->by_name.find(tool);
  if (found == registry.entries_->by_name.end()) {
    return ToolError{ToolErrorCode::unknown_tool, "there is no tool of this name here", std::string(tool), {}};
  }
  return violations(found->second.input, arguments, ToolErrorCode::tool_args_invalid);
}

std::optional<ToolError> ToolRegistryAccess::check_output(const ToolRegistry& registry, std::string_view tool,
                                                          std::string_view json) {
  const auto found = registry.entries_->by_name.find(tool);
  if (found == registry.entries_->by_name.end() || !found->second.output) return std::nullopt;
  return violations(*found->second.output, json, ToolErrorCode::tool_output_invalid);
}

}  // namespace orchestrator::harness
