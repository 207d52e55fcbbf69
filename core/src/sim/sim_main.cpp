// SPDX-License-Identifier: Apache-2.0
// `./dev sim`: plays the scenarios of many seeds on all cores, or of one seed in detail. Exit status 0 when all is
// well, 1 when a scenario failed or a mark was never hit, 2 for wrong arguments.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <expected>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sim/scenario_generator.hpp"
#include "sim/simulation.hpp"

namespace orchestrator::harness::sim {
namespace {

// So many seeds must hit every mark.
constexpr std::uint64_t kSeedsForAllMarks = 60'000;

constexpr std::string_view kHelp =
    "Usage: ./dev sim --seeds N [--from S] [--jobs N] [--journals DIR]\n"
    "       ./dev sim --seed S [--journals DIR] [--show]\n"
    "\n"
    "Runs the real kernel against a simulated provider, store, clock and operator, and checks every invariant\n"
    "after every step. A seed decides everything.\n"
    "\n"
    "  --seeds N       play N scenarios; from 60,000 on, every mark must have been hit\n"
    "  --from S        the first seed (default 0)\n"
    "  --seed S        play this one\n"
    "  --show          print its scenario and its journal\n"
    "  --jobs N        threads (default: one for each core)\n"
    "  --journals DIR  write each seed's journal to DIR/SEED.jsonl\n"
    "  --marks         print how many seeds hit each mark\n";

struct Arguments {
  std::uint64_t seeds = 1'000;
  std::uint64_t from = 0;
  std::uint64_t jobs = 0;
  std::string journals;
  bool shows = false;
  bool shows_marks = false;
};

struct Total {
  std::uint64_t seeds = 0;
  std::uint64_t inputs = 0;
  std::uint64_t steps = 0;
  std::vector<std::uint64_t> marks = std::vector<std::uint64_t>(kMarkNames.size());
  std::optional<std::uint64_t> failed_seed;  // the lowest
};

bool write_journal(const std::string& folder, std::uint64_t seed, const Outcome& outcome) {
  std::ofstream file(folder + "/" + std::to_string(seed) + ".jsonl", std::ios::binary);
  for (const std::string& line : outcome.lines) file << line << '\n';
  for (const std::string& line : outcome.derived) file << line << '\n';
  if (outcome.lines.empty()) file << '\n';  // every run was refused
  return static_cast<bool>(file.flush());
}

void add(Total& total, std::uint64_t seed, const Outcome& outcome) {
  total.seeds += 1;
  total.inputs += outcome.inputs;
  total.steps += outcome.steps;
  for (std::size_t i = 0; i < total.marks.size(); ++i) {
    if (outcome.marks.has(static_cast<Mark>(i))) total.marks[i] += 1;
  }
  if (outcome.failure && seed < total.failed_seed.value_or(seed + 1)) total.failed_seed = seed;
}

void merge(Total& into, const Total& from) {
  into.seeds += from.seeds;
  into.inputs += from.inputs;
  into.steps += from.steps;
  for (std::size_t i = 0; i < into.marks.size(); ++i) into.marks[i] += from.marks[i];
  if (from.failed_seed && *from.failed_seed < into.failed_seed.value_or(*from.failed_seed + 1)) {
    into.failed_seed = from.failed_seed;
  }
}

// Each thread takes the next seed until one has failed or none is left.
Total play_all(const Arguments& arguments) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stops{false};
  std::mutex mutex;
  Total total;
  const auto work = [&] {
    Total mine;
    while (!stops) {
      const std::uint64_t index = next++;
      if (index >= arguments.seeds) break;
      const std::uint64_t seed = arguments.from + index;
      const Outcome outcome = simulate(draw_scenario(seed));
      add(mine, seed, outcome);
      if (outcome.failure) stops = true;
      if (!arguments.journals.empty() && !write_journal(arguments.journals, seed, outcome)) {
        std::fprintf(stderr, "error: cannot write to %s\n", arguments.journals.c_str());
        stops = true;
        mine.failed_seed = seed;
      }
    }
    const std::lock_guard lock(mutex);
    merge(total, mine);
  };
  std::vector<std::jthread> threads;
  for (std::uint64_t i = 0; i < arguments.jobs; ++i) threads.emplace_back(work);
  threads.clear();
  return total;
}

void show(const Outcome& outcome) {
  for (const std::string& line : outcome.lines) std::printf("%s\n", line.c_str());
  for (const std::string& line : outcome.derived) std::printf("%s\n", line.c_str());
}

void explain(std::uint64_t seed) {
  const Scenario scenario = draw_scenario(seed);
  const Outcome outcome = simulate(scenario);
  if (!outcome.failure) return;
  std::printf("FAILED seed %llu: %s: %s\n", static_cast<unsigned long long>(seed), outcome.failure->rule.c_str(),
              outcome.failure->what.c_str());
  std::printf("again: ./dev sim --seed %llu\n", static_cast<unsigned long long>(seed));
  const Scenario smaller = shrink(scenario, *outcome.failure);
  const Outcome again = simulate(smaller);
  std::printf("made smaller: %s\n%s", again.failure ? again.failure->what.c_str() : "", describe(smaller).c_str());
  show(again);
}

bool report_marks(const Total& total, bool shows_all) {
  bool all_hit = true;
  for (std::size_t i = 0; i < total.marks.size(); ++i) {
    const bool is_missing = total.marks[i] == 0 && total.seeds >= kSeedsForAllMarks;
    all_hit = all_hit && !is_missing;
    if (shows_all) std::printf("%10llu  ", static_cast<unsigned long long>(total.marks[i]));
    if (shows_all || is_missing) {
      std::printf("%s%.*s\n", is_missing ? "never hit: " : "", static_cast<int>(kMarkNames[i].size()),
                  kMarkNames[i].data());
    }
  }
  return all_hit;
}

int play_many(const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t begin_on_cpu = std::clock();
  const Total total = play_all(arguments);
  const double cpu_s = static_cast<double>(std::clock() - begin_on_cpu) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (total.failed_seed) explain(*total.failed_seed);
  const bool all_hit = report_marks(total, arguments.shows_marks);
  std::size_t hit = 0;
  for (const std::uint64_t count : total.marks) hit += count > 0 ? 1 : 0;
  std::printf(
      "sim: %llu seeds, %llu inputs, %llu steps, %zu of %zu marks, %.1f s on %llu threads, "
      "%.0f seeds/s, %.0f a core: %s\n",
      static_cast<unsigned long long>(total.seeds), static_cast<unsigned long long>(total.inputs),
      static_cast<unsigned long long>(total.steps), hit, total.marks.size(), took.count(),
      static_cast<unsigned long long>(arguments.jobs), static_cast<double>(total.seeds) / took.count(),
      static_cast<double>(total.seeds) / std::max(cpu_s, 0.001),
      total.failed_seed ? "FAILED" : (all_hit ? "ok" : "FAILED, marks were never hit"));
  return total.failed_seed || !all_hit ? 1 : 0;
}

int show_one(std::uint64_t seed) {
  const Scenario scenario = draw_scenario(seed);
  std::printf("%s", describe(scenario).c_str());
  show(simulate(scenario));
  return 0;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// The arguments, or the one that is wrong.
std::expected<Arguments, std::string> read_arguments(const std::vector<std::string_view>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view name = words[i];
    if (name == "--show" || name == "--marks") {
      (name == "--show" ? arguments.shows : arguments.shows_marks) = true;
      continue;
    }
    const bool is_last = i + 1 == words.size();
    if (name == "--journals" && !is_last) {
      arguments.journals = words[++i];
      continue;
    }
    const auto value = is_last ? std::nullopt : number(words[i + 1]);
    if (!value) return std::unexpected(std::string(name));
    ++i;
    if (name == "--seeds") {
      arguments.seeds = *value;
    } else if (name == "--from") {
      arguments.from = *value;
    } else if (name == "--jobs") {
      arguments.jobs = *value;
    } else if (name == "--seed") {
      arguments.from = *value;
      arguments.seeds = 1;
    } else {
      return std::unexpected(std::string(name));
    }
  }
  if (arguments.jobs == 0) arguments.jobs = std::max(1U, std::thread::hardware_concurrency());
  arguments.jobs = std::min<std::uint64_t>({arguments.jobs, 256, std::max<std::uint64_t>(1, arguments.seeds)});
  return arguments;
}

int run(const std::vector<std::string_view>& words) {
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
    std::printf("%s", std::string(kHelp).c_str());
    return 0;
  }
  const auto arguments = read_arguments(words);
  if (!arguments) {
    std::fprintf(stderr, "error: sim: '%s' is no argument, or its value is missing or no number; see --help\n",
                 arguments.error().c_str());
    return 2;
  }
  return arguments->shows ? show_one(arguments->from) : play_many(*arguments);
}

}  // namespace
}  // namespace orchestrator::harness::sim

int main(int count, char** words) { return orchestrator::harness::sim::run({words + 1, words + count}); }
