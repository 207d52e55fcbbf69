// SPDX-License-Identifier: Apache-2.0
#include "runtime/run_request.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "event/canonical_event.hpp"
#include "event/field_encoder.hpp"
#include "event/json_writer.hpp"
#include "event/nearest_name.hpp"
#include "event/runtime_version.hpp"
#include "kernel/behaviours.hpp"
#include "runtime/entropy.hpp"
#include "runtime/tool_registry.hpp"
#include "runtime/traceparent.hpp"

namespace orchestrator::harness::runtime {
namespace {

constexpr std::size_t kStopSequencesMax = 16;
constexpr std::uint32_t kCallsAtOnceMax = 64;
constexpr std::uint32_t kAttemptsMax = 20;
constexpr std::uint32_t kRetryDelayMsMax = 600'000;
constexpr std::size_t kFallbacksMax = 16;
constexpr std::uint32_t kFillPercentMin = 10;
constexpr std::uint64_t kSummaryTokensMin = 50;
constexpr std::size_t kUserBytesMax = 256;
constexpr std::uint32_t kRecallMax = 100;
constexpr std::uint64_t kRecallTokensMax = 100'000;
constexpr std::uint64_t kMemoryTimeoutMsMax = 60'000;
constexpr std::size_t kPinnedMax = 32;
constexpr std::size_t kPinnedNameBytesMax = 64;
constexpr std::size_t kPinnedBytesMax = 64 << 10;
// What a model may be needed for: the names of settings and inputs that offers use.
constexpr auto kCapabilities = std::to_array<std::string_view>(
    {"input.audio", "input.file", "input.image", "input.json", "input.video", "max_output_tokens", "metadata",
     "output_schema", "parallel_tool_calls", "reasoning", "reasoning_budget_tokens", "reasoning_summaries", "seed",
     "stop", "streaming", "temperature", "tool_choice", "tools", "top_p"});

std::unexpected<Error> bad(std::string message, std::string at) {
  return fail(RuntimeErrorCode::invalid_argument, std::move(message), std::move(at));
}

const MediaSource* source_of(const ContentPart& part) {
  if (const auto* image = std::get_if<ImagePart>(&part)) return &image->source;
  if (const auto* audio = std::get_if<AudioPart>(&part)) return &audio->source;
  if (const auto* video = std::get_if<VideoPart>(&part)) return &video->source;
  if (const auto* file = std::get_if<FilePart>(&part)) return &file->source;
  return nullptr;
}

Result<void> check_text(std::string_view text, const std::string& at) {
  if (!event::is_valid_utf8(text)) return bad("the text is not valid UTF-8", at);
  return {};
}

Result<void> check_parts(const std::vector<ContentPart>& parts) {
  bool is_empty = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string at = "input/" + std::to_string(i);
    if (const auto* text = std::get_if<TextPart>(&parts[i])) {
      if (auto valid = check_text(text->text, at); !valid) return valid;
      if (!text->text.empty()) is_empty = false;
      continue;
    }
    is_empty = false;
    const MediaSource* source = source_of(parts[i]);
    if (source == nullptr) continue;
    if (source->is_inline() && source->bytes.size_bytes() == 0) return bad("the part has neither bytes nor a url", at);
    if (source->is_inline() && source->media_type.empty()) return bad("the part has no media type", at);
  }
  if (is_empty) return bad("the input is empty: a run needs a text or another part", "input");
  return {};
}

Result<void> check_settings(const GenerationSettings& settings) {
  const auto in_range = [](double value, double low, double high) { return value >= low && value <= high; };
  if (settings.temperature && !in_range(*settings.temperature, 0, 2)) {
    return bad("temperature must be from 0 to 2", "settings.temperature");
  }
  if (settings.top_p && !in_range(*settings.top_p, 0, 1)) return bad("top_p must be from 0 to 1", "settings.top_p");
  if (settings.stop.size() > kStopSequencesMax) return bad("at most 16 stop sequences", "settings.stop");
  for (const std::string& stop : settings.stop) {
    if (stop.empty()) return bad("a stop sequence is empty", "settings.stop");
    if (auto valid = check_text(stop, "settings.stop"); !valid) return valid;
  }
  if (settings.max_output_tokens == 0U) return bad("max_output_tokens must be 1 or more", "settings.max_output_tokens");
  if (settings.max_input_tokens == 0U) return bad("max_input_tokens must be 1 or more", "settings.max_input_tokens");
  for (const auto& [key, value] : settings.metadata) {
    if (auto valid = check_text(key + value, "settings.metadata"); !valid) return valid;
  }
  return {};
}

Result<void> check_times(const TimeoutPolicy& timeouts, const Budgets& budgets) {
  if (timeouts.connect_ms == 0 || timeouts.first_byte_ms == 0 || timeouts.idle_ms == 0) {
    return bad("connect_ms, first_byte_ms and idle_ms must be 1 or more", "timeouts");
  }
  if (timeouts.turn_ms == 0U || timeouts.run_ms == 0U || timeouts.first_token_ms == 0U) {
    return bad("first_token_ms, turn_ms and run_ms must be 1 or more", "timeouts");
  }
  if (budgets.turns == 0U) return bad("the turn budget must be 1 or more", "budgets.turns");
  return {};
}

Result<void> check_retries(const RetryPolicy& retries) {
  if (retries.attempts_max == 0 || retries.attempts_max > kAttemptsMax) {
    return bad("attempts_max must be 1 to 20", "retries.attempts_max");
  }
  if (retries.delay_ms > kRetryDelayMsMax || retries.delay_max_ms > kRetryDelayMsMax ||
      retries.retry_after_max_ms > kRetryDelayMsMax) {
    return bad("delay_ms, delay_max_ms and retry_after_max_ms must be at most 600000", "retries");
  }
  return {};
}

// What a request's items may take of the window of the run's first model, where nobody says: three quarters of what the
// answer, the system text and the tools leave, since sizes are estimates.
std::optional<std::uint64_t> items_tokens_max(const events::RunStarted& spec) {
  const ModelOffer& offer = spec.offers.front();
  if (!offer.context_tokens) return std::nullopt;
  // A larger model of the plan is there for what is too long for the first.
  const bool has_larger = std::ranges::any_of(spec.offers, [&](const ModelOffer& other) {
    return other.context_tokens.value_or(UINT64_MAX) > *offer.context_tokens;
  });
  if (has_larger) return std::nullopt;
  const std::uint64_t window = *offer.context_tokens;
  const std::uint64_t answer = spec.settings.max_output_tokens.value_or(
      static_cast<std::uint32_t>(std::min<std::uint64_t>(offer.output_tokens_max.value_or(0), UINT32_MAX)));
  std::uint64_t bytes = spec.system.size();
  for (const ToolSpec& tool : spec.tools) {
    bytes += tool.name.size() + tool.description.size() + tool.input_schema.text.size();
  }
  const std::uint64_t taken = std::min(answer, window / 4) + std::min(bytes / 4, window / 2);
  return std::max<std::uint64_t>((window - taken) / 4 * 3, 1);
}

Result<void> check_context(const ContextPolicy& policy) {
  if (policy.tokens_max == 0U) return bad("tokens_max must be 1 or more", "context.tokens_max");
  if (policy.fill_percent < kFillPercentMin || policy.fill_percent > 100) {
    return bad("fill_percent must be 10 to 100", "context.fill_percent");
  }
  if (policy.recent_turns == 0) return bad("recent_turns must be 1 or more", "context.recent_turns");
  if (policy.summary_tokens_max < kSummaryTokensMin) {
    return bad("summary_tokens_max must be 50 or more", "context.summary_tokens_max");
  }
  if (policy.pinned.size() > kPinnedMax) return bad("at most 32 pinned texts", "context.pinned");
  std::size_t bytes = 0;
  for (const PinnedText& pinned : policy.pinned) {
    if (pinned.name.empty() || pinned.name.size() > kPinnedNameBytesMax) {
      return bad("the name of a pinned text must have 1 to 64 bytes", "context.pinned");
    }
    if (pinned.text.empty()) return bad("the pinned text " + pinned.name + " is empty", "context.pinned");
    if (auto valid = check_text(pinned.name, "context.pinned"); !valid) return valid;
    if (auto valid = check_text(pinned.text, "context.pinned"); !valid) return valid;
    bytes += pinned.text.size();
  }
  if (bytes > kPinnedBytesMax) return bad("pinned texts must have at most 65536 bytes together", "context.pinned");
  return {};
}

std::vector<events::GateInForce> gates_of(const std::optional<codec::RuleSet>& rules) {
  std::vector<events::GateInForce> gates;
  if (!rules) return gates;
  for (const GateRule& rule : rules->policy().rules) gates.push_back({rule.name, rule.mode, rule.phases});
  return gates;
}

Result<void> check_memory(const MemoryPolicy& policy, bool has_store) {
  if (policy.user.size() > kUserBytesMax) return bad("user must have at most 256 bytes", "memory.user");
  if (auto valid = check_text(policy.user, "memory.user"); !valid) return valid;
  if (policy.recall_max > kRecallMax) return bad("recall_max must be at most 100", "memory.recall_max");
  if (policy.recall_tokens_max == 0 || policy.recall_tokens_max > kRecallTokensMax) {
    return bad("recall_tokens_max must be 1 to 100000", "memory.recall_tokens_max");
  }
  if (policy.timeout_ms == 0 || policy.timeout_ms > kMemoryTimeoutMsMax) {
    return bad("timeout_ms must be 1 to 60000", "memory.timeout_ms");
  }
  const bool uses_store = policy.recall_max > 0 || policy.keep_run;
  if (uses_store && !has_store)
    return bad("the harness has no memory store to recall from or to keep runs in", "memory");
  return {};
}

void pin(std::vector<PinnedText>& pinned, const std::string& name, const std::string& text) {
  const auto found = std::ranges::find(pinned, name, &PinnedText::name);
  if (found == pinned.end()) {
    pinned.push_back({name, text});
  } else {
    found->text = text;
  }
}

Result<void> check_plan(const ModelPlan& plan) {
  if (plan.fallbacks.size() > kFallbacksMax) return bad("at most 16 fallbacks", "model_plan.fallbacks");
  std::set<ModelRef> models{plan.primary};
  for (const ModelRef& model : plan.fallbacks) {
    if (!models.insert(model).second) return bad(model.str() + " is in the plan twice", "model_plan.fallbacks");
  }
  for (const std::string& name : plan.needs.capabilities) {
    if (std::ranges::find(kCapabilities, name) != std::end(kCapabilities)) continue;
    return bad("'" + name + "' is no capability" + event::did_you_mean(name, kCapabilities),
               "model_plan.needs.capabilities");
  }
  return {};
}

Result<void> check_policy(const ToolPolicy& policy) {
  if (policy.calls_at_once == 0 || policy.calls_at_once > kCallsAtOnceMax) {
    return bad("calls_at_once must be 1 to 64", "tool_policy.calls_at_once");
  }
  if (policy.approval_timeout_ms == 0U) {
    return bad("approval_timeout_ms must be 1 or more", "tool_policy.approval_timeout_ms");
  }
  return {};
}

// What is known of the plan's models pins limits and prices.
Hash hash_of_offers(const std::vector<ModelOffer>& offers) {
  std::string bytes;
  event::append_value(bytes, offers);
  return sha256(bytes);
}

}  // namespace

