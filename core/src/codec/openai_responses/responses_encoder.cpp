// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/responses_encoder.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "codec/json_document.hpp"
#include "codec/json_schema/strict_schema.hpp"
#include "codec/object_writer.hpp"
#include "codec/openai_responses/input_items.hpp"
#include "codec/openai_responses/model_family.hpp"

namespace orchestrator::harness::codec {
namespace {

std::string_view word_for(ReasoningEffort effort) {
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

// Settings without a field here. Negotiation drops or refuses them earlier; nothing is dropped in silence.
Result<void> check_settings(const GenerationSettings& settings) {
  const auto refuse = [](const char* name) {
    return fail(RuntimeErrorCode::capability_missing, "this provider has no setting like this: " + std::string(name),
                name);
  };
  if (settings.seed) return refuse("seed");
  if (!settings.stop.empty()) return refuse("stop");
  if (settings.reasoning && settings.reasoning->budget_tokens) return refuse("reasoning_budget_tokens");
  return {};
}

// A schema goes out as the caller wrote it, so that equal requests are equal bytes.
Result<void> check_schema(const RawJson& schema, std::string at) {
  JsonDocument document;
  if (document.parse_object(schema.text)) return {};
  return fail(RuntimeErrorCode::invalid_argument, "a JSON Schema must be a JSON object", std::move(at));
}

Result<void> write_tools(ObjectWriter& body, const std::vector<ToolSpec>& tools) {
  std::string& out = body.key("tools");
  out += '[';
  for (std::size_t at = 0; at < tools.size(); ++at) {
    const ToolSpec& tool = tools[at];
    if (auto checked = check_schema(tool.input_schema, "tools." + tool.name + ".input_schema"); !checked)
      return checked;
    const auto parameters =
        tool.strict ? strict_schema(tool.input_schema.text) : Result<std::string>(tool.input_schema.text);
    if (!parameters) return std::unexpected(parameters.error());
    if (at > 0) out += ',';
    ObjectWriter object(out);
    object.text("type", "function");
    object.text("name", tool.name);
    if (!tool.description.empty()) object.text("description", tool.description);
    object.raw("parameters", *parameters);
    object.flag("strict", tool.strict);  // left out, it would count as true
    object.end();
  }
  out += ']';
  return {};
}

Result<void> write_tool_choice(ObjectWriter& body, const ToolChoice& choice, const std::vector<ToolSpec>& tools) {
  switch (choice.mode) {
    case ToolChoiceMode::automatic:
      body.text("tool_choice", "auto");
      return {};
    case ToolChoiceMode::none:
      body.text("tool_choice", "none");
      return {};
    case ToolChoiceMode::required:
      body.text("tool_choice", "required");
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
  object.text("name", choice.name);
  object.end();
  return {};
}

// Hosts refuse a choice where there is nothing to choose from.
Result<void> write_all_of_tools(ObjectWriter& body, const ProviderRequest& request) {
  if (request.tools.empty()) return {};
  if (auto written = write_tools(body, request.tools); !written) return written;
  const GenerationSettings& settings = request.settings;
  if (settings.tool_choice) {
    if (auto written = write_tool_choice(body, *settings.tool_choice, request.tools); !written) return written;
  }
  if (settings.parallel_tool_calls) body.flag("parallel_tool_calls", *settings.parallel_tool_calls);
  return {};
}

Result<void> write_output_schema(ObjectWriter& body, const OutputSchema& schema) {
  if (auto checked = check_schema(schema.schema, "output_schema"); !checked) return checked;
  ObjectWriter text(body.key("text"));
  ObjectWriter format(text.key("format"));
  format.text("type", "json_schema");
  format.text("name", schema.name.empty() ? std::string_view("output") : std::string_view(schema.name));
  format.raw("schema", schema.schema.text);
  format.flag("strict", schema.strict);
  format.end();
  text.end();
  return {};
}

void write_reasoning(ObjectWriter& body, const ReasoningSettings& reasoning) {
  if (!reasoning.effort && !reasoning.summaries) return;
  ObjectWriter object(body.key("reasoning"));
  if (reasoning.effort) object.text("effort", word_for(*reasoning.effort));
  if (reasoning.summaries) object.text("summary", "auto");
  object.end();
}

void write_storage(ObjectWriter& body, const ProviderRequest& request, const ResponsesOptions& options) {
  const bool by_name = responses::family_of(request.model.model).encrypts_reasoning;
  if (options.stateless && options.encrypted_reasoning.value_or(by_name))
    body.raw("include", R"(["reasoning.encrypted_content"])");
  body.flag("store", !options.stateless);
  body.flag("stream", options.stream);
  if (!options.prompt_cache_key.empty()) body.text("prompt_cache_key", options.prompt_cache_key);
}

void write_sampling(ObjectWriter& body, const GenerationSettings& settings) {
  if (settings.max_output_tokens) body.number("max_output_tokens", *settings.max_output_tokens);
  if (settings.temperature) body.real("temperature", *settings.temperature);
  if (settings.top_p) body.real("top_p", *settings.top_p);
  if (settings.metadata.empty()) return;
  ObjectWriter metadata(body.key("metadata"));
  for (const auto& [key, value] : settings.metadata) metadata.text(key, value);
  metadata.end();
}

}  // namespace

Result<std::string> encode_responses_request(const ProviderRequest& request, const ResponsesOptions& options) {
  if (auto checked = check_settings(request.settings); !checked) return std::unexpected(checked.error());
  std::string out;
  ObjectWriter body(out);
  body.text("model", request.model.model);
  if (!request.system.empty()) body.text("instructions", request.system);
  if (auto written = write_all_of_tools(body, request); !written) return std::unexpected(written.error());
  if (request.settings.output_schema) {
    if (auto written = write_output_schema(body, *request.settings.output_schema); !written)
      return std::unexpected(written.error());
  }
  if (request.settings.reasoning) write_reasoning(body, *request.settings.reasoning);
  write_storage(body, request, options);
  write_sampling(body, request.settings);
  const responses::InputOptions input{.stateless = options.stateless, .item_ids = options.item_ids};
  if (auto written = responses::append_input_items(body.key("input"), request, input); !written)
    return std::unexpected(written.error());
  body.end();
  return out;
}

ModelOffer responses_offer(const ModelRef& model) {
  ModelOffer offer;
  offer.model = model;
  offer.wire = "responses";
  offer.unsupported = {"input.audio", "input.video", "reasoning_budget_tokens", "seed", "stop"};
  const responses::ModelFamily family = responses::family_of(model.model);
  if (!family.reasons) offer.unsupported.insert(offer.unsupported.end(), {"reasoning", "reasoning_summaries"});
  if (!family.takes_sampling) offer.unsupported.insert(offer.unsupported.end(), {"temperature", "top_p"});
  std::ranges::sort(offer.unsupported);
  return offer;
}

}  // namespace orchestrator::harness::codec
