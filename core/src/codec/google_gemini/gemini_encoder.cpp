// SPDX-License-Identifier: Apache-2.0
#include "codec/google_gemini/gemini_encoder.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "codec/google_gemini/answer_parts.hpp"
#include "codec/google_gemini/content_list.hpp"
#include "codec/json_document.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kStopsMax = 5;

// `gemini-2.5-pro` and before think by budget, or not at all; what is not known counts as new.
bool thinks_by_level(std::string_view model) {
  const auto at = model.find("gemini-");
  if (at == std::string_view::npos) return true;
  const char generation = at + 7 < model.size() ? model[at + 7] : '9';
  return generation != '1' && generation != '2';
}
bool thinks(std::string_view model) {
  return model.find("gemini-1") == std::string_view::npos && model.find("gemini-2.0") == std::string_view::npos;
}

std::string_view level_for(ReasoningEffort effort) {
  switch (effort) {
    case ReasoningEffort::none:
    case ReasoningEffort::minimal:
      return "MINIMAL";
    case ReasoningEffort::low:
      return "LOW";
    case ReasoningEffort::medium:
      return "MEDIUM";
    case ReasoningEffort::high:
    case ReasoningEffort::xhigh:
    case ReasoningEffort::max:
      return "HIGH";
  }
  return "MEDIUM";
}

std::uint32_t budget_for(ReasoningEffort effort) {
  switch (effort) {
    case ReasoningEffort::none:
      return 0;
    case ReasoningEffort::minimal:
      return 512;
    case ReasoningEffort::low:
      return 1'024;
    case ReasoningEffort::medium:
      return 8'192;
    case ReasoningEffort::high:
    case ReasoningEffort::xhigh:
    case ReasoningEffort::max:
      return 24'576;
  }
  return 8'192;
}

Result<void> check_schema(const RawJson& schema, std::string at) {
  if (JsonDocument().parse_object(schema.text)) return {};
  return fail(RuntimeErrorCode::invalid_argument, "a JSON Schema must be a JSON object", std::move(at));
}

Result<void> check_settings(const GenerationSettings& settings) {
  if (!settings.metadata.empty()) {
    return fail(RuntimeErrorCode::capability_missing, "this provider takes no metadata", "metadata");
  }
  if (settings.parallel_tool_calls) {
    return fail(RuntimeErrorCode::capability_missing, "this provider has no setting like this: parallel_tool_calls",
                "parallel_tool_calls");
  }
  if (settings.stop.size() > kStopsMax) {
    return fail(RuntimeErrorCode::invalid_argument, "this provider takes at most 5 stop texts", "stop");
  }
  return {};
}

Result<void> write_tools(ObjectWriter& body, const ProviderRequest& request) {
  std::string& out = body.key("tools");
  out += "[{\"functionDeclarations\":[";
  for (std::size_t at = 0; at < request.tools.size(); ++at) {
    const ToolSpec& tool = request.tools[at];
    if (auto checked = check_schema(tool.input_schema, "tools." + tool.name + ".input_schema"); !checked)
      return checked;
    if (at > 0) out += ',';
    ObjectWriter object(out);
    object.text("name", tool.name);
    object.text("description", tool.description);
    object.raw("parametersJsonSchema", tool.input_schema.text);
    object.end();
  }
  out += "]}]";
  const auto& choice = request.settings.tool_choice;
  if (!choice || choice->mode == ToolChoiceMode::automatic) return {};
  const bool is_named = choice->mode == ToolChoiceMode::named;
  if (is_named && std::ranges::find(request.tools, choice->name, &ToolSpec::name) == request.tools.end()) {
    return fail(RuntimeErrorCode::invalid_argument, "the tool choice names no tool of this request: " + choice->name,
                "tool_choice");
  }
  ObjectWriter config(body.key("toolConfig"));
  ObjectWriter calling(config.key("functionCallingConfig"));
  calling.text("mode", choice->mode == ToolChoiceMode::none ? "NONE" : "ANY");
  if (is_named) {
    std::string& names = calling.key("allowedFunctionNames");
    names += '[';
    event::append_json_string(names, choice->name);
    names += ']';
  }
  calling.end();
  config.end();
  return {};
}