Result<ModelPlan> RunRequest::plan_of(const RunBuilder& builder, const Engine& engine) {
  const auto& draft = builder.draft_;
  ModelPlan plan;
  if (draft.plan) {
    plan = *draft.plan;
  } else {
    const std::string name = draft.model_name.value_or(engine.options().default_model);
    if (name.empty()) {
      return fail(RuntimeErrorCode::unknown_provider,
                  "no model: name one as provider/model, or set a default for the harness", "model");
    }
    auto model = ModelRef::parse(name);
    if (!model) return std::unexpected(model.error());
    plan.primary = *std::move(model);
  }
  for (const std::string& name : draft.fallback_names) {
    auto model = ModelRef::parse(name);
    if (!model) return std::unexpected(model.error());
    plan.fallbacks.push_back(*std::move(model));
  }
  if (draft.needs) plan.needs = *draft.needs;
  if (auto valid = check_plan(plan); !valid) return std::unexpected(valid.error());
  if (draft.on_unsupported) plan.on_unsupported = *draft.on_unsupported;
  return plan;
}

// The policy nearest to the run, with what is pinned in its session, by that policy, and by the run itself.
Result<ContextPolicy> RunRequest::context_of(const RunBuilder& builder, const Engine& engine,
                                             const SessionConfig& config, const SessionHistory& history) {
  ContextPolicy policy = builder.draft_.context.value_or(config.context.value_or(engine.options().context));
  std::vector<PinnedText> pinned = history.pinned;
  // What harness and session pin is there from the first run of the session on, unless a run has changed it since.
  const bool is_new = builder.draft_.context.has_value() || !history.base_run_id;
  if (is_new) {
    for (const PinnedText& text : policy.pinned) pin(pinned, text.name, text.text);
  }
  for (const auto& [name, text] : builder.draft_.pins) {
    if (text) {
      pin(pinned, name, *text);
    } else {
      std::erase_if(pinned, [&](const PinnedText& each) { return each.name == name; });
    }
  }
  policy.pinned = std::move(pinned);
  if (auto valid = check_context(policy); !valid) return std::unexpected(valid.error());
  return policy;
}

