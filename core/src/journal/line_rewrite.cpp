// SPDX-License-Identifier: Apache-2.0
#include "journal/line_rewrite.hpp"

#include <utility>

#include "event/content_references.hpp"
#include "journal/stored_line.hpp"

namespace orchestrator::harness::journal {

Result<JournalLine> LineRewrite::next(std::string_view line) {
  const LinePlace before{0, last_.step, last_.last_seq};
  const auto numbers = check_line(line, run_id_, before);
  if (!numbers) return std::unexpected(numbers.error());
  Result<std::string> text = rewrite_.change ? rewrite_.change(line) : std::string(line);
  if (!text) return std::unexpected(text.error());
  const auto same = check_line(*text, run_id_, before);
  if (!same) return std::unexpected(same.error());
  if (head_text_of(*text) != head_text_of(line)) return another_run();
  last_ = {numbers->step, numbers->first_seq, numbers->last_seq, numbers->strict, *std::move(text)};
  if (is_done() && (last_.last_seq != rewrite_.head.seq || head_text_of(last_.bytes) != rewrite_.head.hash.str()))
    return another_run();
  event::collect_references(line, old_);
  event::collect_references(last_.bytes, kept_);
  bytes_ += last_.bytes.size() + 1;
  return last_;
}

std::unexpected<Error> LineRewrite::another_run() const {
  return fail(RuntimeErrorCode::precondition_failed, "run " + run_id_.str() + " was changed meanwhile", run_id_.str());
}

std::unexpected<Error> LineRewrite::too_short() const {
  return fail(RuntimeErrorCode::journal_damaged,
              "journal of " + run_id_.str() + ": it ends with step " + std::to_string(last_.step) + ", before step " +
                  std::to_string(rewrite_.head.steps),
              run_id_.str());
}

std::map<Hash, std::uint64_t> LineRewrite::dropped() const {
  std::map<Hash, std::uint64_t> dropped = old_;
  for (const auto& [hash, size_bytes] : kept_) dropped.erase(hash);
  return dropped;
}

}  // namespace orchestrator::harness::journal
