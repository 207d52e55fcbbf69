// SPDX-License-Identifier: Apache-2.0
#pragma once

// Model providers. An adapter takes one request and delivers the parts of its answer, in order, to a sink. The parts
// and the request belong to no provider; a wire format is a pure encoder and a pure `StreamDecoder`.
// This header needs no Asio: who implements an adapter includes <boost/asio/awaitable.hpp>.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "orchestrator/harness/awaitable_forward.hpp"
#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/stream.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness {

/// One model call in a form that belongs to no provider: what every request encoder takes.
struct ProviderRequest {
  ModelRef model;
  std::string system;
  /// Conversation in order; shared because history items live on in the session.
  std::vector<std::shared_ptr<const ConversationItem>> items;
  GenerationSettings settings;
  std::vector<ToolSpec> tools;
};

/// A piece of visible text (or of a refusal). `item_id` is unique within the attempt and made by the decoder
/// from the item's position, never from provider ids, which change in mid-stream on some hosts.
struct TextPiece {
  std::string item_id;
  std::string text;
  bool operator==(const TextPiece&) const = default;
};
struct ReasoningPiece {
  std::string item_id;
  std::string text;
  bool operator==(const ReasoningPiece&) const = default;
};
struct ToolArgumentsPiece {
  std::string item_id;
  std::string text;
  bool operator==(const ToolArgumentsPiece&) const = default;
};
/// A whole item. Pieces seen before under the same id concatenate to its text (or arguments).
struct ItemDone {
  std::string item_id;
  ConversationItem item;
  bool operator==(const ItemDone&) const = default;
};
/// Usage as the provider sent it; the last one of an attempt counts (providers send it cumulatively).
struct UsageSeen {
  Usage usage;
  bool operator==(const UsageSeen&) const = default;
};
/// The proper end of an answer. Nothing follows it.
struct AnswerFinished {
  FinishReason reason = FinishReason::other;
  std::string native_reason;
  std::string provider_model;        // the dated model the provider names, or empty
  std::string provider_response_id;  // or empty
  bool operator==(const AnswerFinished&) const = default;
};
/// The improper end of an answer. Nothing follows it.
struct AnswerFailed {
  Error error;
  bool operator==(const AnswerFailed&) const = default;
};

/// What a provider's answer consists of once it is decoded.
using ProviderPart =
    std::variant<TextPiece, ReasoningPiece, ToolArgumentsPiece, ItemDone, UsageSeen, AnswerFinished, AnswerFailed>;

/// Bounds on one answer; the defaults are those of `Limits`.
struct DecoderLimits {
  std::uint64_t stream_bytes = 32ULL << 20;
  std::uint32_t items = 1'000;
  std::uint32_t tool_calls = 64;
  std::uint32_t json_depth = 128;
};

/// Body bytes in, parts out. A pure transducer for one answer, used by one thread, and bounded by `DecoderLimits`.
/// REQUIRES: `feed` in arrival order, `finish` once at the end of the body. After `AnswerFinished` or `AnswerFailed`
/// was produced, whatever follows is ignored and only counted. Any division of the same bytes gives the same parts
/// once neighbouring pieces are joined.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  /// Appends what `bytes` completed to `out`. `bytes` need not outlive the call.
  virtual void feed(std::string_view bytes, std::vector<ProviderPart>& out) = 0;
  /// The body ended. Appends the last parts; an answer without a terminal provider event ends with
  /// `AnswerFailed{provider_stream_truncated}`.
  virtual void finish(std::vector<ProviderPart>& out) = 0;
  /// True once `AnswerFinished` or `AnswerFailed` was produced.
  [[nodiscard]] virtual bool done() const = 0;
  /// Stream events that were skipped as unknown, or that came after the end.
  [[nodiscard]] virtual std::uint64_t skipped_events() const = 0;
};

/// Where an adapter puts what it receives. Lives as long as the call; used by the call's coroutine only.
class ProviderSink {
 public:
  virtual ~ProviderSink() = default;
  /// The answer's head is there: its HTTP status and the provider's id of the request (may be empty). At most once.
  virtual Awaitable<void> headers(std::uint32_t status, std::string provider_request_id) = 0;
  /// Takes the parts (leaves the vector empty). Returns once they are on their way and there is room for more: while
  /// the journal is behind it waits, and the adapter reads nothing from its socket. Parts may be held back up to
  /// `flush_at()`, to be joined with the next ones.
  virtual Awaitable<void> add(std::vector<ProviderPart>* parts) = 0;
  /// When held-back parts must go out; nothing when there are none.
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> flush_at() const = 0;
  /// Sends held-back parts on.
  virtual Awaitable<void> flush() = 0;
};