Result<void> RunRequest::check(const events::RunStarted& spec) {
  if (auto valid = check_parts(spec.input); !valid) return valid;
  if (auto valid = check_text(spec.system, "system"); !valid) return valid;
  if (auto valid = check_settings(spec.settings); !valid) return valid;
  if (auto valid = check_times(spec.timeouts, spec.budgets); !valid) return valid;
  if (auto valid = check_retries(spec.retries); !valid) return valid;
  if (auto valid = check_policy(spec.tool_policy); !valid) return valid;
  return check_plan(spec.model_plan);
}

Result<void> RunRequest::complete(events::RunStarted& spec, const Engine& engine) {
  std::vector<ModelRef> models{spec.model_plan.primary};
  models.insert(models.end(), spec.model_plan.fallbacks.begin(), spec.model_plan.fallbacks.end());
  spec.offers.clear();
  for (const ModelRef& model : models) {
    auto adapter = engine.provider(model.provider);
    if (!adapter) return std::unexpected(adapter.error());
    if (auto ready = (*adapter)->ready(model); !ready) return std::unexpected(ready.error());
    ModelOffer offer = (*adapter)->offer(model);
    engine.options().catalogue.complete(offer);
    spec.offers.push_back(std::move(offer));
  }
  spec.pinned = {{"offers", hash_of_offers(spec.offers)}};
  spec.gates = gates_of(engine.options().rules);
  if (engine.options().rules) spec.pinned.push_back({"gates", engine.options().rules->hash()});
  spec.redaction = RedactionMode::none;
  if (const auto& redactor = engine.options().redactor) {
    spec.redaction = redactor->mode();
    spec.pinned.push_back({"redaction", redactor->hash()});
  }
  spec.behaviours = kernel::present_behaviours();
  spec.seed = new_seed();
  spec.runtime_version = event::runtime_version();
  return {};
}

