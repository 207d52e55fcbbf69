// SPDX-License-Identifier: Apache-2.0
#include "runtime/circuit_breaker.hpp"

#include <algorithm>

namespace orchestrator::harness::runtime {
namespace {

using std::chrono::milliseconds;

// Whether an error says that the provider, or the way to it, does not work.
bool counts(const Error& error) {
  const auto typed = as_provider_error(error);
  if (!typed) return false;
  switch (typed->code) {
    case ProviderErrorCode::provider_timeout:
    case ProviderErrorCode::provider_server_error:
    case ProviderErrorCode::provider_overloaded:
    case ProviderErrorCode::provider_unreachable:
    case ProviderErrorCode::provider_connect_timeout:
    case ProviderErrorCode::provider_first_byte_timeout:
    case ProviderErrorCode::provider_first_token_timeout:
    case ProviderErrorCode::provider_stalled:
    case ProviderErrorCode::provider_stream_truncated:
    case ProviderErrorCode::provider_bad_framing:
      return true;
    default:
      return false;
  }
}

}  // namespace

CircuitBreaker::Admission CircuitBreaker::admit(const ModelRef& model, TimePoint now) {
  const auto found = circuits_.find(model);
  if (found == circuits_.end() || !found->second.is_open) return {};
  Circuit& circuit = found->second;
  if (!circuit.is_probing && now >= circuit.probe_at) {
    circuit.is_probing = true;
    return {Verdict::probe, 0};
  }
  const auto left = std::chrono::ceil<milliseconds>(circuit.probe_at - now).count();
  return {Verdict::open, static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0))};
}

CircuitBreaker::Change CircuitBreaker::succeeded(const ModelRef& model) {
  const auto found = circuits_.find(model);
  if (found == circuits_.end()) return Change::none;
  const bool was_open = found->second.is_open;
  circuits_.erase(found);
  return was_open ? Change::closed : Change::none;
}

CircuitBreaker::Change CircuitBreaker::failed(const ModelRef& model, const Error& error, bool is_probe, TimePoint now) {
  if (policy_.failures == 0) return Change::none;
  if (!counts(error)) {
    if (is_probe) leave(model);
    return Change::none;
  }
  Circuit& circuit = circuits_[model];
  if (is_probe) circuit.is_probing = false;
  circuit.failures = std::min(circuit.failures + 1, policy_.failures);
  if (circuit.is_open && !is_probe) return Change::none;  // a call that had begun before
  if (!is_probe && circuit.failures < policy_.failures) return Change::none;
  circuit.is_open = true;
  circuit.probe_at = now + milliseconds(policy_.open_ms);
  return Change::opened;
}

void CircuitBreaker::leave(const ModelRef& model) {
  const auto found = circuits_.find(model);
  if (found != circuits_.end()) found->second.is_probing = false;
}

}  // namespace orchestrator::harness::runtime
