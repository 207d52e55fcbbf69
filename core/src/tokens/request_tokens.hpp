// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many tokens a whole request is, for OpenAI's models: the texts, and the frame around each message. Pure.
// The frame was taken from what the provider reports: 3 tokens for each message, those of its role's name, and 3 for
// the answer's beginning; of GPT-5, 2.

#include <cstdint>
#include <span>
#include <string_view>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/token_counter.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness::tokens {

struct CountedRequest {
  std::uint64_t tokens = 0;
  bool is_exact = false;  // false: something is in it whose frame is not known, such as tools, calls or media
};

/// A request while it is counted. One use, one thread; the counter must outlive it.
class RequestCount {
 public:
  /// `model` is the model's own id, such as `gpt-4.1-mini`.
  RequestCount(const TokenCounter& counter, std::string_view model);
  void add_system(std::string_view text);
  void add_item(const ConversationItem& item);
  /// Tools and output schemas: their texts, in a frame that is not known.
  void add_tool(const ToolSpec& tool);
  void add_schema(std::string_view schema);
  [[nodiscard]] CountedRequest result() const { return {tokens_, is_exact_}; }

 private:
  void add_message(std::string_view role, std::string_view text);
  void add_roughly(std::string_view text);

  const TokenCounter& counter_;
  bool keeps_thoughts_;  // earlier answers may stand with more than their text
  std::uint64_t tokens_;
  bool is_exact_;
};

}  // namespace orchestrator::harness::tokens
