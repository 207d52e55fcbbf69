// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/messages_encoder.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "codec/anthropic_messages/answer_blocks.hpp"
#include "codec/anthropic_messages/claude_family.hpp"
#include "codec/anthropic_messages/message_list.hpp"
#include "codec/json_document.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::uint32_t kThinkingTokensMin = 1'024;

std::string_view word_for(ReasoningEffort effort) {
  switch (effort) {
    case ReasoningEffort::none:
    case ReasoningEffort::minimal:
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

// Where a model knows no effort: how many tokens it may think.
std::uint32_t budget_for(ReasoningEffort effort) {
  switch (effort) {
    case ReasoningEffort::none:
    case ReasoningEffort::minimal:
      return kThinkingTokensMin;
    case ReasoningEffort::low:
      return 2'048;
    case ReasoningEffort::medium:
      return 8'192;
    case ReasoningEffort::high:
      return 16'384;
    case ReasoningEffort::xhigh:
    case ReasoningEffort::max:
      return 32'000;
  }
  return 8'192;
}

struct Thinking {
  enum class Form : std::uint8_t { absent, disabled, adaptive, budget };
  Form form = Form::absent;
  std::uint32_t budget_tokens = 0;
  std::string_view effort;  // empty: not sent
};

Result<Thinking> thinking_of(const GenerationSettings& settings, const messages::ClaudeFamily& family) {
  Thinking thinking;
  if (!settings.reasoning || !family.thinks) return thinking;
  const ReasoningSettings& reasoning = *settings.reasoning;
  if (reasoning.budget_tokens) {
    if (*reasoning.budget_tokens < kThinkingTokensMin) {
      return fail(RuntimeErrorCode::invalid_argument,
                  "a thinking budget is 1024 tokens or more, not " + std::to_string(*reasoning.budget_tokens),
                  "reasoning_budget_tokens");
    }
    thinking.form = Thinking::Form::budget;
    thinking.budget_tokens = *reasoning.budget_tokens;
  } else if (reasoning.effort == ReasoningEffort::none) {
    thinking.form = Thinking::Form::disabled;
  } else if (reasoning.effort && family.thinks_adaptively) {
    thinking.form = Thinking::Form::adaptive;
    thinking.effort = word_for(*reasoning.effort);
  } else if (reasoning.effort) {
    thinking.form = Thinking::Form::budget;
    thinking.budget_tokens = budget_for(*reasoning.effort);
  }
  return thinking;
}

void write_thinking(ObjectWriter& body, const Thinking& thinking, bool wants_summaries) {
  if (thinking.form == Thinking::Form::absent) return;
  ObjectWriter object(body.key("thinking"));
  switch (thinking.form) {
    case Thinking::Form::disabled:
    case Thinking::Form::absent:
      object.text("type", "disabled");
      break;
    case Thinking::Form::adaptive:
      object.text("type", "adaptive");
      break;
    case Thinking::Form::budget:
      object.text("type", "enabled");
      object.number("budget_tokens", thinking.budget_tokens);
      break;
  }
  if (wants_summaries && thinking.form != Thinking::Form::disabled) object.text("display", "summarized");
  object.end();
}

Result<void> check_schema(const RawJson& schema, std::string at) {
  if (JsonDocument().parse_object(schema.text)) return {};
  return fail(RuntimeErrorCode::invalid_argument, "a JSON Schema must be a JSON object", std::move(at));
}

Result<void> write_tools(ObjectWriter& body, const std::vector<ToolSpec>& tools) {
  std::string& out = body.key("tools");
  out += '[';
  for (std::size_t at = 0; at < tools.size(); ++at) {
    const ToolSpec& tool = tools[at];
    if (auto checked = check_schema(tool.input_schema, "tools." + tool.name + ".input_schema"); !checked)
      return checked;
    if (at > 0) out += ',';
    ObjectWriter object(out);
    object.text("name", tool.name);
    if (!tool.description.empty()) object.text("description", tool.description);
    object.raw("input_schema", tool.input_schema.text);
    object.end();
  }
  out += ']';
  return {};
}

Result<void> write_tool_choice(ObjectWriter& body, const ProviderRequest& request) {
  const auto& choice = request.settings.tool_choice;
  const bool is_serial = request.settings.parallel_tool_calls == false;
  if (!choice && !is_serial) return {};
  const ToolChoiceMode mode = choice ? choice->mode : ToolChoiceMode::automatic;
  if (mode == ToolChoiceMode::named &&
      std::ranges::find(request.tools, choice->name, &ToolSpec::name) == request.tools.end()) {
    return fail(RuntimeErrorCode::invalid_argument, "the tool choice names no tool of this request: " + choice->name,
                "tool_choice");
  }
  ObjectWriter object(body.key("tool_choice"));
  switch (mode) {
    case ToolChoiceMode::automatic:
      object.text("type", "auto");
      break;
    case ToolChoiceMode::none:
      object.text("type", "none");
      break;
    case ToolChoiceMode::required:
      object.text("type", "any");
      break;
    case ToolChoiceMode::named:
      object.text("type", "tool");
      object.text("name", choice->name);
      break;
  }
  if (is_serial && mode != ToolChoiceMode::none) object.flag("disable_parallel_tool_use", true);
  object.end();
  return {};
}

Result<void> write_output_config(ObjectWriter& body, const GenerationSettings& settings, const Thinking& thinking) {
  if (!settings.output_schema && thinking.effort.empty()) return {};
  ObjectWriter config(body.key("output_config"));
  if (!thinking.effort.empty()) config.text("effort", thinking.effort);
  if (settings.output_schema) {
    if (auto checked = check_schema(settings.output_schema->schema, "output_schema"); !checked) return checked;
    ObjectWriter format(config.key("format"));
    format.text("type", "json_schema");
    format.raw("schema", settings.output_schema->schema.text);
    format.end();
  }
  config.end();
  return {};
}

Result<void> check_settings(const GenerationSettings& settings) {
  if (settings.seed) {
    return fail(RuntimeErrorCode::capability_missing, "this provider has no setting like this: seed", "seed");
  }
  if (settings.temperature && *settings.temperature > 1) {
    return fail(RuntimeErrorCode::invalid_argument, "the temperature of this provider's models is 0 to 1",
                "temperature");
  }
  for (const auto& [key, value] : settings.metadata) {
    if (key == "user_id") continue;
    return fail(RuntimeErrorCode::capability_missing, "this provider takes no metadata but user_id", "metadata." + key);
  }
  return {};
}

void write_sampling(ObjectWriter& body, const GenerationSettings& settings) {
  if (settings.temperature) body.real("temperature", *settings.temperature);
  if (settings.top_p) body.real("top_p", *settings.top_p);
  if (!settings.stop.empty()) {
    std::string& out = body.key("stop_sequences");
    out += '[';
    for (std::size_t i = 0; i < settings.stop.size(); ++i) {
      if (i > 0) out += ',';
      event::append_json_string(out, settings.stop[i]);
    }
    out += ']';
  }
  if (settings.metadata.empty()) return;
  ObjectWriter metadata(body.key("metadata"));
  metadata.text("user_id", settings.metadata.front().second);
  metadata.end();
}

}  // namespace

Result<std::string> encode_messages_request(const ProviderRequest& request) {
  const GenerationSettings& settings = request.settings;
  if (auto checked = check_settings(settings); !checked) return std::unexpected(checked.error());
  const messages::ClaudeFamily family = messages::family_of(request.model.model);
  const auto thinking = thinking_of(settings, family);
  if (!thinking) return std::unexpected(thinking.error());
  std::string out;
  ObjectWriter body(out);
  body.text("model", request.model.model);
  const std::uint64_t asked = settings.max_output_tokens.value_or(family.max_tokens);
  // It includes the thinking, and must be more than the budget for it.
  body.number("max_tokens", thinking->budget_tokens < asked ? asked : asked + thinking->budget_tokens);
  body.flag("stream", true);
  if (!request.system.empty()) body.text("system", request.system);
  if (!request.tools.empty()) {
    if (auto written = write_tools(body, request.tools); !written) return std::unexpected(written.error());
    if (auto written = write_tool_choice(body, request); !written) return std::unexpected(written.error());
  }
  write_thinking(body, *thinking, settings.reasoning && settings.reasoning->summaries);
  if (auto written = write_output_config(body, settings, *thinking); !written) return std::unexpected(written.error());
  write_sampling(body, settings);
  if (auto written = messages::append_message_list(body.key("messages"), request); !written)
    return std::unexpected(written.error());
  body.end();
  return out;
}

ModelOffer messages_offer(const ModelRef& model) {
  ModelOffer offer;
  offer.model = model;
  offer.wire = messages::kOrigin;
  offer.unsupported = {"input.audio", "input.video", "seed"};
  if (!messages::family_of(model.model).thinks) {
    offer.unsupported.insert(offer.unsupported.end(), {"reasoning", "reasoning_budget_tokens", "reasoning_summaries"});
  }
  std::ranges::sort(offer.unsupported);
  return offer;
}

}  // namespace orchestrator::harness::codec
