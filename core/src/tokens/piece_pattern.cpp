// SPDX-License-Identifier: Apache-2.0
#include "tokens/piece_pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace orchestrator::harness::tokens {
namespace {

// A pattern goes over each character a few times at most, whatever it backtracks; more is a pattern gone wild.
constexpr std::size_t kStepsPerByte = 32;
constexpr std::size_t kStepsMin = 10'000;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::uint32_t steps_for(std::size_t bytes) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(bytes > kMost / kStepsPerByte ? kMost : std::max(bytes * kStepsPerByte, kStepsMin));
}

std::size_t character_end(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

}  // namespace

void PiecePattern::Free::operator()(pcre2_real_code_8* code) const { pcre2_code_free(code); }
void PieceCursor::Free::operator()(pcre2_real_match_context_8* context) const { pcre2_match_context_free(context); }
void PieceCursor::Free::operator()(pcre2_real_match_data_8* data) const { pcre2_match_data_free(data); }

Result<PiecePattern> PiecePattern::compile(const std::string& pattern) {
  constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C;
  int error = 0;
  std::size_t place = 0;
  pcre2_code* code = pcre2_compile(bytes_of(pattern), pattern.size(), kOptions, &error, &place, nullptr);
  if (code == nullptr) {
    std::array<unsigned char, 256> words{};
    pcre2_get_error_message(error, words.data(), words.size());
    return fail(
        RuntimeErrorCode::internal,
        std::string("the pattern of an encoding does not compile: ") + reinterpret_cast<const char*>(words.data()),
        "pattern:" + std::to_string(place));
  }
  // Where there is no JIT for this machine the same is interpreted.
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return PiecePattern(code);
}

PieceCursor::PieceCursor(const PiecePattern& pattern, std::string_view text)
    : pattern_(pattern),
      text_(text),
      context_(pcre2_match_context_create(nullptr)),
      data_(pcre2_match_data_create(1, nullptr)) {
  if (context_) pcre2_set_match_limit(context_.get(), steps_for(text.size()));
}

std::string_view PieceCursor::next() {
  if (at_ == text_.size()) return {};
  const std::size_t start = at_;
  at_ = match_end();
  return text_.substr(start, at_ - start);
}

// Where the piece at `at_` ends. A failure (the limit of steps, no memory) cuts behind one character: a number that is
// too large at worst, and for the encodings' own patterns none is known.
std::size_t PieceCursor::match_end() const {
  const auto end_with = [this](std::uint32_t options) -> std::size_t {
    const int found = pcre2_match(pattern_.code_.get(), bytes_of(text_), text_.size(), at_,
                                  PCRE2_NO_UTF_CHECK | options, data_.get(), context_.get());
    return found > 0 ? pcre2_get_ovector_pointer(data_.get())[1] : 0;
  };
  if (!data_) return character_end(text_, at_);
  // Compiled code has a small stack of its own; the interpreter takes memory as it needs.
  std::size_t end = end_with(0);
  if (end <= at_) end = end_with(PCRE2_NO_JIT);
  return end > at_ ? end : character_end(text_, at_);
}

}  // namespace orchestrator::harness::tokens
