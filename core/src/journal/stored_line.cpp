// SPDX-License-Identifier: Apache-2.0
#include "journal/stored_line.hpp"

#include <charconv>
#include <vector>

#include "event/canonical_event.hpp"
#include "event/json_slices.hpp"
#include "event/line_check.hpp"

namespace orchestrator::harness::journal {
namespace {

std::optional<std::uint64_t> number_of(std::optional<std::string_view> text) {
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), value);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  return value;
}

std::optional<std::string_view> unquoted(std::optional<std::string_view> text) {
  if (!text || text->size() < 2 || text->front() != '"') return std::nullopt;
  return text->substr(1, text->size() - 2);
}

struct Slices {
  std::string_view step;
  std::vector<std::string_view> events;
};

std::optional<Slices> slices_of(std::string_view line) {
  const auto step = event::member_slice(line, "step");
  const auto events = event::member_slice(line, "events");
  if (!step || !events) return std::nullopt;
  auto elements = event::array_slices(*events);
  if (!elements || elements->empty()) return std::nullopt;
  return Slices{*step, *std::move(elements)};
}

std::optional<LineNumbers> numbers_of(const Slices& slices) {
  const auto step = number_of(slices.step);
  const auto first = number_of(event::member_slice(slices.events.front(), "seq"));
  const auto last = number_of(event::member_slice(slices.events.back(), "seq"));
  if (!step || !first || !last || *last < *first) return std::nullopt;
  LineNumbers numbers{*step, *first, *last, false};
  for (const std::string_view event : slices.events) {
    const auto type = unquoted(event::member_slice(event, "type"));
    if (!type) return std::nullopt;
    numbers.strict = numbers.strict || event::is_strict_type(*type);
  }
  return numbers;
}

bool is_of_run(const Slices& slices, const RunId& run_id) {
  const auto id = unquoted(event::member_slice(slices.events.front(), "run_id"));
  return id && *id == run_id.str();
}

}  // namespace

std::optional<LineNumbers> numbers_of(std::string_view line, const RunId& run_id) {
  const auto slices = slices_of(line);
  if (!slices || !is_of_run(*slices, run_id) || !event::line_check_holds(line)) return std::nullopt;
  return numbers_of(*slices);
}

std::string_view head_text_of(std::string_view line) {
  constexpr std::string_view kBefore = "\"head\":\"";
  constexpr std::string_view kAfter = "\",\"check\":\"0123456789abcdef\"}";
  constexpr std::size_t kDigits = 2 * Hash::kBytes;
  constexpr std::size_t kSize = kBefore.size() + kDigits + kAfter.size();
  if (line.size() < kSize || !line.substr(line.size() - kSize).starts_with(kBefore)) return {};
  return line.substr(line.size() - kDigits - kAfter.size(), kDigits);
}

Result<LineNumbers> check_line(std::string_view line, const RunId& run_id, const LinePlace& before) {
  const auto damaged = [&](const std::string& flaw) {
    return fail(RuntimeErrorCode::journal_damaged,
                "journal of " + run_id.str() + ", step " + std::to_string(before.step + 1) + " (after event " +
                    std::to_string(before.seq) + "): " + flaw,
                run_id.str());
  };
  if (!event::line_check_holds(line)) return damaged("checksum mismatch");
  const auto slices = slices_of(line);
  const auto numbers = slices ? numbers_of(*slices) : std::nullopt;
  if (!numbers) return damaged("the line is not a step");
  if (!is_of_run(*slices, run_id)) return damaged("the line is of another run");
  if (numbers->step != before.step + 1) {
    return damaged("found step " + std::to_string(numbers->step) + " in its place");
  }
  if (numbers->first_seq != before.seq + 1) {
    return damaged("found event " + std::to_string(numbers->first_seq) + " where " + std::to_string(before.seq + 1) +
                   " should be");
  }
  return *numbers;
}

}  // namespace orchestrator::harness::journal
