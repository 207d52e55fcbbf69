// SPDX-License-Identifier: Apache-2.0
// Goal: a replay calls nothing of the world (P7). Method: a process reads the journals of all releases and writes some
// hundred of the simulator's, then gives up every system call but those for memory, and replays them; in other time
// zones and locales, too. What it may not do kills it, which is shown first. The clock can be read without a system
// call: that the pure layers do not is for lint.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "closed_process.hpp"
#include "event/testing/golden_file.hpp"
#include "kernel/journal_replay.hpp"
#include "sim/scenario_generator.hpp"
#include "sim/simulation.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness::replays {
namespace {

constexpr std::uint64_t kSeeds = 300;

using Lines = std::vector<std::string>;
// The runs of one session, which follow on one another.
using Journal = std::vector<Lines>;

std::vector<Journal> released_journals() {
  std::vector<Journal> journals;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(event::repository_path("tests/golden"))) {
    if (entry.path().extension() != ".jsonl") continue;
    journals.push_back(sim::runs_of(event::read_text_file(entry.path().string())));
  }
  return journals;
}

std::vector<Journal> generated_journals() {
  std::vector<Journal> journals;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::string text;
    for (const std::string& line : sim::simulate(sim::draw_scenario(seed)).lines) text += line + "\n";
    journals.push_back(sim::runs_of(text));
  }
  return journals;
}

bool matches(const Lines& lines, std::vector<event::ContextEntry>& history) {
  kernel::JournalReplay replay(history);
  for (const std::string& line : lines) {
    const auto replayed = replay.take(line);
    if (!replayed || *replayed) return false;
  }
  history = kernel::context_after(replay.state());
  return true;
}

// How many journals do not come out again, at most 100.
int count_diverged(const std::vector<Journal>& journals) {
  int diverged = 0;
  for (const Journal& journal : journals) {
    std::vector<event::ContextEntry> history;
    const bool matched = std::ranges::all_of(journal, [&](const Lines& lines) { return matches(lines, history); });
    diverged += matched ? 0 : 1;
  }
  return std::min(diverged, 100);
}

TEST(Hermetic, WhatAReplayMayNotDoKillsIt) {
  using Act = int (*)();
  const std::array<std::pair<const char*, Act>, 6> forbidden{{
      {"socket", [] { return ::socket(AF_INET, SOCK_STREAM, 0); }},
      {"connect", [] { return ::connect(0, nullptr, 0); }},
      {"execve", [] { return ::execl("/bin/true", "true", nullptr); }},
      {"getrandom",
       [] {
         char byte = 0;
         return static_cast<int>(::getrandom(&byte, 1, 0));
       }},
      {"clock_nanosleep",
       [] {
         const timespec moment{0, 1};
         return ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
       }},
      {"open", [] { return static_cast<int>(std::filesystem::exists("/etc/hostname")); }},
  }};
  for (const auto& [name, act] : forbidden) {
    EXPECT_EQ(run_closed([] {}, act).signal, SIGSYS) << name;
  }
}

TEST(Hermetic, JournalsReplayWithoutTheWorld) {
  const std::array<std::pair<const char*, const char*>, 3> places{
      {{"UTC", "C"}, {"Pacific/Kiritimati", "de_DE.UTF-8"}, {"America/St_Johns", "tr_TR.UTF-8"}}};
  for (const auto& [zone, locale] : places) {
    std::vector<Journal> journals;
    const auto prepare = [&] {
      ::setenv("TZ", zone, 1);
      ::tzset();
      std::setlocale(LC_ALL, locale);  // as far as it is installed
      journals = released_journals();
      for (Journal& journal : generated_journals()) journals.push_back(std::move(journal));
    };
    const ClosedEnd end =
        run_closed(prepare, [&] { return journals.size() > kSeeds ? count_diverged(journals) : 101; });
    EXPECT_EQ(end.signal, 0) << zone;
    EXPECT_EQ(end.status, 0) << zone << ": so many journals did not come out again";
  }
}

}  // namespace
}  // namespace orchestrator::harness::replays
