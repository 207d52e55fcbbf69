// SPDX-License-Identifier: Apache-2.0
#pragma once

// Checks one run line by line: the check of each line, the chain of hashes, the place of each event, whose run it is,
// whether its stored input reads, the invariants of journals, and heads that were kept elsewhere. Knows nothing of
// stores. A value type; one run, one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/journal_invariants.hpp"
#include "event/step.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

/// Something that is not as it was written, and where.
struct Flaw {
  std::optional<RunId> run_id;  // empty: of the store as a whole
  std::uint64_t step = 0;       // the first one that is concerned; 0: not one step
  std::uint64_t seq = 0;        // the first event that is concerned; 0: not one event
  std::string what;             // one line for people
  bool operator==(const Flaw&) const = default;
};

/// A hash that was kept outside of the run: what its chain came to at an event.
struct KnownHead {
  std::optional<std::uint64_t> seq;  // empty: any event may have it
  Hash hash;
  std::string origin;  // who kept it, for messages
};

class RunCheck {
 public:
  explicit RunCheck(RunId run_id, std::vector<KnownHead> heads = {});

  /// Takes an event of the runs that this one was forked from, in order, up to where it was: what holds in every run
  /// holds of all of them together. REQUIRES: before the first `add`. Without them, that is not checked of a fork.
  void add_prefix(const StreamEvent& event);
  /// What holds in every run is not looked at: not all of the prefix is to be had.
  void skip_invariants() { has_invariants_ = false; }
  /// Notes that the run does not go on from what it says, which is no damage of its own lines.
  void note_source(std::string what) { flaw(1, 1, std::move(what)); }
  /// Takes the next line, without line end. False where it does not follow what came before: the flaw is noted, and
  /// what comes after it cannot be checked.
  [[nodiscard]] bool add(std::string_view line);
  /// Notes what is wrong at the place after the last good line, such as a line that a store could not give.
  void note(std::string what);
  /// Notes the same of what is no damage of the run: text that the next process which writes it cuts off.
  void note_rest(std::string what);
  /// Says that there is no more.
  void finish();

  /// At most `kFlawsMax`, in order.
  [[nodiscard]] const std::vector<Flaw>& flaws() const { return flaws_; }
  /// Why a line does not follow what came before: nobody should go on with such a run. Other flaws, such as a head that
  /// was kept elsewhere and is not met, lost contents and a torn end, are no damage in this sense. Empty: none.
  [[nodiscard]] const std::string& damage() const { return damage_; }
  [[nodiscard]] const event::JournalHead& head() const { return head_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  // of good lines, each with a line end
  [[nodiscard]] const std::optional<SessionId>& session_id() const { return session_id_; }
  /// Whether the terminal event was seen.
  [[nodiscard]] bool is_ended() const { return is_ended_; }
  [[nodiscard]] std::uint64_t erased_events() const { return erased_; }
  /// Content that the lines refer to, with its size in bytes.
  [[nodiscard]] const std::map<Hash, std::uint64_t>& contents() const { return contents_; }
  /// The runs that this one goes on from: its parent, and the one whose context it began with. Each once.
  [[nodiscard]] const std::vector<RunId>& sources() const { return sources_; }

  static constexpr std::size_t kFlawsMax = 100;

 private:
  void flaw(std::uint64_t step, std::uint64_t seq, std::string what);
  bool is_ours(const event::StoredStep& step);
  void look_into(const StreamEvent& event);
  void compare_heads(const event::StoredStep& step);

  RunId run_id_;
  std::vector<KnownHead> heads_;  // not met yet
  event::JournalHead head_;
  std::optional<SessionId> session_id_;
  std::uint64_t bytes_ = 0;
  std::uint64_t erased_ = 0;
  bool is_ended_ = false;
  bool is_stopped_ = false;  // a line did not follow
  bool has_prefix_ = false;
  bool has_invariants_ = true;  // they are about the events of this run, and all of them read
  event::JournalInvariants invariants_;
  std::size_t violations_seen_ = 0;
  std::map<Hash, std::uint64_t> contents_;
  std::vector<RunId> sources_;
  std::vector<Flaw> flaws_;
  std::string damage_;
};

/// Reads a head as people write it: `HASH`, or `SEQ:HASH`. Error: `invalid_argument`.
[[nodiscard]] Result<KnownHead> parse_head(std::string_view text);

}  // namespace orchestrator::harness::journal
