// SPDX-License-Identifier: Apache-2.0
// `set_by_name`: one generation setting from its command-line name and text.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "event/json_writer.hpp"
#include "event/nearest_name.hpp"
#include "orchestrator/harness/model.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::size_t kStopsMax = 16;
constexpr std::size_t kStopBytesMax = 1'024;
constexpr std::size_t kMetadataMax = 16;
constexpr std::size_t kMetadataKeyBytesMax = 64;
constexpr std::size_t kMetadataValueBytesMax = 512;
constexpr std::string_view kMetadataPrefix = "metadata.";
constexpr auto kEfforts = std::to_array<std::string_view>({"none", "minimal", "low", "medium", "high", "xhigh", "max"});

using Setter = Result<void> (*)(GenerationSettings& settings, std::string_view key, std::string_view value);

std::unexpected<Error> refuse(std::string_view key, std::string_view value, std::string_view allowed) {
  constexpr std::size_t shown_max = 40;
  std::string shown(value.substr(0, shown_max));
  if (value.size() > shown_max || !event::is_valid_utf8(shown)) {
    shown = event::is_valid_utf8(shown) ? shown + "..." : "...";
  }
  return fail(RuntimeErrorCode::invalid_argument,
              std::string(key) + " is '" + shown + "'; allowed: " + std::string(allowed), std::string(key));
}

template <class Number>
Result<Number> whole_number(std::string_view key, std::string_view value, Number least, std::string_view allowed) {
  Number number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || number < least) {
    return refuse(key, value, allowed);
  }
  return number;
}

Result<double> number_up_to(std::string_view key, std::string_view value, double most, std::string_view allowed) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || !std::isfinite(number) || number < 0 ||
      number > most) {
    return refuse(key, value, allowed);
  }
  return number == 0 ? 0.0 : number;  // no negative zero
}

Result<bool> truth(std::string_view key, std::string_view value) {
  if (value != "true" && value != "false") {
    return refuse(key, value, "true, false");
  }
  return value == "true";
}

/// Puts a parsed value where it belongs, or passes the refusal on.
template <class Value, class Target>
Result<void> put(Result<Value> value, Target& target) {
  if (!value) {
    return std::unexpected(std::move(value.error()));
  }
  target = *std::move(value);
  return {};
}

ReasoningSettings& reasoning_of(GenerationSettings& settings) {
  if (!settings.reasoning) {
    settings.reasoning.emplace();
  }
  return *settings.reasoning;
}

Result<void> set_temperature(GenerationSettings& settings, std::string_view key, std::string_view value) {
  return put(number_up_to(key, value, 2.0, "a number from 0 to 2"), settings.temperature);
}

Result<void> set_top_p(GenerationSettings& settings, std::string_view key, std::string_view value) {
  return put(number_up_to(key, value, 1.0, "a number from 0 to 1"), settings.top_p);
}

Result<void> add_stop(GenerationSettings& settings, std::string_view key, std::string_view value) {
  if (value.empty() || value.size() > kStopBytesMax || !event::is_valid_utf8(value)) {
    return refuse(key, value, "1 to 1024 bytes of UTF-8");
  }
  if (settings.stop.size() >= kStopsMax) {
    return refuse(key, value, "at most 16 stop sequences");
  }
  settings.stop.emplace_back(value);
  return {};
}

Result<void> set_seed(GenerationSettings& settings, std::string_view key, std::string_view value) {
  return put(
      whole_number<std::int64_t>(key, value, std::numeric_limits<std::int64_t>::min(), "a whole number of 64 bits"),
      settings.seed);
}

Result<void> set_max_output_tokens(GenerationSettings& settings, std::string_view key, std::string_view value) {
  return put(whole_number<std::uint32_t>(key, value, 1, "a whole number from 1 to 4294967295"),
             settings.max_output_tokens);
}

Result<void> set_max_input_tokens(GenerationSettings& settings, std::string_view key, std::string_view value) {
  return put(whole_number<std::uint64_t>(key, value, 1, "a whole number from 1"), settings.max_input_tokens);
}

Result<void> set_reasoning(GenerationSettings& settings, std::string_view key, std::string_view value) {
  const auto found = std::ranges::find(kEfforts, value);
  if (found == kEfforts.end()) {
    return refuse(key, value, "none, minimal, low, medium, high, xhigh, max");
  }
  reasoning_of(settings).effort = static_cast<ReasoningEffort>(found - kEfforts.begin());
  return {};
}

