// SPDX-License-Identifier: Apache-2.0
// Goal: what a release has written replays for ever, byte for byte, and much of it (P7: 500 golden journals). Method:
// tests/golden/bundles holds, as each release wrote them, the journals of the simulator's first seeds, and the heads
// that they ended with. Every line is read by today's reader and hashed along its chain to the head that was noted, and
// every input is decided again, with nothing but the lines.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "event/step.hpp"
#include "journal_bundle.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::size_t kRunsMin = 500;

// The runs of one seed: later ones go on from earlier ones.
using Session = std::vector<std::vector<std::string>>;

std::vector<std::pair<std::uint64_t, Session>> sessions_of(const std::vector<BundledRun>& runs) {
  std::vector<std::pair<std::uint64_t, Session>> sessions;
  for (const BundledRun& run : runs) {
    if (sessions.empty() || sessions.back().first != run.seed) sessions.emplace_back(run.seed, Session());
    sessions.back().second.push_back(run.lines);
  }
  return sessions;
}

// Where the chain of a run ends, or why it does not.
std::string head_of(const std::vector<std::string>& lines) {
  event::JournalHead head;
  for (const std::string& line : lines) {
    const auto step = event::decode_step(line, head);
    if (!step) return step.error().message;
    head = step->head;
  }
  return std::to_string(head.steps) + " " + head.hash.str();
}

TEST(GoldenBundle, OfEachReleaseHoldsFiveHundredJournals) {
  const std::vector<std::string> releases = bundled_releases();
  ASSERT_FALSE(releases.empty());
  EXPECT_EQ(releases.front(), "0_2_2");
  for (const std::string& release : releases) EXPECT_GE(read_bundle(release).size(), kRunsMin) << release;
}

TEST(GoldenBundle, EveryJournalIsWholeUpToTheHeadThatWasNoted) {
  for (const std::string& release : bundled_releases()) {
    for (const BundledRun& run : read_bundle(release)) {
      ASSERT_EQ(head_of(run.lines), std::to_string(run.steps) + " " + run.head) << release << ", seed " << run.seed;
    }
  }
}

TEST(GoldenBundle, EveryJournalIsReplayedByteForByte) {
  for (const std::string& release : bundled_releases()) {
    for (const auto& [seed, session] : sessions_of(read_bundle(release))) {
      EXPECT_EQ(sim::difference_of(session).value_or("none"), "none") << release << ", seed " << seed;
    }
  }
}

TEST(GoldenBundle, AJournalThatWasChangedIsFound) {
  const std::vector<BundledRun> runs = read_bundle("0_2_2");
  ASSERT_FALSE(runs.empty());
  std::vector<std::string> lines = runs.front().lines;
  const std::string noted = head_of(lines);
  const std::size_t at = lines.front().find("\"elapsed_us\":0");
  ASSERT_NE(at, std::string::npos);
  lines.front()[at + 13] = '1';
  EXPECT_NE(head_of(lines), noted);
  EXPECT_TRUE(sim::difference_of({lines}));
}

}  // namespace
}  // namespace orchestrator::harness
