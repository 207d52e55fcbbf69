// SPDX-License-Identifier: Apache-2.0
#include "providers/scripted/request_check.hpp"

#include <map>
#include <string>

namespace orchestrator::harness::providers {
namespace {

Result<void> bad(std::size_t index, const std::string& message) {
  return fail(ProviderErrorCode::provider_bad_request, "item " + std::to_string(index) + ": " + message,
              "items/" + std::to_string(index));
}

}  // namespace

Result<void> check_request(const ProviderRequest& request) {
  if (request.items.empty()) return fail(ProviderErrorCode::provider_bad_request, "the request has no items", "items");
  std::map<std::string, bool> answered;  // by call id
  for (std::size_t i = 0; i < request.items.size(); ++i) {
    const ItemValue& value = request.items[i]->value;
    if (const auto* message = std::get_if<MessageItem>(&value)) {
      if (message->parts.empty()) return bad(i, "a message without parts");
    }
    if (const auto* call = std::get_if<ToolCallItem>(&value)) {
      if (!answered.emplace(call->call_id, false).second) return bad(i, "a second call with the id " + call->call_id);
    }
    if (const auto* result = std::get_if<ToolResultItem>(&value)) {
      const auto found = answered.find(result->call_id);
      if (found == answered.end()) return bad(i, "a result without its call, " + result->call_id);
      if (found->second) return bad(i, "a second result of the call " + result->call_id);
      found->second = true;
    }
  }
  for (const auto& [call_id, is_answered] : answered) {
    if (!is_answered) return bad(request.items.size() - 1, "the call " + call_id + " has no result");
  }
  const auto* last = std::get_if<MessageItem>(&request.items.back()->value);
  if (last != nullptr && last->role == Role::assistant)
    return bad(request.items.size() - 1, "the last item is an answer");
  return {};
}

}  // namespace orchestrator::harness::providers
