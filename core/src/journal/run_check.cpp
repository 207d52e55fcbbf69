// SPDX-License-Identifier: Apache-2.0
#include "journal/run_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "event/canonical_event.hpp"
#include "event/content_references.hpp"
#include "event/erasure.hpp"
#include "event/exact_json.hpp"

namespace orchestrator::harness::journal {
namespace {

// Of a stored input: a few levels of fields, and raw JSON as strings.
constexpr std::size_t kInputDepthMax = 128;

// By its name, which an erased event keeps.
bool is_terminal_type(std::string_view type) {
  constexpr std::array<std::string_view, 3> kTerminal{"Completed", "Error", "Aborted"};
  return std::ranges::find(kTerminal, type) != kTerminal.end();
}

}  // namespace

RunCheck::RunCheck(RunId run_id, std::vector<KnownHead> heads) : run_id_(run_id), heads_(std::move(heads)) {}

void RunCheck::flaw(std::uint64_t step, std::uint64_t seq, std::string what) {
  if (flaws_.size() < kFlawsMax) flaws_.push_back({run_id_, step, seq, std::move(what)});
}

void RunCheck::note(std::string what) {
  if (damage_.empty()) damage_ = what;
  note_rest(std::move(what));
}

void RunCheck::note_rest(std::string what) {
  is_stopped_ = true;
  flaw(head_.steps + 1, head_.seq + 1, std::move(what));
}

void RunCheck::add_prefix(const StreamEvent& event) {
  has_prefix_ = true;
  has_invariants_ = has_invariants_ && !event::is_erased(event);
  if (has_invariants_) invariants_.add(event);
}

bool RunCheck::is_ours(const event::StoredStep& step) {
  for (const StreamEvent& event : step.events) {
    if (!session_id_) session_id_ = event.meta.session_id;
    if (event.meta.run_id != run_id_) {
      note("step " + std::to_string(step.head.steps) + ", event " + std::to_string(event.meta.seq) + ": it is of " +
           event.meta.run_id.str());
      return false;
    }
    if (event.meta.session_id != *session_id_) {
      note("step " + std::to_string(step.head.steps) + ", event " + std::to_string(event.meta.seq) +
           ": it is of another session");
      return false;
    }
    if (is_ended_) {
      note("step " + std::to_string(step.head.steps) + ", event " + std::to_string(event.meta.seq) +
           ": it follows the terminal event");
      return false;
    }
    is_ended_ = is_terminal_type(event.type());
  }
  return true;
}

void RunCheck::look_into(const StreamEvent& event) {
  if (event::is_erased(event)) {
    ++erased_;
    has_invariants_ = false;
  }
  if (const auto* started = event.get_if<StreamEvent::RunStarted>()) {
    const auto add = [this](const RunId& source) {
      if (std::ranges::find(sources_, source) == sources_.end()) sources_.push_back(source);
    };
    if (started->parent) add(started->parent->run_id);
    if (started->history.base_run_id) add(*started->history.base_run_id);
    // A fork goes on with what began in its parent.
    if (started->kind == RunKind::fork && !has_prefix_) has_invariants_ = false;
  }
  if (!has_invariants_) return;
  invariants_.add(event);
  const auto& violations = invariants_.violations();
  for (; violations_seen_ < violations.size(); ++violations_seen_) {
    const event::Violation& violation = violations[violations_seen_];
    std::string what = "step " + std::to_string(head_.steps + 1) + ", " + violation.str();
    flaw(head_.steps + 1, violation.seq, std::move(what));
  }
}

void RunCheck::compare_heads(const event::StoredStep& step) {
  Hash hash = head_.hash;
  for (std::size_t i = 0; i < step.events.size(); ++i) {
    const auto next = event::chain_hash_of_bytes(hash, step.event_bytes[i]);
    if (!next) return;
    hash = *next;
    const std::uint64_t seq = step.events[i].meta.seq;
    std::erase_if(heads_, [&](const KnownHead& known) {
      if (!known.seq) return known.hash == hash;
      if (*known.seq != seq) return false;
      if (known.hash != hash) {
        flaw(step.head.steps, seq,
             "event " + std::to_string(seq) + " has the hash " + hash.str() + ", and " + known.origin + " says " +
                 known.hash.str() + ": the run was rewritten at this event or before it");
      }
      return true;
    });
  }
}

bool RunCheck::add(std::string_view line) {
  if (is_stopped_) return false;
  const auto step = event::decode_step(line, head_);
  if (!step) {
    note(step.error().message);
    return false;
  }
  if (const auto input = event::parse_exact(step->input_bytes, kInputDepthMax); !input) {
    note("step " + std::to_string(step->head.steps) + ": its input is " + input.error().message);
    return false;
  }
  if (!is_ours(*step)) return false;
  for (const StreamEvent& event : step->events) look_into(event);
  if (!heads_.empty()) compare_heads(*step);
  event::collect_references(line, contents_);
  head_ = step->head;
  bytes_ += line.size() + 1;
  return true;
}

void RunCheck::finish() {
  if (is_stopped_) return;  // where a line is bad, the heads behind it tell nothing more
  if (is_ended_ && has_invariants_) {
    invariants_.check_complete();
    const auto& violations = invariants_.violations();
    for (; violations_seen_ < violations.size(); ++violations_seen_) {
      flaw(head_.steps, violations[violations_seen_].seq, violations[violations_seen_].str());
    }
  }
  for (const KnownHead& known : heads_) {
    if (!known.seq) {
      flaw(0, 0,
           "no event has the hash " + known.hash.str() + " that " + known.origin +
               " says: the run was rewritten, or cut before that event");
    } else {
      flaw(head_.steps + 1, head_.seq + 1,
           "it ends with event " + std::to_string(head_.seq) + ", and " + known.origin + " knows event " +
               std::to_string(*known.seq) + ": what came after was cut off");
    }
  }
}

Result<KnownHead> parse_head(std::string_view text) {
  KnownHead head;
  const std::size_t colon = text.find(':');
  const std::string_view digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto hash = Hash::parse(digits);
  std::uint64_t seq = 0;
  bool is_good = hash.has_value();
  if (colon != std::string_view::npos) {
    const auto read = std::from_chars(text.data(), text.data() + colon, seq);
    is_good = is_good && read.ec == std::errc() && read.ptr == text.data() + colon && seq > 0;
    head.seq = seq;
  }
  if (!is_good) {
    return fail(RuntimeErrorCode::invalid_argument,
                "a head is a hash of 64 hexadecimal digits, or SEQ:HASH, or the file of an export");
  }
  head.hash = *hash;
  head.origin = "the head that was given";
  return head;
}

}  // namespace orchestrator::harness::journal
