// SPDX-License-Identifier: Apache-2.0
#pragma once

// An encoding's pattern, which cuts a text into pieces that are merged apart. Immutable once compiled and safe on any
// thread; a cursor is of one thread and must not outlive its pattern and its text.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;

namespace orchestrator::harness::tokens {

class PiecePattern final {
 public:
  /// Compiles a pattern of Perl's syntax over Unicode; `internal` with the place where it is not one.
  [[nodiscard]] static Result<PiecePattern> compile(const std::string& pattern);

 private:
  friend class PieceCursor;
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };
  explicit PiecePattern(pcre2_real_code_8* code) : code_(code) {}

  std::unique_ptr<pcre2_real_code_8, Free> code_;
};

class PieceCursor final {
 public:
  /// REQUIRES: `text` is valid UTF-8.
  PieceCursor(const PiecePattern& pattern, std::string_view text);

  /// The next piece, a view of the text; empty at its end. Pieces leave nothing out: a character that the pattern has
  /// no place for is a piece of its own.
  [[nodiscard]] std::string_view next();

 private:
  struct Free {
    void operator()(pcre2_real_match_context_8* context) const;
    void operator()(pcre2_real_match_data_8* data) const;
  };
  [[nodiscard]] std::size_t match_end() const;

  const PiecePattern& pattern_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::unique_ptr<pcre2_real_match_context_8, Free> context_;
  std::unique_ptr<pcre2_real_match_data_8, Free> data_;
};

}  // namespace orchestrator::harness::tokens
