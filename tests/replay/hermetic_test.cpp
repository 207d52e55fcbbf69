// SPDX-License-Identifier: Apache-2.0
// Goal: a replay calls nothing of the world (P7). Method: a process reads the journals of all releases and writes some
// hundred of the simulator's, then gives up every system call but those for memory, and replays them; in other time
// zones and locales, and ten years earlier, too. What it may not do kills it, which is shown first. The clock can be
// read without a system call: that the pure layers do not is for lint.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "closed_process.hpp"
#include "event/testing/golden_file.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "sim/scenario_generator.hpp"
#include "sim/simulation.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness::replays {
namespace {

constexpr std::uint64_t kWrittenAgain = 20;  // of the generated ones, in each place
constexpr int kNoneThere = 101;
constexpr int kOtherBytes = 102;

using Lines = std::vector<std::string>;
// The runs of one session, which follow on one another, and those that were made out of them.
using Journal = std::vector<Lines>;

// 300 unless ORCHESTRATOR_REPLAYS says more.
std::uint64_t journals_wanted() {
  const char* text = std::getenv("ORCHESTRATOR_REPLAYS");
  return text == nullptr ? 300 : std::strtoull(text, nullptr, 10);
}

std::vector<Journal> released_journals() {
  std::vector<Journal> journals;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(event::repository_path("tests/golden"))) {
    if (entry.path().extension() != ".jsonl") continue;
    journals.push_back(sim::runs_of(event::read_text_file(entry.path().string())));
  }
  return journals;
}

std::string text_of(std::uint64_t seed) {
  const sim::Outcome outcome = sim::simulate(sim::draw_scenario(seed));
  std::string text;
  for (const std::string& line : outcome.lines) text += line + "\n";
  for (const std::string& line : outcome.derived) text += line + "\n";
  return text;
}

std::vector<Journal> generated_journals(std::uint64_t count) {
  std::vector<Journal> journals;
  for (std::uint64_t seed = 0; seed < count; ++seed) journals.push_back(sim::runs_of(text_of(seed)));
  return journals;
}

std::vector<Journal> all_journals() {
  std::vector<Journal> journals = released_journals();
  for (Journal& journal : generated_journals(journals_wanted())) journals.push_back(std::move(journal));
  return journals;
}

// How many journals do not come out again, at most 100.
int count_diverged(const std::vector<Journal>& journals) {
  const auto differs = [](const Journal& journal) { return sim::difference_of(journal).has_value(); };
  return static_cast<int>(std::min<long>(std::ranges::count_if(journals, differs), 100));
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
  const std::vector<Journal> journals = all_journals();
  ASSERT_GT(journals.size(), journals_wanted());
  for (const auto& [zone, locale] : places) {
    std::vector<Journal> again;
    const auto prepare = [&] {
      ::setenv("TZ", zone, 1);
      ::tzset();
      std::setlocale(LC_ALL, locale);  // as far as it is installed
      again = generated_journals(kWrittenAgain);
    };
    const ClosedEnd end = run_closed(prepare, [&] {
      if (again.size() != kWrittenAgain) return kNoneThere;
      const auto first = journals.end() - static_cast<long>(journals_wanted());
      return std::ranges::equal(again, std::ranges::subrange(first, first + kWrittenAgain)) ? count_diverged(journals)
                                                                                            : kOtherBytes;
    });
    EXPECT_EQ(end.signal, 0) << zone;
    EXPECT_EQ(end.status, 0) << zone << ": so many journals did not come out again";
  }
}

// SHA-256 over all that the simulator writes.
std::string hash_of_generated() {
  std::string hashes;
  for (std::uint64_t seed = 0; seed < journals_wanted(); ++seed) hashes += sha256(text_of(seed)).str();
  return sha256(hashes).str();
}

std::string faketime_library() {
  for (const char* path : {"/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                           "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"}) {
    if (std::filesystem::exists(path)) return path;
  }
  return {};
}

// The other process, for which it is ten years earlier. Not a test of its own.
TEST(EarlierProcess, ReplaysJournals) {
  const char* file = std::getenv("ORCHESTRATOR_EARLIER_FILE");
  if (file == nullptr) GTEST_SKIP() << "the process with another clock; started by the tests of this program";
  const std::time_t real = std::strtoll(std::getenv("ORCHESTRATOR_EARLIER_THAN"), nullptr, 10);
  ASSERT_LT(std::time(nullptr), real - 9 * 365 * 86'400LL);
  const std::vector<Journal> journals = all_journals();
  const ClosedEnd end = run_closed([] {}, [&] { return count_diverged(journals); });
  EXPECT_EQ(end.signal, 0);
  EXPECT_EQ(end.status, 0);
  std::ofstream(file) << hash_of_generated();
}

TEST(Hermetic, JournalsReplayUnderAnotherClock) {
  const std::string library = faketime_library();
  if (library.empty()) GTEST_SKIP() << "libfaketime is not installed";
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string file = folder.path("hash");
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("ORCHESTRATOR_EARLIER_FILE", file.c_str(), 1);
    ::setenv("ORCHESTRATOR_EARLIER_THAN", std::to_string(std::time(nullptr)).c_str(), 1);
    ::setenv("LD_PRELOAD", library.c_str(), 1);
    ::setenv("FAKETIME", "-10y", 1);
    ::execl("/proc/self/exe", "replay_tests", "--gtest_filter=EarlierProcess.*", "--gtest_brief=1", nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(runtime::testing::read_file(file), hash_of_generated());
}

}  // namespace
}  // namespace orchestrator::harness::replays
