// SPDX-License-Identifier: Apache-2.0
#include "event/run_diff.hpp"

#include <algorithm>
#include <utility>

#include "event/field_encoder.hpp"

namespace orchestrator::harness::event {
namespace {

constexpr std::size_t kPairsMax = 4'000'000;
// How well two steps go together. A gap costs nothing, so that steps of another kind or tool are never paired.
constexpr std::uint32_t kSameStep = 4;
constexpr std::uint32_t kSameRequest = 3;
constexpr std::uint32_t kSameName = 1;

std::string text_of_input(const events::RunStarted& started) {
  MessageItem message;
  message.parts = started.input;
  return text_of(ConversationItem{std::move(message), {}});
}

RunStep input_step(const RunOutline& run) {
  RunStep step;
  step.kind = StepKind::input;
  step.seq = 1;
  step.request = text_of_input(run.started);
  step.output = run.started.system;
  return step;
}

RunStep answer_step(const OutlineTurn& turn) {
  RunStep step;
  step.kind = StepKind::answer;
  step.turn = turn.number;
  step.is_shared = turn.is_shared;
  step.request = turn.context_hash.is_zero() ? "" : turn.context_hash.str();
  step.attempts = static_cast<std::uint32_t>(turn.attempts.size());
  const OutlineAttempt* last = turn.answer();
  if (last == nullptr) last = &turn.attempts.back();
  step.seq = turn.attempts.front().seq;
  step.name = last->model.str();
  step.output = last->output;
  if (last->finish_reason) step.outcome = enum_name(*last->finish_reason);
  if (last->error) step.outcome = last->error->code;
  if (last->span.to_us) step.latency_us = *last->span.to_us - last->span.from_us;
  std::uint64_t cost = 0;
  bool is_known = true;
  for (const OutlineAttempt& attempt : turn.attempts) {
    is_known = is_known && attempt.cost_micro_usd.has_value();
    cost += attempt.cost_micro_usd.value_or(0);
  }
  if (is_known) step.cost_micro_usd = cost;
  return step;
}

RunStep call_step(const OutlineTurn& turn, const OutlineCall& call) {
  RunStep step;
  step.kind = StepKind::call;
  step.seq = call.seq;
  step.turn = turn.number;
  step.is_shared = turn.is_shared;
  step.name = call.tool;
  step.request = call.arguments;
  step.output = call.result;
  step.attempts = static_cast<std::uint32_t>(call.runs.size());
  step.latency_us = call.latency_us;
  if (call.outcome) step.outcome = enum_name(*call.outcome);
  if (call.error) step.outcome = call.error->code;
  return step;
}

// A context differs wherever something before it does: that says nothing of the step itself.
bool has_same_request(const RunStep& a, const RunStep& b) {
  return a.kind == StepKind::answer ? a.output == b.output : a.request == b.request;
}

std::uint32_t likeness(const RunStep& a, const RunStep& b) {
  if (a.kind != b.kind) return 0;
  if (a.kind == StepKind::input) return kSameStep;
  if (a.kind == StepKind::call && a.name != b.name) return 0;
  if (!has_same_request(a, b)) return kSameName;
  return a.output == b.output ? kSameStep : kSameRequest;
}

void note(std::vector<FieldDifference>& found, const char* field, const std::string& a, const std::string& b,
          bool is_measure = false) {
  if (a != b) found.push_back({field, a, b, is_measure});
}

std::string number(const std::optional<std::uint64_t>& value) { return value ? std::to_string(*value) : ""; }

std::vector<FieldDifference> differences(const RunStep& a, const RunStep& b) {
  std::vector<FieldDifference> found;
  if (a.kind == StepKind::input) {
    note(found, "input", a.request, b.request);
    note(found, "system", a.output, b.output);
    return found;
  }
  if (a.kind == StepKind::answer) note(found, "model", a.name, b.name);
  note(found, a.kind == StepKind::call ? "arguments" : "request", a.request, b.request);
  note(found, "output", a.output, b.output);
  note(found, "outcome", a.outcome, b.outcome);
  note(found, "attempts", std::to_string(a.attempts), std::to_string(b.attempts), true);
  note(found, "cost_micro_usd", number(a.cost_micro_usd), number(b.cost_micro_usd), true);
  note(found, "latency_us", number(a.latency_us), number(b.latency_us), true);
  return found;
}

// The pairing of the steps between the common beginning and the common end that goes together best.
class Alignment {
 public:
  Alignment(std::vector<RunStep> a, std::vector<RunStep> b) : a_(std::move(a)), b_(std::move(b)) {}

