// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls of a stored run that an undo may take back, out of its journal. Values and coroutines of the harness's
// thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/compensation.hpp"
#include "orchestrator/harness/stream.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {

/// The most calls that one undo takes back.
inline constexpr std::size_t kUndoCallsMax = 10'000;

/// One call, and where the journal tells of it.
struct SourceCall {
  CompensationCall call;  // arguments and result only where they are short, blobs as references
  EffectClass effect_class = EffectClass::irreversible;
  std::uint64_t requested_seq = 0;
  std::uint64_t finished_seq = 0;  // 0: it was never heard of again
  std::uint64_t takes_back = 0;    // of a step of an undo: the event with which the call began that it took back
  bool is_short = true;            // `call` has all of arguments and result
  bool is_redacted = false;        // something was taken out of its undo record
};

struct UndoSource {
  events::ParentRef head;  // its last event
  SessionId session_id;
  events::RunStarted spec;
  bool has_ended = false;
  std::vector<SourceCall> calls;                // that may have changed something, in the order in which they began
  std::map<std::string, std::uint64_t> labels;  // of its checkpoints: the last one of each

  /// The call that began with the event `seq`, or null. Valid as long as this.
  [[nodiscard]] const SourceCall* find(std::uint64_t seq) const;
};

/// Reads all of the run. Errors: the store's, `journal_damaged`, `not_supported` where its contents were erased,
/// `limit_exceeded` (more than `kUndoCallsMax` calls).
[[nodiscard]] boost::asio::awaitable<Result<UndoSource>> load_undo_source(std::shared_ptr<Engine> engine, RunId run_id);

/// A call with all of its arguments, result and blobs. Errors: the store's, `journal_damaged`.
[[nodiscard]] boost::asio::awaitable<Result<CompensationCall>> load_call(std::shared_ptr<Engine> engine, RunId run_id,
                                                                         SourceCall call);

/// Why nobody can take the call back, or empty. What the harness has for its tool is `compensator_of`.
[[nodiscard]] std::string reason_against(const Engine& engine, const SourceCall& call);
[[nodiscard]] std::shared_ptr<Compensator> compensator_of(const Engine& engine, const std::string& tool);

}  // namespace orchestrator::harness::runtime
