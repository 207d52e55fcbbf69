// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run again, out of its journal: every input is rebuilt from its step and decided anew, and every event that comes
// of it is compared with the stored one, byte for byte. Nothing is called: no model, tool, network, clock or random
// number. `Harness::replay` does so in a run of its own; the functions here need a store alone.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/derived_events.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

/// The point of another run that a run continues from.
using RunParent = events::ParentRef;

/// Names a point of a run and says what the run was up to there: whoever keeps it finds out when the journal is another
/// one. Made of the journal alone, for any event at any time; the same journal gives the same token. A value.
struct ReplayToken {
  RunId run_id;
  std::uint64_t seq = 0;
  Hash head;      // of the chain at `seq`
  Hash request;   // of the last request until there; zero: there was none
  Hash contexts;  // over the hashes of all contexts that were assembled; zero: none was
  Hash tools;     // over all calls: their arguments, outcomes and results; zero: none was asked for
  Hash adapters;  // what the adapters offered when the run began; zero: a release before 0.1.1 did not say
  std::string runtime_version;  // that the run began with

  /// The text form: one word of letters, digits, `_`, `-`, `+` and `.`.
  [[nodiscard]] std::string str() const;
  /// From its text form. Error: `invalid_argument`, which says what is wrong with it.
  static Result<ReplayToken> parse(std::string_view text);
  bool operator==(const ReplayToken&) const = default;
};

struct ReplayOptions {
  /// `strict` is refused where the runtime's version is not the one that the run began with, or where this harness has
  /// the adapters of the run's models and they offer something else; `compat` says so in `ReplayMatched::differences`.
  ReplayMode mode = ReplayMode::strict;
  std::optional<std::uint64_t> to_seq;  // of the run; empty: as far as it goes
  std::string by = "user";              // goes into the label `by` of the replay's run
};

/// What a replay without a run of its own came to: one of both.
struct ReplayReport {
  std::optional<events::ReplayMatched> matched;
  std::optional<events::ReplayDiverged> diverged;
};

/// The token for the event `seq` of a run (empty: its last one). Reads the run and checks its chain. Errors:
/// `run_not_found`, `invalid_argument` for an event that the run does not have, `journal_damaged`, the store's own.
/// The store must outlive the wait.
[[nodiscard]] boost::asio::awaitable<Result<ReplayToken>> replay_token(std::shared_ptr<JournalStore> store,
                                                                       RunId run_id, std::optional<std::uint64_t> seq);

/// Replays a run up to the event `to_seq` (empty: its last one) on the caller's executor and writes nothing. Errors:
/// as above; `version_too_new` for an event of a type that this build does not know, `not_supported` for one whose
/// contents were erased. The store must outlive the wait.
[[nodiscard]] boost::asio::awaitable<Result<ReplayReport>> verify_replay(std::shared_ptr<JournalStore> store,
                                                                         RunId run_id,
                                                                         std::optional<std::uint64_t> to_seq);

}  // namespace orchestrator::harness
