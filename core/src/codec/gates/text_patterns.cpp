// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/text_patterns.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kPatternsMax = 256;
constexpr std::size_t kPatternBytesMax = 1'000;
constexpr std::size_t kKeywordsMax = 1'000;
constexpr std::size_t kKeywordBytesMax = 200;
constexpr std::uint32_t kWindowBytesMax = 4'096;
constexpr std::int64_t kProgramBytesMax = std::int64_t{16} << 20;
// A letter may stand for one of three times its bytes (k for the Kelvin sign), and a character stands on either side.
constexpr std::size_t kFoldingGrowth = 3;
constexpr std::size_t kSurroundings = 8;

std::unexpected<Error> refuse(const std::string& at, const std::string& what) {
  return fail(RuntimeErrorCode::configuration_invalid, what, at);
}

std::string numbered(const char* key, std::size_t number) {
  return std::string(key) + "[" + std::to_string(number) + "]";
}

Result<void> check_count(const char* key, std::size_t count, std::size_t most) {
  if (count >= 1 && count <= most) return {};
  return refuse(key, std::to_string(count) + " " + key + "; 1 to " + std::to_string(most) + " are allowed");
}

Result<void> check_text(const std::string& at, const std::string& text, std::size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max) {
    return refuse(at, std::to_string(text.size()) + " bytes; 1 to " + std::to_string(bytes_max) + " are allowed");
  }
  if (!event::is_valid_utf8(text)) return refuse(at, "is not valid UTF-8");
  return {};
}

re2::RE2::Options options(bool ignore_case) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  options.set_max_mem(kProgramBytesMax);
  return options;
}

std::size_t character_before(std::string_view text, std::size_t at) {
  do {
    --at;
  } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  return at;
}

}  // namespace

struct TextPatterns::Compiled {
  Compiled(const std::string& pattern, bool ignore_case, std::size_t window)
      : expression(pattern, options(ignore_case)), window_bytes(window) {}
  const re2::RE2 expression;
  // Of whole words: the same behind the beginning of the text, where the character before the match belongs to it and
  // group 1 is the match.
  std::unique_ptr<const re2::RE2> behind;
  const std::size_t window_bytes;
};

Result<TextPatterns> TextPatterns::compile(const PatternCheck& check) {
  if (auto counted = check_count("patterns", check.patterns.size(), kPatternsMax); !counted) {
    return std::unexpected(std::move(counted.error()));
  }
  if (check.window_bytes < 1 || check.window_bytes > kWindowBytesMax) {
    return refuse("window_bytes",
                  std::to_string(check.window_bytes) + "; 1 to " + std::to_string(kWindowBytesMax) + " are allowed");
  }
  std::string all;
  for (std::size_t i = 0; i < check.patterns.size(); ++i) {
    const std::string at = numbered("patterns", i);
    const std::string& pattern = check.patterns[i];
    if (auto checked = check_text(at, pattern, kPatternBytesMax); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
    const re2::RE2 alone(pattern, options(check.ignore_case));
    if (!alone.ok()) return refuse(at, "is no pattern that RE2 takes: " + alone.error());
    if (re2::RE2::FullMatch("", alone)) return refuse(at, "matches the empty text, which is everywhere");
    all += (i == 0 ? "(?:" : "|(?:") + pattern + ")";
  }
  auto compiled = std::make_shared<const Compiled>(all, check.ignore_case, check.window_bytes);
  if (!compiled->expression.ok()) return refuse("patterns", "are too large together: " + compiled->expression.error());
  return TextPatterns(std::move(compiled));
}

Result<TextPatterns> TextPatterns::compile(const KeywordCheck& check) {
  if (auto counted = check_count("keywords", check.keywords.size(), kKeywordsMax); !counted) {
    return std::unexpected(std::move(counted.error()));
  }
  std::string all;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < check.keywords.size(); ++i) {
    const std::string& keyword = check.keywords[i];
    if (auto checked = check_text(numbered("keywords", i), keyword, kKeywordBytesMax); !checked) {
      return std::unexpected(std::move(checked.error()));
    }
    longest = std::max(longest, keyword.size());
    all += (i == 0 ? "" : "|") + re2::RE2::QuoteMeta(keyword);
  }
  const std::size_t window = (check.ignore_case ? longest * kFoldingGrowth : longest) + kSurroundings;
  const std::string words = "(" + all + R"()(?:$|[^\pL\pN_]))";
  auto compiled =
      std::make_shared<Compiled>(check.whole_words ? R"((?:^|[^\pL\pN_]))" + words : all, check.ignore_case, window);
  if (check.whole_words) {
    compiled->behind = std::make_unique<const re2::RE2>(R"([^\pL\pN_])" + words, options(check.ignore_case));
  }
  if (!compiled->expression.ok()) return refuse("keywords", "are too large together: " + compiled->expression.error());
  return TextPatterns(std::move(compiled));
}

std::optional<TextSpan> TextPatterns::find(std::string_view text, std::size_t from) const {
  const bool is_behind = compiled_->behind && from > 0;
  if (is_behind) from = character_before(text, from);
  const re2::RE2& expression = is_behind ? *compiled_->behind : compiled_->expression;
  std::array<re2::StringPiece, 2> groups;
  const re2::StringPiece all(text.data(), text.size());
  const int match = compiled_->behind ? 1 : 0;  // without groups it is much faster
  if (!expression.Match(all, from, text.size(), re2::RE2::UNANCHORED, groups.data(), match + 1)) {
    return std::nullopt;
  }
  const re2::StringPiece& found = groups.at(static_cast<std::size_t>(match));
  const auto begin = static_cast<std::size_t>(found.data() - text.data());
  return TextSpan{begin, begin + found.size()};
}

std::size_t TextPatterns::window_bytes() const { return compiled_->window_bytes; }

}  // namespace orchestrator::harness::codec