void write_thinking(ObjectWriter& config, const ReasoningSettings& reasoning, std::string_view model) {
  if (!thinks(model) || (!reasoning.effort && !reasoning.budget_tokens && !reasoning.summaries)) return;
  ObjectWriter thinking(config.key("thinkingConfig"));
  if (reasoning.summaries) thinking.flag("includeThoughts", true);
  if (reasoning.budget_tokens) {
    thinking.number("thinkingBudget", *reasoning.budget_tokens);
  } else if (reasoning.effort && thinks_by_level(model)) {
    thinking.text("thinkingLevel", level_for(*reasoning.effort));
  } else if (reasoning.effort) {
    thinking.number("thinkingBudget", budget_for(*reasoning.effort));
  }
  thinking.end();
}

Result<void> write_generation(ObjectWriter& body, const ProviderRequest& request) {
  const GenerationSettings& settings = request.settings;
  const bool has_any = settings.max_output_tokens || settings.temperature || settings.top_p || settings.seed ||
                       !settings.stop.empty() || settings.reasoning || settings.output_schema;
  if (!has_any) return {};
  ObjectWriter config(body.key("generationConfig"));
  if (settings.max_output_tokens) config.number("maxOutputTokens", *settings.max_output_tokens);
  if (settings.temperature) config.real("temperature", *settings.temperature);
  if (settings.top_p) config.real("topP", *settings.top_p);
  if (settings.seed) config.number("seed", *settings.seed);
  if (!settings.stop.empty()) {
    std::string& out = config.key("stopSequences");
    out += '[';
    for (std::size_t i = 0; i < settings.stop.size(); ++i) {
      if (i > 0) out += ',';
      event::append_json_string(out, settings.stop[i]);
    }
    out += ']';
  }
  if (settings.output_schema) {
    if (auto checked = check_schema(settings.output_schema->schema, "output_schema"); !checked) return checked;
    config.text("responseMimeType", "application/json");
    config.raw("responseJsonSchema", settings.output_schema->schema.text);
  }
  if (settings.reasoning) write_thinking(config, *settings.reasoning, request.model.model);
  config.end();
  return {};
}

}  // namespace

std::string gemini_path(const ModelRef& model) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string path = "/v1beta/models/";
  for (const char c : model.model) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '.' || c == '~';
    if (is_plain) {
      path += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      path.append("%").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  return path + ":streamGenerateContent?alt=sse";
}

Result<std::string> encode_gemini_request(const ProviderRequest& request) {
  if (auto checked = check_settings(request.settings); !checked) return std::unexpected(checked.error());
  std::string out;
  ObjectWriter body(out);
  if (!request.system.empty()) {
    std::string& system = body.key("systemInstruction");
    system += "{\"parts\":[{\"text\":";
    event::append_json_string(system, request.system);
    system += "}]}";
  }
  if (!request.tools.empty()) {
    if (auto written = write_tools(body, request); !written) return std::unexpected(written.error());
  }
  if (auto written = write_generation(body, request); !written) return std::unexpected(written.error());
  if (auto written = gemini::append_content_list(body.key("contents"), request); !written)
    return std::unexpected(written.error());
  body.end();
  return out;
}

ModelOffer gemini_offer(const ModelRef& model) {
  ModelOffer offer;
  offer.model = model;
  offer.wire = gemini::kOrigin;
  offer.unsupported = {"metadata", "parallel_tool_calls"};
  if (!thinks(model.model)) {
    offer.unsupported.insert(offer.unsupported.end(), {"reasoning", "reasoning_budget_tokens", "reasoning_summaries"});
  }
  std::ranges::sort(offer.unsupported);
  return offer;
}

}  // namespace orchestrator::harness::codec
