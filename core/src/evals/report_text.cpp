// SPDX-License-Identifier: Apache-2.0
#include "evals/report_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/json_document.hpp"
#include "evals/case_json.hpp"
#include "event/character_cut.hpp"

namespace orchestrator::harness::evals {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::uint64_t kMicro = 1'000'000;
constexpr int kMicroDigits = 6;

std::string dollars(std::uint64_t micro_usd) {
  std::string rest = std::to_string(micro_usd % kMicro);
  rest.insert(0, static_cast<std::size_t>(kMicroDigits) - rest.size(), '0');
  return "$" + std::to_string(micro_usd / kMicro) + "." + rest;
}

std::string known_text(const KnownSum& sum, const std::string& known) {
  if (sum.unknown == 0) return known;
  if (sum.known == 0) return "unknown";
  return "at least " + known + " (" + std::to_string(sum.unknown) + " unknown)";
}

/// U+FFFE and U+FFFF, which XML does not have.
bool is_no_character(std::string_view text, std::size_t at) {
  const std::string_view three = text.substr(at, 3);
  return three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF";
}

}  // namespace

std::string decimal(double value, int places) {
  std::array<char, 64> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, places);
  std::string text(buffer.data(), written.ptr);
  if (text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
  return text;
}

std::string with_interval(double value, const std::optional<Interval>& interval) {
  if (!interval) return decimal(value);
  return decimal(value) + " [" + decimal(interval->low) + ", " + decimal(interval->high) + "]";
}

std::string money(const KnownSum& sum) { return known_text(sum, dollars(sum.known)); }
std::string count_text(const KnownSum& sum) { return known_text(sum, std::to_string(sum.known)); }

std::string model_text(const EvalHeader& header) {
  if (!header.model.empty()) return header.model;
  const auto config = parse_json(header.config.text);
  const bool is_rerun = config && config->is_object() && codec::string_or(config->get_object(), "mode") == "rerun";
  return is_rerun ? "that of each source" : "as recorded";
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char character = text[at];
    const auto byte = static_cast<unsigned char>(character);
    if (character == '&') {
      safe += "&amp;";
    } else if (character == '<') {
      safe += "&lt;";
    } else if (character == '>') {
      safe += "&gt;";
    } else if (character == '"') {
      safe += "&quot;";
    } else if (character == '\'') {
      safe += "&#39;";
    } else if (byte == 0x7F || (byte < 0x20 && character != '\n' && character != '\t')) {
      safe += kReplacement;
    } else if (is_no_character(text, at)) {
      safe += kReplacement;
      at += 2;
    } else {
      safe += character;
    }
  }
  return safe;
}

std::string plain_line(std::string_view text, std::size_t bytes_max) {
  std::string line = event::cut_with_ellipsis(text, bytes_max);
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return line;
}

std::string escaped_line(std::string_view text, std::size_t bytes_max) { return escaped(plain_line(text, bytes_max)); }

bool is_passed(const EvalRecord& record) {
  return record.status == EvalStatus::scored && std::ranges::all_of(record.scores, [](const ScoreRecord& entry) {
           return entry.score && entry.score->passed;
         });
}

std::string reason_of(const EvalRecord& record) {
  if (record.error) return record.error->code + ": " + record.error->message;
  std::string reason;
  for (const ScoreRecord& entry : record.scores) {
    std::string part;
    if (entry.error) {
      part = entry.error->code + ": " + entry.error->message;
    } else if (entry.score && !entry.score->passed) {
      part = entry.score->explanation.empty() ? decimal(entry.score->value) : entry.score->explanation;
    }
    if (!part.empty()) reason += (reason.empty() ? "" : "; ") + entry.scorer + ": " + part;
  }
  return reason;
}

}  // namespace orchestrator::harness::evals