/// What a call needs besides its request.
struct ProviderCallContext {
  TimeoutPolicy timeouts;
  DecoderLimits limits;
  std::string traceparent;  // W3C Trace Context header value for the provider
  std::string run_id;       // for logs
};

/// Why a call ended without a terminal part.
struct ProviderCallFailure {
  Error error;
  std::optional<TimerKind> timer;  // the deadline that ended it
  std::uint64_t timer_ms = 0;
  std::optional<RetryAdvice> advice = {};  // what the provider said about trying again
};

/// A provider. One object belongs to one harness and serves all of its runs at once, on the harness's thread.
class ProviderAdapter {
 public:
  virtual ~ProviderAdapter() = default;
  /// The name before the slash of model names.
  [[nodiscard]] virtual ProviderId id() const = 0;
  /// What a model takes, as far as this adapter knows; every name gets an offer.
  [[nodiscard]] virtual ModelOffer offer(const ModelRef& model) const = 0;
  /// Names of models that can be listed without a call; may be empty.
  [[nodiscard]] virtual std::vector<std::string> known_models() const { return {}; }
  /// A check before a run is accepted: is there a key, does the script exist. The error is what the run would end with.
  [[nodiscard]] virtual Result<void> ready(const ModelRef& model) const = 0;
  /// Carries out one call. Returns after the sink took a terminal part, or with the failure that ended it. Cancelling
  /// the coroutine closes the provider's socket at once. The sink outlives the call.
  virtual Awaitable<std::expected<void, ProviderCallFailure>> call(ProviderRequest request, ProviderCallContext context,
                                                                   ProviderSink* sink) = 0;
  /// The harness ends: let go of everything that is tied to its thread. No call is under way, none will come.
  virtual void stop() {}
};

/// OpenAI Responses at its own address or a compatible one.
struct OpenAiConfig {
  std::string api_key;
  std::string base_url = "https://api.openai.com/v1";  // with the version path
  std::string organization;                            // or empty
  std::string project;                                 // or empty
};
/// Provider `openai`. Without a key its runs are refused with `key_missing`. Error: `configuration_invalid` (address).
[[nodiscard]] Result<std::shared_ptr<ProviderAdapter>> openai_provider(OpenAiConfig config);

/// Anthropic Messages at its own address or that of a gateway.
struct AnthropicConfig {
  std::string api_key;
  std::string base_url = "https://api.anthropic.com";  // without the version path
};
/// Provider `anthropic`. Without a key its runs are refused with `key_missing`. Error: `configuration_invalid`
/// (address).
[[nodiscard]] Result<std::shared_ptr<ProviderAdapter>> anthropic_provider(AnthropicConfig config);

/// Google Gemini at its own address or that of a gateway.
struct GeminiConfig {
  std::string api_key;
  std::string base_url = "https://generativelanguage.googleapis.com";  // without the version path
};
/// Provider `gemini`. Without a key its runs are refused with `key_missing`. Error: `configuration_invalid` (address).
[[nodiscard]] Result<std::shared_ptr<ProviderAdapter>> gemini_provider(GeminiConfig config);

/// An OpenAI-compatible Chat Completions server: llama.cpp, Ollama, vLLM, OpenRouter and the like.
struct ChatConfig {
  ProviderId id = ProviderId("chat");
  std::string base_url;             // with the version path; empty: 127.0.0.1 port 8080
  std::string api_key;              // empty: none is sent
  std::vector<std::string> models;  // for listing
};
/// Error: `configuration_invalid` (address).
[[nodiscard]] Result<std::shared_ptr<ProviderAdapter>> chat_provider(ChatConfig config);

/// Provider `local`: the small model that comes with this project, served on this machine and started on first use.
/// `progress` is told, in one line each, what takes time; it may be empty.
struct LocalConfig {
  std::string executable;  // of this program: where the project's files are looked for; empty: /proc/self/exe
  std::function<void(std::string_view line)> progress;
};
[[nodiscard]] std::shared_ptr<ProviderAdapter> local_provider(LocalConfig config);

/// Provider `scripted`: plays a script of answers and faults; see docs/harness/scripted-provider.md.
[[nodiscard]] std::shared_ptr<ProviderAdapter> scripted_provider();
/// The same, with scripts given as text, by name. Error: `script_invalid`.
[[nodiscard]] Result<std::shared_ptr<ProviderAdapter>> scripted_provider(
    const std::vector<std::pair<std::string, std::string>>& scripts);

}  // namespace orchestrator::harness
