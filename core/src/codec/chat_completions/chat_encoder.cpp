// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_encoder.hpp"

#include <algorithm>
#include <cstddef>

#include "codec/chat_completions/chat_messages.hpp"
#include "codec/json_document.hpp"
#include "codec/json_schema/strict_schema.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

std::string_view name_of(ReasoningEffort effort) {
  switch (effort) {
    case ReasoningEffort::none:
      return "none";
    case ReasoningEffort::minimal:
      return "minimal";
    case ReasoningEffort::low:
      return "low";
    case ReasoningEffort::medium:
      return "medium";
    case ReasoningEffort::high:
      return "high";
    case ReasoningEffort::xhigh:
      return "xhigh";
    case ReasoningEffort::max:
      return "max";
  }
  return "medium";
}

// A JSON Schema as it goes into the body: the caller's own bytes, once they are seen to be an object.
Result<std::string_view> schema_text(const RawJson& schema, std::string at) {
  JsonDocument document;
  if (!document.parse_object(schema.text)) {
    return fail(RuntimeErrorCode::invalid_argument, "a JSON Schema must be a JSON object", std::move(at));
  }
  return std::string_view(schema.text);
}

void write_sampling(ObjectWriter& body, const GenerationSettings& settings, const ChatOptions& options) {
  if (settings.max_output_tokens) body.number(options.max_tokens_field, *settings.max_output_tokens);
  if (settings.temperature) body.real("temperature", *settings.temperature);
  if (settings.top_p) body.real("top_p", *settings.top_p);
  if (settings.seed) body.number(options.seed_field, *settings.seed);
}

Result<void> write_stop(ObjectWriter& body, const GenerationSettings& settings, const ChatOptions& options) {
  if (settings.stop.empty()) return {};
  if (settings.stop.size() > options.stop_max) {
    return fail(RuntimeErrorCode::invalid_argument,
                "this provider takes at most " + std::to_string(options.stop_max) + " stop texts; there are " +
                    std::to_string(settings.stop.size()),
                "stop");
  }
  std::string& out = body.key("stop");
  out += '[';
  for (std::size_t i = 0; i < settings.stop.size(); ++i) {
    if (i > 0) out += ',';
    event::append_json_string(out, settings.stop[i]);
  }
  out += ']';
  return {};
}

void write_reasoning(ObjectWriter& body, const GenerationSettings& settings, const ChatOptions& options) {
  if (!settings.reasoning) return;
  const auto& reasoning = *settings.reasoning;
  if (options.reasoning_request == ReasoningRequest::effort && reasoning.effort) {
    body.text("reasoning_effort", name_of(*reasoning.effort));
  }
  if (options.reasoning_request != ReasoningRequest::object) return;
  if (reasoning.budget_tokens) {  // one of the two, and the budget says more
    ObjectWriter inner(body.key("reasoning"));
    inner.number("max_tokens", *reasoning.budget_tokens);
    inner.end();
  } else if (reasoning.effort) {
    ObjectWriter inner(body.key("reasoning"));
    inner.text("effort", name_of(*reasoning.effort));
    inner.end();
  }
}

Result<void> write_output_schema(ObjectWriter& body, const GenerationSettings& settings, const ChatOptions& options) {
  if (!settings.output_schema || !options.output_schema) return {};
  const auto schema = schema_text(settings.output_schema->schema, "output_schema");
  if (!schema) return std::unexpected(schema.error());
  ObjectWriter format(body.key("response_format"));
  format.text("type", "json_schema");
  ObjectWriter inner(format.key("json_schema"));
  const std::string& name = settings.output_schema->name;
  inner.text("name", name.empty() ? std::string_view("output") : std::string_view(name));
  inner.flag("strict", settings.output_schema->strict);
  inner.raw("schema", *schema);
  inner.end();
  format.end();
  return {};
}

Result<void> write_tools(ObjectWriter& body, const std::vector<ToolSpec>& tools) {
  std::string& out = body.key("tools");
  out += '[';
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const auto schema = schema_text(tools[i].input_schema, "tools." + tools[i].name + ".input_schema");
    if (!schema) return std::unexpected(schema.error());
    const auto parameters = tools[i].strict ? strict_schema(*schema) : Result<std::string>(*schema);
    if (!parameters) return std::unexpected(parameters.error());
    if (i > 0) out += ',';
    ObjectWriter tool(out);
    tool.text("type", "function");
    ObjectWriter function(tool.key("function"));
    function.text("name", tools[i].name);
    if (!tools[i].description.empty()) function.text("description", tools[i].description);
    function.raw("parameters", *parameters);
    if (tools[i].strict) function.flag("strict", true);
    function.end();
    tool.end();
  }
  out += ']';
  return {};
}

Result<void> write_tool_choice(ObjectWriter& body, const ToolChoice& choice, const std::vector<ToolSpec>& tools,
                               const ChatOptions& options) {
  switch (choice.mode) {
    case ToolChoiceMode::automatic:
      body.text("tool_choice", "auto");
      return {};
    case ToolChoiceMode::none:
      body.text("tool_choice", "none");
      return {};
    case ToolChoiceMode::required:
      body.text("tool_choice", options.required_word);
      return {};
    case ToolChoiceMode::named:
      break;
  }
  if (std::ranges::find(tools, choice.name, &ToolSpec::name) == tools.end()) {
    return fail(RuntimeErrorCode::invalid_argument, "the tool choice names no tool of this request: " + choice.name,
                "tool_choice");
  }
  ObjectWriter object(body.key("tool_choice"));
  object.text("type", "function");
  ObjectWriter function(object.key("function"));
  function.text("name", choice.name);
  function.end();
  object.end();
  return {};
}

// Hosts refuse a choice where there is nothing to choose from.
Result<void> write_all_of_tools(ObjectWriter& body, const ProviderRequest& request, const ChatOptions& options) {
  if (request.tools.empty()) return {};
  if (auto written = write_tools(body, request.tools); !written) return written;
  if (request.settings.parallel_tool_calls && options.parallel_tool_calls) {
    body.flag("parallel_tool_calls", *request.settings.parallel_tool_calls);
  }
  if (!request.settings.tool_choice || !options.tool_choice) return {};
  return write_tool_choice(body, *request.settings.tool_choice, request.tools, options);
}

void write_metadata(ObjectWriter& body, const GenerationSettings& settings) {
  ObjectWriter object(body.key("metadata"));
  for (const auto& [key, value] : settings.metadata) object.text(key, value);
  object.end();
}

}  // namespace

Result<std::string> encode_chat_request(const ProviderRequest& request, const ChatOptions& options) {
  std::string out;
  ObjectWriter body(out);
  body.text("model", request.model.model);
  body.flag("stream", options.stream);
  if (options.stream && options.include_usage) body.raw("stream_options", R"({"include_usage":true})");
  if (options.store) body.flag("store", *options.store);
  write_sampling(body, request.settings, options);
  if (auto written = write_stop(body, request.settings, options); !written) return std::unexpected(written.error());
  write_reasoning(body, request.settings, options);
  if (options.metadata && !request.settings.metadata.empty()) write_metadata(body, request.settings);
  if (auto written = write_output_schema(body, request.settings, options); !written) {
    return std::unexpected(written.error());
  }
  if (auto written = write_all_of_tools(body, request, options); !written) return std::unexpected(written.error());
  if (auto written = append_chat_messages(body.key("messages"), request, options); !written) {
    return std::unexpected(written.error());
  }
  body.end();
  return out;
}

}  // namespace orchestrator::harness::codec