Result<event::inputs::Start> RunRequest::make_start(const RunBuilder& builder, const Engine& engine,
                                                    const SessionId& session_id, const SessionConfig& config,
                                                    SessionHistory history, const ToolRegistry& tools,
                                                    const Workspace* workspace) {
  const auto& draft = builder.draft_;
  if (auto valid = check_parts(draft.input); !valid) return std::unexpected(valid.error());
  if (auto valid = check_text(draft.system, "system"); !valid) return std::unexpected(valid.error());
  if (auto valid = check_settings(draft.settings); !valid) return std::unexpected(valid.error());
  const TimeoutPolicy timeouts = draft.timeouts.value_or(config.timeouts.value_or(engine.options().timeouts));
  const RetryPolicy retries = draft.retries.value_or(config.retries.value_or(engine.options().retries));
  if (auto valid = check_times(timeouts, draft.budgets); !valid) return std::unexpected(valid.error());
  if (auto valid = check_retries(retries); !valid) return std::unexpected(valid.error());
  if (auto valid = check_policy(draft.tool_policy); !valid) return std::unexpected(valid.error());
  auto plan = plan_of(builder, engine);
  if (!plan) return std::unexpected(plan.error());
  auto context = context_of(builder, engine, config, history);
  if (!context) return std::unexpected(context.error());
  MemoryPolicy memory = draft.memory.value_or(config.memory.value_or(engine.options().memory_policy));
  if (auto valid = check_memory(memory, engine.options().memory != nullptr); !valid) {
    return std::unexpected(valid.error());
  }

  event::inputs::Start start;
  events::RunStarted& spec = start.spec;
  spec.input = draft.input;
  spec.system = draft.system;
  spec.model_plan = *std::move(plan);
  spec.settings = draft.settings;
  spec.tools = tools.specs();
  spec.tool_policy = draft.tool_policy;
  if (workspace != nullptr) spec.workspace = workspace->directory();
  spec.limits = draft.limits.value_or(engine.options().limits);
  spec.history_limits = config.history;
  spec.context = *std::move(context);
  spec.memory = std::move(memory);
  spec.memory.keep_run = spec.memory.keep_run && draft.remember && config.remember;
  spec.is_history_untrusted = history.is_untrusted;
  spec.budgets = draft.budgets;
  spec.timeouts = timeouts;
  spec.retries = retries;
  spec.history = {history.base_run_id, history.entries.size(), event::context_hash(history.entries)};
  spec.remember = draft.remember && config.remember;
  spec.labels = draft.labels;
  if (auto completed = complete(spec, engine); !completed) return std::unexpected(completed.error());

  if (!spec.context.tokens_max) spec.context.tokens_max = items_tokens_max(spec);
  start.history = std::move(history.entries);
  start.identity.run_id = new_run_id();
  start.identity.session_id = session_id;
  start.identity.trace_id = new_trace_id();
  if (!draft.traceparent.empty()) {
    const auto parent = parse_traceparent(draft.traceparent);
    if (!parent) return bad("the traceparent is not a W3C trace context header", "traceparent");
    start.identity.trace_id = parent->trace_id;
    start.identity.parent_span_id = parent->parent_span_id;
  }
  return start;
}

