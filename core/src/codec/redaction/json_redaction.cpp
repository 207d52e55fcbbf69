// SPDX-License-Identifier: Apache-2.0
// Redaction inside JSON: the text is checked by a parser, then walked token by token, so that what is not replaced
// stays as it was written.
#include <boost/json/parse.hpp>

#include <algorithm>
#include <optional>

#include "codec/flat_json.hpp"
#include "codec/json_value_count.hpp"
#include "codec/lone_surrogates.hpp"
#include "codec/redaction/compiled_policy.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kValuesMax = 1UL << 19;
constexpr std::size_t kIndexDigits =
    5;  // a number this short under a name that ends with `token` is the number of a token

std::optional<std::string> fault_of(std::string_view text) {
  if (has_more_values(text, kValuesMax)) return "more than 524,288 values";
  boost::json::parse_options options;
  options.max_depth = Redactor::kJsonDepthMax;
  boost::json::error_code code;
  boost::json::monotonic_resource memory;
  (void)boost::json::parse(boost::json::string_view(text.data(), text.size()), code, &memory, options);
  if (!code) return std::nullopt;
  if (code == boost::json::error::too_deep) return "nesting deeper than 128";
  return code.message();
}

/// Walks a text that the parser took.
class JsonWalk {
 public:
  JsonWalk(const Redactor& redactor, const TextRules& rules, SecretVault* vault, std::string_view text)
      : redactor_(redactor), rules_(rules), vault_(vault), text_(text) {}

  RedactedText run() {
    while (at_ < text_.size()) step();
    result_.text += text_.substr(copied_);
    return std::move(result_);
  }

 private:
  struct Level {
    bool is_object = false;
    bool secret = false;  // the name of the member that is read, or of the list, is one of a secret
    bool token_name = false;
  };

  [[nodiscard]] bool secret() const { return !levels_.empty() && levels_.back().secret; }

  void step() {
    const char c = text_[at_];
    switch (c) {
      case '{':
      case '[':
        levels_.push_back({.is_object = c == '{', .secret = c == '[' && secret(), .token_name = false});
        expects_name_ = c == '{';
        ++at_;
        return;
      case '}':
      case ']':
        levels_.pop_back();
        ++at_;
        return;
      case ',':
        expects_name_ = !levels_.empty() && levels_.back().is_object;
        ++at_;
        return;
      case '"':
        return take_string();
      default:
        if (c == '-' || (c >= '0' && c <= '9')) return take_number();
        ++at_;
    }
  }

  void take_string() {
    const std::size_t begin = at_++;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    const std::string_view written = text_.substr(begin + 1, at_ - begin - 2);
    std::string content;
    append_unescaped(content, written);
    if (expects_name_) {
      expects_name_ = false;
      if (redactor_.mode() == RedactionMode::metadata_only) return;
      take_inside(content, begin);
      // Placeholders are named like secrets.
      const bool named = rules_.detectors.name && !has_placeholder(content) && rules_.names.is_secret(content);
      levels_.back().secret = named;
      levels_.back().token_name = named && plain_name(content).ends_with("token");
      return;
    }
    if (replace_content(content, begin)) {
      return;
    } else if (secret() && hides(content)) {
      return put(placeholder_for(vault_, RedactionKind::name, content), begin, RedactionKind::name);
    }
    take_inside(content, begin);
  }

  // Redacts inside a string, which becomes what is left of it.
  void take_inside(std::string& content, std::size_t begin) {
    RedactedText inner = redactor_.redact(content, vault_);
    if (inner.text == content) return;
    for (const RedactedSpan& span : inner.spans)
      result_.spans.push_back({.begin = begin, .end = at_, .kind = span.kind});
    for (std::size_t kind = 0; kind < kRedactionKinds; ++kind) result_.counts[kind] += inner.counts[kind];
    content = std::move(inner.text);
    write(content, begin);
  }

  void take_number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+' || text_[at_] == '.' || text_[at_] == 'e' ||
                                  text_[at_] == 'E' || (text_[at_] >= '0' && text_[at_] <= '9'))) {
      ++at_;
    }
    const std::string_view number = text_.substr(begin, at_ - begin);
    if (replace_content(number, begin)) return;
    if (secret() && !(levels_.back().token_name && number.size() <= kIndexDigits)) {
      return put(placeholder_for(vault_, RedactionKind::name, number), begin, RedactionKind::name);
    }
    // A number may be that of a card, or a configured secret.
    const RedactedText inner = redactor_.redact(number, vault_);
    if (inner.text != number) put(inner.text, begin, inner.spans.empty() ? RedactionKind::secret : inner.spans[0].kind);
  }

  // Under `metadata_only` alone.
  bool replace_content(std::string_view content, std::size_t begin) {
    if (redactor_.mode() != RedactionMode::metadata_only) return false;
    if (!content.empty()) write(kContentPlaceholder, begin);
    return true;
  }

  [[nodiscard]] bool hides(std::string_view content) const {
    const SecretValue value{.text = content, .form = ValueForm::quoted, .token_name = levels_.back().token_name};
    return !has_placeholder(content) && is_secret_value(value, rules_.names);
  }

  void put(std::string_view placeholder, std::size_t begin, RedactionKind kind) {
    result_.spans.push_back({.begin = begin, .end = at_, .kind = kind});
    ++result_.counts[static_cast<std::size_t>(kind)];
    write(placeholder, begin);
  }

  void write(std::string_view content, std::size_t begin) {
    result_.text += text_.substr(copied_, begin - copied_);
    event::append_json_string(result_.text, content);
    copied_ = at_;
  }

  const Redactor& redactor_;
  const TextRules& rules_;
  SecretVault* vault_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;
  bool expects_name_ = false;
  std::vector<Level> levels_;  // at most kJsonDepthMax
  RedactedText result_;
};

}  // namespace

Result<RedactedText> Redactor::redact_json(std::string_view json, SecretVault* vault) const {
  if (compiled_->mode == RedactionMode::none) return RedactedText{.text = std::string(json), .counts = {}, .spans = {}};
  std::string mended;
  auto fault = fault_of(json);
  if (fault && json.find("\\u") != std::string_view::npos && event::is_valid_utf8(json)) {
    mended = rewrite_lone_surrogates(json, LoneSurrogates::replace);
    fault = fault_of(mended);
    json = mended;
  }
  if (fault) {
    return fail(RuntimeErrorCode::invalid_argument, "the text to redact is not JSON that can be read: " + *fault,
                "redact_json");
  }
  return JsonWalk(*this, compiled_->rules, compiled_->used(vault), json).run();
}

}  // namespace orchestrator::harness::codec