Result<void> set_reasoning_budget(GenerationSettings& settings, std::string_view key, std::string_view value) {
  const auto number = whole_number<std::uint32_t>(key, value, 1, "a whole number from 1 to 4294967295");
  if (!number) {
    return std::unexpected(number.error());
  }
  reasoning_of(settings).budget_tokens = *number;
  return {};
}

Result<void> set_reasoning_summaries(GenerationSettings& settings, std::string_view key, std::string_view value) {
  const auto flag = truth(key, value);
  if (!flag) {
    return std::unexpected(flag.error());
  }
  reasoning_of(settings).summaries = *flag;
  return {};
}

Result<void> set_tool_choice(GenerationSettings& settings, std::string_view key, std::string_view value) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  if (value == "auto" || value == "automatic") {
    settings.tool_choice = ToolChoice{ToolChoiceMode::automatic, {}};
  } else if (value == "none") {
    settings.tool_choice = ToolChoice{ToolChoiceMode::none, {}};
  } else if (value == "required") {
    settings.tool_choice = ToolChoice{ToolChoiceMode::required, {}};
  } else if (value.empty() || value.size() > 64 || value.find_first_not_of(letters) != std::string_view::npos) {
    return refuse(key, value, "auto, none, required, or the name of a tool");
  } else {
    settings.tool_choice = ToolChoice{ToolChoiceMode::named, std::string(value)};
  }
  return {};
}

Result<void> set_parallel_tool_calls(GenerationSettings& settings, std::string_view key, std::string_view value) {
  return put(truth(key, value), settings.parallel_tool_calls);
}

Result<void> set_metadata(GenerationSettings& settings, std::string_view key, std::string_view value) {
  const std::string_view name = key.substr(kMetadataPrefix.size());
  if (name.empty() || name.size() > kMetadataKeyBytesMax || !event::is_valid_utf8(name)) {
    return refuse("metadata", name, "keys of 1 to 64 bytes of UTF-8, as in metadata.KEY=VALUE");
  }
  if (value.size() > kMetadataValueBytesMax || !event::is_valid_utf8(value)) {
    return refuse(key, value, "at most 512 bytes of UTF-8");
  }
  const auto found = std::ranges::find(settings.metadata, name, &std::pair<std::string, std::string>::first);
  if (found != settings.metadata.end()) {
    found->second = value;
  } else if (settings.metadata.size() >= kMetadataMax) {
    return refuse(key, value, "at most 16 pieces of metadata");
  } else {
    settings.metadata.emplace_back(name, value);
  }
  return {};
}

constexpr auto kSetters = std::to_array<std::pair<std::string_view, Setter>>({
    {"temperature", set_temperature},
    {"top_p", set_top_p},
    {"stop", add_stop},
    {"seed", set_seed},
    {"max_output_tokens", set_max_output_tokens},
    {"max_input_tokens", set_max_input_tokens},
    {"reasoning", set_reasoning},
    {"reasoning_budget_tokens", set_reasoning_budget},
    {"reasoning_summaries", set_reasoning_summaries},
    {"tool_choice", set_tool_choice},
    {"parallel_tool_calls", set_parallel_tool_calls},
});

std::unexpected<Error> unknown_setting(std::string_view key) {
  std::array<std::string_view, kSetters.size() + 1> names;
  std::ranges::transform(kSetters, names.begin(), &std::pair<std::string_view, Setter>::first);
  names.back() = "metadata.KEY";
  std::string message =
      "unknown setting '" + std::string(key.size() <= 64 && event::is_valid_utf8(key) ? key : "...") + "'";
  const std::string suggestion = event::did_you_mean(key, names);
  if (suggestion.empty()) {
    message += "; known:";
    for (const std::string_view name : names) {
      message.append(" ").append(name);
    }
  } else {
    message += suggestion;
  }
  return fail(RuntimeErrorCode::invalid_argument, std::move(message), "settings");
}

}  // namespace

Result<void> set_by_name(GenerationSettings& settings, std::string_view key, std::string_view value) {
  if (key.starts_with(kMetadataPrefix)) {
    return set_metadata(settings, key, value);
  }
  const auto found = std::ranges::find(kSetters, key, &std::pair<std::string_view, Setter>::first);
  return found == kSetters.end() ? unknown_setting(key) : found->second(settings, key, value);
}

}  // namespace orchestrator::harness
