// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which models are left alone because they keep failing. Closed: calls pass. Open: none does, for a while. Then one
// call is let through, the probe: its answer closes the circuit, its failure opens it again. Of one harness, used on
// its thread only.

#include <chrono>
#include <cstdint>
#include <map>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/reliability.hpp"

namespace orchestrator::harness::runtime {

class CircuitBreaker {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Verdict : std::uint8_t { pass, probe, open };
  enum class Change : std::uint8_t { none, opened, closed };
  struct Admission {
    Verdict verdict = Verdict::pass;
    std::uint64_t open_ms = 0;  // until a probe may pass, where the circuit is open
  };

  explicit CircuitBreaker(CircuitPolicy policy) : policy_(policy) {}

  /// Whether a call of `model` may begin now. A probe that is admitted must come to `succeeded`, `failed` or `leave`.
  [[nodiscard]] Admission admit(const ModelRef& model, TimePoint now);
  /// The model has given an answer.
  Change succeeded(const ModelRef& model);
  /// A call has failed. Only failures of the provider or of the way to it count: not a refused request, not a rate
  /// limit.
  /// `is_probe` as it was admitted: what other calls come to says nothing for the probe.
  Change failed(const ModelRef& model, const Error& error, bool is_probe, TimePoint now);
  /// A probe was given up before it showed anything.
  void leave(const ModelRef& model);

 private:
  struct Circuit {
    std::uint32_t failures = 0;  // in a row
    bool is_open = false;
    bool is_probing = false;
    TimePoint probe_at;
  };

  CircuitPolicy policy_;
  std::map<ModelRef, Circuit> circuits_;  // of models that have failed; bounded by the models that runs name
};

}  // namespace orchestrator::harness::runtime
