// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tools of a simulated run do to the world. The world outlives every process of the run, and remembers each
// act by its idempotency key: nothing may happen twice that must not, and nothing without its intent in the journal.
// A value type; one run, one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/effect.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::sim {

class SimulatedWorld {
 public:
  SimulatedWorld() = default;
  /// The world of `source`, as a fork knows it that was made after these events.
  SimulatedWorld(const SimulatedWorld& source, const std::vector<StreamEvent>& prefix);

  /// A step was stored: intents and ends of calls are known from here on.
  void see_stored(const StreamEvent& event);
  /// A call acts. The answer names what is wrong with that, if anything is.
  std::optional<std::string> act(const std::string& key, EffectClass effect_class);
  [[nodiscard]] bool has_acted(const std::string& key) const { return acts_.contains(key); }
  /// What is wrong with a call's end, seen from the world; nothing when both agree.
  std::optional<std::string> check_end(const events::ToolCallFinished& finished) const;

 private:
  struct Intent {
    std::string key;
    EffectClass effect_class = EffectClass::irreversible;
  };
  std::map<std::string, EffectClass> classes_;  // of the calls that were requested, by id
  std::map<std::string, Intent> intents_;       // of the calls that were started, by id: the last of that id
  std::map<std::string, std::uint32_t> keys_;   // stored intents
  std::map<std::string, std::uint32_t> acts_;
  std::map<InterruptId, std::string> asked_;     // open clarifications, and the keys that they are about
  std::map<std::string, std::uint32_t> agreed_;  // how often a person said to make a call again, knowing the risk
};

}  // namespace orchestrator::harness::sim
