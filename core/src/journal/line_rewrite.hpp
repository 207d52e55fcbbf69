// SPDX-License-Identifier: Apache-2.0
#pragma once

// Another form of a run that is in a store: its lines up to a head, each as it is or changed without a change of its
// step, its events' places and its hash, such as one whose content is erased. Pure; one run, one thread.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "event/step.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// What a run shall become.
struct RunRewrite {
  using Change = std::function<Result<std::string>(std::string_view line)>;
  event::JournalHead head;  // of the last step that stays; not empty
  Change change;            // of each line; empty: they stay as they are
  /// What is cut off is kept beside the run, where the store can. False: nothing of the earlier form stays anywhere.
  bool keeps_rest = false;
};

class LineRewrite {
 public:
  /// `rewrite` must outlive it.
  LineRewrite(RunId run_id, const RunRewrite* rewrite) : run_id_(run_id), rewrite_(*rewrite) {}

  /// The new form of the next line. REQUIRES: not done. Errors: `journal_damaged` for a line that does not follow the
  /// one before, `precondition_failed` where the run has another head than it should, and what the change says.
  [[nodiscard]] Result<JournalLine> next(std::string_view line);
  /// The last line that stays was seen.
  [[nodiscard]] bool is_done() const { return last_.step == rewrite_.head.steps; }
  /// Why the run cannot be rewritten, where its lines are over before it is done.
  [[nodiscard]] std::unexpected<Error> too_short() const;

  /// Contents that the new form refers to, with their sizes in bytes; and those that only the old one did.
  [[nodiscard]] const std::map<Hash, std::uint64_t>& kept() const { return kept_; }
  [[nodiscard]] std::map<Hash, std::uint64_t> dropped() const;
  /// Of the new lines, each with a line end.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// The last new line.
  [[nodiscard]] const JournalLine& last() const { return last_; }

 private:
  std::unexpected<Error> another_run() const;

  const RunId run_id_;
  const RunRewrite& rewrite_;
  JournalLine last_;
  std::uint64_t bytes_ = 0;
  std::map<Hash, std::uint64_t> old_;
  std::map<Hash, std::uint64_t> kept_;
};

}  // namespace orchestrator::harness::journal
