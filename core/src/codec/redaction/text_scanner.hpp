// SPDX-License-Identifier: Apache-2.0
#pragma once

// The transducer behind every redaction of text: it reads a text from left to right and decides piece by piece what
// stays. A whole text goes through it in one call, a stream in many, and each decision waits until no later byte can
// change it; so the result does not depend on the cuts. Decisions look back at what has come out, never at what was
// taken out, so that a second pass changes nothing more. A scanner belongs to one stream and one thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/redaction/secret_names.hpp"
#include "codec/redaction/secret_value.hpp"
#include "codec/redaction/secret_vault.hpp"
#include "codec/redaction/text_find.hpp"
#include "codec/redaction/token_patterns.hpp"
#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness::codec {

/// What a scanner looks for, besides configured secrets. Immutable, safe on any thread.
struct TextRules {
  RedactionDetectors detectors;
  SecretNames names;
  TokenPatterns patterns;
};

/// A replaced stretch, in bytes of the text that was read. In JSON: the whole string or number that it lies in.
struct RedactedSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  RedactionKind kind = RedactionKind::secret;
  bool operator==(const RedactedSpan&) const = default;
};

class TextScanner {
 public:
  /// Bytes that one decision looks at, and so the most that is held back, but for `kAheadBytes`.
  static constexpr std::size_t kWindow = 4'096;
  static constexpr std::size_t kAheadBytes = 128;
  /// Bytes that a decision looks back at.
  static constexpr std::size_t kLookBehind = 256;
  /// A private key block ends after so many bytes, whatever follows.
  static constexpr std::size_t kKeyBlockBytesMax = 64 << 10;

  /// REQUIRES: both outlive the scanner. Without a vault placeholders have no numbers.
  TextScanner(const TextRules& rules, SecretVault* vault) : rules_(&rules), vault_(vault) {}

  /// Reads on in `text`, which begins where it began in the last call less what `forget` took away, and is longer by
  /// the bytes that are new. Appends to `out` what is decided. `final`: nothing follows.
  void read(std::string_view text, bool final, std::string& out);
  /// How many bytes at the front of the text no later call needs; the caller cuts them off.
  [[nodiscard]] std::size_t forget();

  /// Bytes of a text of `text_bytes` that are not decided yet.
  [[nodiscard]] std::size_t held(std::size_t text_bytes) const { return text_bytes - at_; }

  /// What was replaced so far, in order, in bytes since the beginning of the stream.
  [[nodiscard]] const std::vector<RedactedSpan>& spans() const { return spans_; }
  /// Forgets the spans, for a stream without end.
  void clear_spans() { spans_.clear(); }
  /// The work so far: decisions taken up, and bytes that patterns ran over. Whatever the text and its cuts, less than
  /// `kWorkPerByte` for each byte read and each call. Not counted: the up to 1,024 bytes that are looked through behind
  /// a secret name, once.
  [[nodiscard]] std::size_t work() const { return steps_ + searched_; }
  static constexpr std::size_t kWorkPerByte = 6;
  /// How often each kind was replaced so far.
  [[nodiscard]] const std::array<std::size_t, kRedactionKinds>& counts() const { return counts_; }

 private:
  enum class Mode : std::uint8_t { text, gap, value, authority, swallow };
  enum class Group : std::uint8_t { none, open, joined };
  enum class BlockEnd : std::uint8_t { none, open, closed };
  enum class Body : std::uint8_t { token, value, key_block };

  /// What is known of a word, or of words that numbers join.
  struct Unit {
    std::size_t end = 0;
    std::uint8_t classes = 0;
    std::size_t digits = 0;
    bool cut = false;      // it goes on behind `end`
    std::size_t half = 0;  // of a cut unit: finds that begin before are certain
  };
  struct Name {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// The value that a name promises.
  struct Gap {
    ValueForm form = ValueForm::quoted;
    char quote = '\0';
    char closing = '\0';   // a quote that begins no value
    bool escaped = false;  // the quote stands behind a backslash
    bool line_start = false;
    bool upper_name = false;
    bool token_name = false;
    bool doubled = false;  // `:=`, `=>`, `==`
    std::size_t blanks = 0;
  };

  // Each returns false where more text has to come first.
  bool step();
  bool step_text();
  bool step_mark();
  bool step_word();
  bool step_gap();
  bool step_value();
  bool step_authority();
  bool step_swallow();

  bool read_word(Unit& unit);
  bool join_numbers(Unit& unit);
  Group join_group(Unit& unit) const;
  bool begin_quoted();
  bool begin_key_block(std::size_t word_end, bool& begun);
  bool replace(const Unit& unit, TextFind find);
  void read_closed(std::size_t stop);
  void end_word(std::size_t end);
  void begin_gap(const Name& name, std::size_t separator);
  void leave(std::size_t at);
  void pass_placeholder(std::size_t size);
  void emit(std::size_t begin, std::size_t end, RedactionKind kind, bool goes_on = false);
  [[nodiscard]] std::size_t value_end(std::size_t stop);
  void begin_swallow(Body body, RedactionKind kind, std::size_t scan);

  [[nodiscard]] std::optional<TextFind> find(const Unit& unit) const;
  [[nodiscard]] std::optional<TextFind> find_bot_token(std::string_view text) const;
  [[nodiscard]] std::string_view behind(std::size_t at, std::size_t bytes) const;
  [[nodiscard]] Name name_before(std::size_t separator) const;
  [[nodiscard]] bool starts_line(std::size_t at) const;
  [[nodiscard]] std::size_t key_block_end(std::size_t from, std::size_t stop, BlockEnd& found) const;
  [[nodiscard]] std::size_t scheme_size(std::size_t end) const;
  [[nodiscard]] bool line_ends(std::size_t at, bool& open) const;
  [[nodiscard]] std::string_view slice(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin);
  }

  const TextRules* rules_;
  SecretVault* vault_;
  std::vector<RedactedSpan> spans_;
  std::array<std::size_t, kRedactionKinds> counts_{};

  // Of the call that runs.
  std::string_view text_;
  std::size_t end_ = 0;
  bool final_ = false;
  std::string* out_ = nullptr;

  // Positions in the text.
  std::size_t at_ = 0;            // what comes before is decided
  std::size_t copied_ = 0;        // what comes before is in `out`
  std::size_t floor_ = 0;         // nothing looks back beyond: the last placeholder, or the beginning
  std::size_t scan_ = 0;          // up to here the end of what begins at `at_` has been looked for
  Name word_;                     // the last word
  Name earlier_word_;             // the one before
  std::size_t public_until_ = 0;  // up to here runs a block of a certificate or a public key
  std::size_t forgotten_ = 0;     // bytes of the stream before the text
  bool floor_is_start_ = true;

  std::size_t steps_ = 0;
  std::size_t searched_ = 0;

  Mode mode_ = Mode::text;
  Gap gap_;
  Body body_ = Body::token;
  RedactionKind body_kind_ = RedactionKind::name;
  bool body_goes_on_ = false;
  std::size_t body_bytes_ = 0;
  Unit word_read_;  // of the word that begins at `at_`, up to `scan_`
};

}  // namespace orchestrator::harness::codec
