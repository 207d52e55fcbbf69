// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rules that others answer: classifiers by a call of their model, gates in C++ on a thread of their own. Each has its
// deadline, and an answer that comes after it is about nothing. Used on the harness's thread only.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/provider.hpp"
#include "orchestrator/harness/safety.hpp"
#include "orchestrator/harness/usage.hpp"
#include "runtime/slot_queue.hpp"

namespace orchestrator::harness::runtime {

class Engine;
class BlockingThreads;

/// What they are asked about.
struct AskedSubject {
  GatePhase phase = GatePhase::input;
  std::string text;  // of a call: its arguments
  std::string tool = {};
  SessionId session_id = {};
  std::string run_id = {};
  std::string traceparent = {};
};

/// What came of asking: an opinion, or why there is none; and what it cost.
struct GateAnswer {
  Result<GateOpinion> opinion = GateOpinion{};
  std::optional<std::uint64_t> cost_micro_usd = 0;
};

class GateAsker {
 public:
  /// `calls`: how many classifiers may be asked at once, 1 or more. They have places of their own: a run that waits for
  /// one holds a place among the calls of the harness.
  explicit GateAsker(std::uint32_t calls) : slots_(calls) {}
  /// Waits a moment for gates that are still at work.
  ~GateAsker();
  GateAsker(const GateAsker&) = delete;
  GateAsker& operator=(const GateAsker&) = delete;

  /// Asks them in order, and no further once one blocks. Cancelling the coroutine ends a model's call at once.
  boost::asio::awaitable<std::vector<GateVerdict>> ask(std::shared_ptr<Engine> engine, std::vector<GateRule> rules,
                                                       AskedSubject subject);

 private:
  boost::asio::awaitable<GateAnswer> ask_code(CodeCheck check, std::shared_ptr<const AskedSubject> subject);
  boost::asio::awaitable<GateAnswer> ask_model(std::shared_ptr<Engine> engine, ClassifierCheck check,
                                               std::shared_ptr<const AskedSubject> subject);

  SlotQueue slots_;
  std::map<const Gate*, std::shared_ptr<BlockingThreads>> threads_;  // bounded by the rules of the harness
};

/// The score in what a classifier says: the one number from 0 to 100 that stands there, as 0 to 1. Error:
/// `invalid_argument` where there is none, or several.
[[nodiscard]] Result<double> score_in(std::string_view answer);

}  // namespace orchestrator::harness::runtime