Result<ToolRegistry> RunRequest::tools_of(const RunBuilder& builder, const Engine& engine) {
  const auto& draft = builder.draft_;
  ToolRegistry tools;
  for (const std::shared_ptr<Tool>& tool : draft.own_tools) {
    if (auto added = tools.add(tool); !added) return std::unexpected(added.error());
  }
  ToolRegistry of_harness = engine.options().tools;
  if (draft.tool_names) {
    auto named = ToolRegistryAccess::only(of_harness, *draft.tool_names);
    if (!named) return named;
    of_harness = *std::move(named);
  }
  ToolRegistryAccess::merge(tools, of_harness);
  return tools;
}

Result<std::shared_ptr<const Workspace>> RunRequest::workspace_of(const RunBuilder& builder) {
  if (builder.draft_.workspace.empty()) return std::shared_ptr<const Workspace>();
  return Workspace::open(builder.draft_.workspace);
}

std::vector<event::inputs::Hint> RunRequest::first_hints(const RunBuilder& builder) {
  std::vector<event::inputs::Hint> hints;
  for (const auto& [text, priority] : builder.draft_.hints) {
    event::inputs::Hint hint;
    hint.hint_id = new_hint_id();
    hint.priority = priority;
    hint.text = text;
    hint.by = "caller";
    hints.push_back(std::move(hint));
  }
  return hints;
}

std::vector<SharedBytes> RunRequest::inline_media(const std::vector<ContentPart>& parts) {
  std::vector<SharedBytes> media;
  for (const ContentPart& part : parts) {
    const MediaSource* source = source_of(part);
    if (source != nullptr && source->is_inline()) media.push_back(source->bytes);
  }
  return media;
}

}  // namespace orchestrator::harness::runtime
