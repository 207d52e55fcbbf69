// SPDX-License-Identifier: Apache-2.0
#pragma once

// Redacts one JSON text that comes in pieces, cut at any byte, so that it stays JSON: the arguments of a call as a
// model writes them. What is found are the finds of `Redactor::redact_json`; where nothing is, all stays as it was
// written; beside a find, an escape may be written as what it means. Values come out while they are written; names,
// numbers, and values of secret names when they end. From where a text is no JSON on, it is redacted as a text. It
// belongs to one stream and one thread; its time is linear.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/redaction/redactor.hpp"
#include "codec/redaction/stream_redactor.hpp"

namespace orchestrator::harness::codec {

class JsonStreamRedactor {
 public:
  /// REQUIRES: the redactor and the vault outlive it.
  explicit JsonStreamRedactor(const Redactor& redactor, SecretVault* vault = nullptr);

  /// Takes the next piece and returns what no later piece can change.
  [[nodiscard]] std::string append(std::string_view piece);
  /// The end of the text: returns the rest. Call it once, and nothing after.
  [[nodiscard]] std::string finish();
  /// How often each kind was found so far.
  [[nodiscard]] RedactionCounts counts() const;

 private:
  static constexpr std::size_t kBareBytesMax = 4'096;  // of a number or literal; longer is no JSON that anyone writes

  struct Level {
    bool is_object = false;
    bool secret = false;  // the name of the member that is read, or of the list, is one of a secret
    bool token_name = false;
  };
  enum class In : std::uint8_t { structure, name, value, text };

  void take(std::string_view piece, std::string& out);
  std::size_t take_structure(std::string_view text, std::string& out);
  std::size_t take_string(std::string_view text, std::string& out);
  bool take_escape(char c);
  void keep(std::string_view written, std::string_view content);
  void end_string(std::string& out);
  void end_content(std::string& out);
  void end_name(std::string& out);
  void stream_value(std::string& out, bool final);
  void end_bare(std::string& out);
  void become_text(std::string_view rest, std::string& out);
  void put_text(const RedactedText& redacted, std::string_view written, std::string_view content, std::string& out);
  void put_placeholder(std::string_view value, std::string& out);
  void count(const RedactionCounts& counts);
  [[nodiscard]] bool in_secret() const { return !levels_.empty() && levels_.back().secret; }

  const Redactor& redactor_;
  SecretVault* vault_;
  In in_ = In::structure;
  bool begun_ = false;
  bool expects_name_ = false;
  std::vector<Level> levels_;               // at most Redactor::kJsonDepthMax
  std::string bare_;                        // the number or literal under way
  std::string escape_;                      // the escape under way, as written
  std::string written_;                     // of the string under way, what has not gone out, as it was written
  std::string content_;                     // and what it means
  std::size_t fed_ = 0;                     // bytes of the value's content that its stream has taken
  std::size_t shown_ = 0;                   // and that have gone out
  std::unique_ptr<StreamRedactor> stream_;  // of the value, or of the text
  RedactionCounts counts_{};
};

}  // namespace orchestrator::harness::codec
