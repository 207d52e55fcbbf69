// SPDX-License-Identifier: Apache-2.0
// Goal: a replay stops where it is told to, and names the first event that came out differently, with its field.
// Method: a run recorded by the kernel itself, and lines in which one thing is not as it was.
#include "kernel/journal_replay.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "event/canonical_event.hpp"
#include "event/line_check.hpp"
#include "kernel/decide.hpp"
#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

// A run of one answer: its steps as decided, to be changed, and their lines.
class Recording {
 public:
  Recording() {
    feed(start_of(example_spec()));
    feed(slot(1));
    feed(headers(1));
    feed(chunk(1, {text("a", "Hel")}));
    feed(chunk(1, {text("a", "lo"), done("a", message("Hello")), used(10, 5), finished()}));
  }

  std::vector<event::Step> steps;

  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    event::JournalHead head;
    for (const event::Step& step : steps) {
      event::EncodedStep encoded = event::encode_step(step, head);
      lines.push_back(std::move(encoded.line));
      head = encoded.head;
    }
    return lines;
  }
  [[nodiscard]] std::uint64_t last_seq() const { return steps.back().events.back().meta.seq; }

 private:
  void feed(InputValue value) {
    elapsed_us_ += 1'000;
    const std::uint64_t now_us = steps.empty() ? 0 : elapsed_us_;
    event::Input input{{WallTime{1'700'000'000'000'000 + static_cast<std::int64_t>(now_us)}, now_us}, std::move(value)};
    Decision decision = decide(state_, input);
    ASSERT_FALSE(decision.events.empty());
    for (const StreamEvent& event : decision.events) evolve(state_, event);
    steps.push_back({std::move(input), std::move(decision.events)});
  }

  State state_;
  std::uint64_t elapsed_us_ = 0;
};

using Replayed = Result<std::optional<events::ReplayDiverged>>;

Replayed replay(JournalReplay& journal, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    Replayed replayed = journal.take(line);
    if (!replayed || *replayed || journal.is_done()) return replayed;
  }
  return std::nullopt;
}

Replayed replay(const std::vector<std::string>& lines) {
  JournalReplay journal(std::vector<event::ContextEntry>{});
  return replay(journal, lines);
}

// The data of the delta in the fourth line replaced by its digest: the chain still holds.
std::vector<std::string> with_erased_delta(std::vector<std::string> lines) {
  std::string& line = lines.at(3);
  constexpr std::string_view kData = "\"data\":";
  const std::size_t begin = line.find(kData) + kData.size();
  const std::size_t end = line.find("}],\"head\"");
  const std::string digest = sha256(line.substr(begin, end - begin)).str();
  line.replace(begin, end - begin, "{\"erased\":\"" + digest + "\"}");
  line.erase(line.rfind(",\"check\""));
  event::seal_line(line);
  return lines;
}

// The same event as an older version would have written it, where nothing but the version differs.
std::vector<std::string> with_version_4(std::vector<std::string> lines, std::size_t from) {
  event::JournalHead head;
  Hash hash;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto step = event::decode_step(lines[i], head);
    EXPECT_TRUE(step);
    head = step->head;
    std::string text = lines[i].substr(0, lines[i].find("\"events\":[") + 10);
    for (std::string bytes : step->event_bytes) {
      if (i >= from) bytes.replace(0, 7, "{\"v\":4,");
      text += bytes + ",";
      hash = *event::chain_hash_of_bytes(hash, bytes);
    }
    text.back() = ']';
    text += ",\"head\":\"" + hash.str() + "\"";
    event::seal_line(text);
    lines[i] = text;
  }
  return lines;
}

void expect_diverged(const Replayed& replayed, const events::ReplayDiverged& expected) {
  ASSERT_TRUE(replayed) << replayed.error().message;
  ASSERT_TRUE(*replayed);
  EXPECT_EQ((*replayed)->seq, expected.seq);
  EXPECT_EQ((*replayed)->field, expected.field);
  EXPECT_EQ((*replayed)->expected, expected.expected);
  EXPECT_EQ((*replayed)->found, expected.found);
}

