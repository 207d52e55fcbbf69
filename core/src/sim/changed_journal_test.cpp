// SPDX-License-Identifier: Apache-2.0
// Goal: whoever changes an event and makes all hashes anew is found out by a replay, at that event. Method: journals of
// many seeds; in each, values of random events are changed one at a time. Where the step's input is as it was, the
// replay has to name the event and the member. Where the change is one of what came from outside, no replay can know of
// it, and the head of the chain has to be another one.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "event/canonical_event.hpp"
#include "event/json_slices.hpp"
#include "event/line_check.hpp"
#include "event/step.hpp"
#include "kernel/journal_replay.hpp"
#include "sim/entropy.hpp"
#include "sim/scenario_generator.hpp"
#include "sim/simulation.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness::sim {
namespace {

using Lines = std::vector<std::string>;

// A number, text or truth value inside a JSON text.
struct Leaf {
  std::string pointer;
  std::string_view text;  // of the JSON text
};

void collect(std::string_view text, const std::string& pointer, std::vector<Leaf>& leaves) {
  if (text.starts_with('{')) {
    const auto members = event::object_slices(text);
    for (const auto& [key, value] : members.value()) collect(value, pointer + "/" + std::string(key), leaves);
  } else if (text.starts_with('[')) {
    const auto elements = event::array_slices(text);
    for (std::size_t i = 0; i < elements.value().size(); ++i) {
      collect((*elements)[i], pointer + "/" + std::to_string(i), leaves);
    }
  } else if (text != "null") {
    leaves.push_back({pointer, text});
  }
}

std::string changed(std::string_view leaf) {
  if (leaf == "true") return "false";
  if (leaf == "false") return "true";
  std::string text(leaf);
  if (leaf.starts_with('"')) {
    // Of an id or a time one digit; of a text one more character.
    const auto digit = text.find_last_of("0123456789");
    if (digit == std::string::npos) return text.insert(text.size() - 1, "x");
    text[digit] = text[digit] == '1' ? '2' : '1';
    return text;
  }
  text.back() = text.back() == '1' ? '2' : '1';
  return text;
}

// The run with one event in other bytes, from there on with hashes made anew; nothing where it does not read any more.
std::optional<Lines> with_event(const Lines& lines, std::size_t line, std::size_t index, const std::string& bytes) {
  Lines made;
  Hash hash;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto members = event::object_slices(lines[i]);
    const auto events = event::array_slices(members.value()[2].second);
    std::string text = lines[i].substr(0, static_cast<std::size_t>(events->front().data() - lines[i].data()));
    for (std::size_t j = 0; j < events->size(); ++j) {
      const std::string_view one = i == line && j == index ? std::string_view(bytes) : (*events)[j];
      const auto next = event::chain_hash_of_bytes(hash, one);
      if (!next) return std::nullopt;
      hash = *next;
      text.append(j == 0 ? "" : ",").append(one);
    }
    text.append("],\"head\":\"").append(hash.str()).append("\"");
    event::seal_line(text);
    made.push_back(std::move(text));
  }
  return made;
}

std::optional<event::Input> input_at(const Lines& lines, std::size_t line,
                                     const std::vector<event::ContextEntry>& history) {
  event::JournalHead head;
  for (std::size_t i = 0; i <= line; ++i) {
    const auto step = event::decode_step(lines[i], head);
    if (!step) return std::nullopt;
    head = step->head;
    if (i < line) continue;
    auto input = event::input_of(*step, history);
    if (input) return *std::move(input);
  }
  return std::nullopt;
}

struct Tally {
  int found = 0;         // at the very event
  int unread = 0;        // the line does not read
  int from_outside = 0;  // a change of the input
};

void try_change(const Lines& lines, const std::vector<event::ContextEntry>& history, Entropy& entropy, Tally& tally) {
  const std::size_t line = entropy.below(lines.size());
  const auto members = event::object_slices(lines[line]);
  const auto events = event::array_slices(members.value()[2].second);
  const std::size_t index = entropy.below(events->size());
  std::string bytes((*events)[index]);
  std::vector<Leaf> leaves;
  collect(bytes, "", leaves);
  const Leaf leaf = leaves[entropy.below(leaves.size())];
  const auto at = static_cast<std::size_t>(leaf.text.data() - bytes.data());
  const std::string pointer = leaf.pointer;
  bytes.replace(at, leaf.text.size(), changed(leaf.text));

  const auto made = with_event(lines, line, index, bytes);
  ASSERT_TRUE(made);
  const auto before = input_at(lines, line, history);
  const auto after = input_at(*made, line, history);
  ASSERT_TRUE(before);
  kernel::JournalReplay journal(history);
  Result<std::optional<events::ReplayDiverged>> replayed = std::nullopt;
  for (const std::string& text : *made) {
    replayed = journal.take(text);
    if (!replayed || *replayed) break;
  }
  if (!after || pointer == "/type") {  // of a type that there is not
    EXPECT_FALSE(replayed) << "a line that does not read was taken: " << bytes;
    ++tally.unread;
  } else if (*before == *after) {
    ASSERT_TRUE(replayed) << replayed.error().message << "\n" << bytes;
    ASSERT_TRUE(*replayed) << pointer << " was not found out: " << bytes;
    std::uint64_t seq = index + 1;
    for (std::size_t i = 0; i < line; ++i) {
      seq += event::array_slices(event::object_slices(lines[i]).value()[2].second)->size();
    }
    EXPECT_EQ((*replayed)->seq, seq) << pointer << ": " << bytes;
    EXPECT_EQ((*replayed)->field, pointer);
    ++tally.found;
  } else {
    ++tally.from_outside;
  }
}

TEST(ChangedJournal, IsFoundOutAtTheEvent) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const Outcome outcome = simulate(draw_scenario(seed));
    std::string text;
    for (const std::string& line : outcome.lines) text += line + "\n";
    Entropy entropy(seed, "changes");
    const auto runs = runs_of(text);
    if (runs.empty()) continue;
    for (int change = 0; change < 20; ++change) try_change(runs.front(), {}, entropy, tally);
  }
  EXPECT_GT(tally.found, 600) << tally.unread << " unread, " << tally.from_outside << " from outside";
}

}  // namespace
}  // namespace orchestrator::harness::sim
