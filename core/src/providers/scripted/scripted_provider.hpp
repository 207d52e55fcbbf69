// SPDX-License-Identifier: Apache-2.0
#pragma once

// The provider `scripted/FILE`: plays the turns and faults of a script, through the same decoder as a real server's
// stream. For tests, demos and users' own tests. Harness's thread; see `ProviderAdapter`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "orchestrator/harness/provider.hpp"
#include "providers/scripted/script.hpp"

namespace orchestrator::harness::providers {

class ScriptedProvider final : public ProviderAdapter {
 public:
  [[nodiscard]] ProviderId id() const override { return ProviderId("scripted"); }
  [[nodiscard]] ModelOffer offer(const ModelRef& model) const override;
  [[nodiscard]] Result<void> ready(const ModelRef& model) const override;
  Awaitable<std::expected<void, ProviderCallFailure>> call(ProviderRequest request, ProviderCallContext context,
                                                           ProviderSink* sink) override;

  /// Plays `script` under this name instead of reading a file: for tests that hold their script in the source.
  void add_script(std::string name, Script script) { scripts_[std::move(name)] = std::move(script); }

 private:
  [[nodiscard]] Result<Script> script_of(const std::string& name) const;
  std::size_t count_attempt(const std::string& run_id, std::size_t turn);

  std::map<std::string, Script> scripts_;
  // Attempts at each turn of the runs seen last, so that a repeated call gets the next fault of the turn's list.
  using Attempt = std::pair<std::string, std::size_t>;
  std::map<Attempt, std::size_t> attempts_;
  std::deque<Attempt> attempts_order_;  // bounded: the oldest is forgotten
};

}  // namespace orchestrator::harness::providers