  RunDifference result() && {
    while (begin_ < a_.size() && begin_ < b_.size() && is_same(a_[begin_], b_[begin_])) pair(begin_, begin_);
    end_a_ = a_.size();
    end_b_ = b_.size();
    while (end_a_ > begin_ && end_b_ > begin_ && is_same(a_[end_a_ - 1], b_[end_b_ - 1])) {
      --end_a_;
      --end_b_;
    }
    if ((end_a_ - begin_ + 1) * (end_b_ - begin_ + 1) <= kPairsMax) {
      align();
    } else {
      align_by_place();
    }
    for (; end_a_ < a_.size(); ++end_a_, ++end_b_) pair_at(end_a_, end_b_);
    const auto first = std::ranges::find_if(found_.pairs, &StepPair::diverges);
    if (first != found_.pairs.end()) found_.first_divergence = static_cast<std::size_t>(first - found_.pairs.begin());
    return std::move(found_);
  }

 private:
  static bool is_same(const RunStep& a, const RunStep& b) { return likeness(a, b) == kSameStep; }
  void pair(std::size_t a, std::size_t b) {
    pair_at(a, b);
    ++begin_;
  }
  void pair_at(std::size_t a, std::size_t b) { found_.pairs.push_back({a_[a], b_[b], differences(a_[a], b_[b])}); }
  void only_a(std::size_t a) { found_.pairs.push_back({a_[a], std::nullopt, {}}); }
  void only_b(std::size_t b) { found_.pairs.push_back({std::nullopt, b_[b], {}}); }

  void align_by_place() {
    std::size_t a = begin_;
    std::size_t b = begin_;
    while (a < end_a_ || b < end_b_) {
      if (a < end_a_ && b < end_b_ && likeness(a_[a], b_[b]) > 0) {
        pair_at(a++, b++);
      } else if (a < end_a_) {
        only_a(a++);
      } else {
        only_b(b++);
      }
    }
  }

  // The longest common subsequence, weighted; of equals the earliest pairs.
  void align() {
    const std::size_t height = end_a_ - begin_;
    const std::size_t width = end_b_ - begin_ + 1;
    std::vector<std::uint32_t> best((height + 1) * width, 0);
    const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return best[i * width + j]; };
    for (std::size_t i = height; i-- > 0;) {
      for (std::size_t j = width - 1; j-- > 0;) {
        const std::uint32_t alike = likeness(a_[begin_ + i], b_[begin_ + j]);
        at(i, j) = std::max(at(i + 1, j), at(i, j + 1));
        if (alike > 0) at(i, j) = std::max(at(i, j), at(i + 1, j + 1) + alike);
      }
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < height || j + 1 < width) {
      const bool both = i < height && j + 1 < width;
      const std::uint32_t alike = both ? likeness(a_[begin_ + i], b_[begin_ + j]) : 0;
      if (alike > 0 && at(i, j) == at(i + 1, j + 1) + alike) {
        pair_at(begin_ + i++, begin_ + j++);
      } else if (i < height && (j + 1 == width || at(i, j) == at(i + 1, j))) {
        only_a(begin_ + i++);
      } else {
        only_b(begin_ + j++);
      }
    }
  }

  std::vector<RunStep> a_;
  std::vector<RunStep> b_;
  std::size_t begin_ = 0;  // the steps before it are paired
  std::size_t end_a_ = 0;  // those from here on are the common end
  std::size_t end_b_ = 0;
  RunDifference found_;
};

}  // namespace

bool StepPair::diverges() const {
  if (!a || !b) return true;
  return std::ranges::any_of(differences, [](const FieldDifference& one) { return !one.is_measure; });
}

std::vector<RunStep> steps_of(const RunOutline& run) {
  std::vector<RunStep> steps{input_step(run)};
  for (const OutlineTurn& turn : run.turns) {
    if (!turn.attempts.empty()) steps.push_back(answer_step(turn));
    for (const OutlineCall& call : turn.calls) steps.push_back(call_step(turn, call));
  }
  return steps;
}

RunDifference compare(const RunOutline& a, const RunOutline& b) { return Alignment(steps_of(a), steps_of(b)).result(); }

}  // namespace orchestrator::harness::event
