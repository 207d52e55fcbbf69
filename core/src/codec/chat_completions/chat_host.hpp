// SPDX-License-Identifier: Apache-2.0
#pragma once

// The servers that speak Chat Completions, and what each takes: the options of the request encoder, and the offer
// that negotiation reads. Pure functions and plain values, safe on any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/model.hpp"

namespace orchestrator::harness::codec {

enum class ChatHost : std::uint8_t { generic, openai, azure, ollama, llamacpp, vllm, openrouter, deepseek, mistral };

/// The host behind a base address, by its host name and by the default port of local servers; `generic` where it is
/// not known.
[[nodiscard]] ChatHost chat_host_of(std::string_view base_url);

/// How the host is asked to reason.
enum class ReasoningRequest : std::uint8_t {
  none,    // it cannot be asked
  effort,  // `reasoning_effort`
  object   // OpenRouter's `reasoning`, with an effort or a budget
};

/// Which assistant messages carry their reasoning back, in the form in which it came.
enum class ReasoningEcho : std::uint8_t {
  never,
  tool_loop,  // those after the last message of the user
  always
};

/// Which sorts of input the encoder may put into messages.
struct ChatInputs {
  bool image = true;
  bool image_by_address = true;  // else only as bytes
  bool audio = false;
  bool video = false;
  bool file = false;
  bool operator==(const ChatInputs&) const = default;
};

struct ChatOptions {
  bool stream = true;
  bool include_usage = true;  // without it there is no usage in streams
  std::string max_tokens_field = "max_tokens";
  std::string seed_field = "seed";
  std::string system_role = "system";
  std::string required_word = "required";  // the tool choice that forces some call
  std::size_t stop_max = 16;
  ReasoningRequest reasoning_request = ReasoningRequest::effort;
  ReasoningEcho reasoning_echo = ReasoningEcho::never;
  bool reasoning_details = false;  // the echo includes OpenRouter's `reasoning_details`
  bool refusal_field = false;      // refusals go back as `refusal`; else as text
  bool tool_choice = true;
  bool parallel_tool_calls = true;
  bool output_schema = true;
  bool metadata = false;
  std::optional<bool> store;  // OpenAI's default depends on the account
  ChatInputs inputs = {};
  bool operator==(const ChatOptions&) const = default;
};

[[nodiscard]] ChatOptions chat_options(ChatHost host);

/// What a model on this host takes, with the wire format `chat`. Says nothing of the model's own limits.
[[nodiscard]] ModelOffer chat_offer(const ModelRef& model, ChatHost host);

}  // namespace orchestrator::harness::codec