TEST(JournalReplay, MatchesWhatTheKernelWrote) {
  const Recording recording;
  JournalReplay journal(std::vector<event::ContextEntry>{});
  const Replayed replayed = replay(journal, recording.lines());
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_FALSE(*replayed);
  EXPECT_EQ(journal.head().seq, recording.last_seq());
  EXPECT_EQ(journal.head().steps, recording.steps.size());
  EXPECT_TRUE(std::holds_alternative<Ended>(journal.state().phase));
}

TEST(JournalReplay, StopsAtTheEventThatItIsToldTo) {
  const Recording recording;
  const std::vector<std::string> lines = recording.lines();
  event::JournalHead head;
  for (const std::string& line : lines) {
    const auto step = event::decode_step(line, head);
    ASSERT_TRUE(step);
    Hash hash = head.hash;
    for (std::size_t i = 0; i < step->events.size(); ++i) {
      const std::uint64_t seq = step->events[i].meta.seq;
      hash = *event::chain_hash_of_bytes(hash, step->event_bytes[i]);
      JournalReplay journal({}, seq);
      ASSERT_TRUE(replay(journal, lines));
      EXPECT_TRUE(journal.is_done());
      EXPECT_EQ(journal.head().seq, seq);
      EXPECT_EQ(journal.head().hash, hash);
    }
    head = step->head;
  }
}

TEST(JournalReplay, NamesTheFieldThatDiffers) {
  Recording recording;
  StreamEvent& assembled = recording.steps[1].events.front();
  auto& payload = std::get<events::ContextAssembled>(assembled.payload);
  const std::uint64_t tokens = std::exchange(payload.tokens_estimate, 4'711);
  const std::uint64_t seq = assembled.meta.seq;
  expect_diverged(replay(recording.lines()), {seq, "/data/tokens_estimate", "4711", std::to_string(tokens)});
  // Nothing of it is looked at by who stops before.
  JournalReplay before({}, seq - 1);
  const Replayed replayed = replay(before, recording.lines());
  ASSERT_TRUE(replayed);
  EXPECT_FALSE(*replayed);
}

TEST(JournalReplay, ARunMayGoOnInANewerVersionAndNotInAnOlder) {
  const Recording recording;
  const std::uint64_t seq = recording.steps[2].events.front().meta.seq;
  expect_diverged(replay(with_version_4(recording.lines(), 2)), {seq, "/v", "4", "5"});
}

TEST(JournalReplay, FindsAnEventThatIsTooFewOrTooMany) {
  Recording fewer;
  fewer.steps.back().events.pop_back();
  expect_diverged(replay(fewer.lines()), {fewer.last_seq() + 1, "", "nothing", "Completed"});

  Recording more;
  StreamEvent last = more.steps.back().events.back();
  last.meta.seq += 1;
  more.steps.back().events.push_back(last);
  expect_diverged(replay(more.lines()), {last.meta.seq, "", "Completed", "nothing"});
}

TEST(JournalReplay, FindsAStepThatTheRunWouldHaveRefused) {
  Recording recording;
  event::Step late = recording.steps.back();
  for (StreamEvent& event : late.events) event.meta.seq += late.events.size();
  recording.steps.push_back(late);
  expect_diverged(replay(recording.lines()),
                  {late.events.front().meta.seq, "", "OutputDelta", "refused: the run has ended (Completed)"});
}

TEST(JournalReplay, RefusesWhatItCannotDecide) {
  const Recording recording;
  std::vector<std::string> lines = recording.lines();
  lines[3][20] ^= 1;
  EXPECT_EQ(replay(lines).error().code, name_of(RuntimeErrorCode::journal_damaged));

  Recording later;
  later.steps[2].events.front().payload = events::Unknown{"SomethingLater", RawJson{R"({"a":1})"}};
  const Replayed unknown = replay(later.lines());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, name_of(RuntimeErrorCode::version_too_new));
  EXPECT_NE(unknown.error().message.find("SomethingLater"), std::string::npos);

  const Replayed erased = replay(with_erased_delta(recording.lines()));
  ASSERT_FALSE(erased);
  EXPECT_EQ(erased.error().code, name_of(RuntimeErrorCode::not_supported));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
