// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/stream_redactor.hpp"

#include "codec/redaction/compiled_policy.hpp"

namespace orchestrator::harness::codec {
namespace {

// The bytes of `text` without a character that is cut at its end.
std::size_t whole_characters(std::string_view text) {
  std::size_t at = text.size();
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const std::size_t size = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    if (size > back) at = text.size() - back;
    break;
  }
  return at;
}

}  // namespace

StreamRedactor::StreamRedactor(const Redactor& redactor, SecretVault* vault)
    : compiled_(redactor.compiled_.get()),
      vault_(compiled_->used(vault)),
      secrets_(compiled_->secrets),
      scanner_(compiled_->rules, vault_) {}

std::size_t StreamRedactor::held_bytes_max() const {
  return TextScanner::kWindow + TextScanner::kAheadBytes + compiled_->secrets.form_bytes_max();
}

RedactionCounts StreamRedactor::counts() const {
  RedactionCounts counts = scanner_.counts();
  counts[static_cast<std::size_t>(RedactionKind::secret)] += secret_count_;
  return counts;
}

std::string StreamRedactor::append(std::string_view piece) {
  taken_ += piece.size();
  if (compiled_->mode == RedactionMode::none || compiled_->mode == RedactionMode::metadata_only) {
    released_ = taken_;
    if (compiled_->mode == RedactionMode::none) return std::string(piece);
    if (piece.empty() || content_shown_) return {};
    content_shown_ = true;
    return std::string(kContentPlaceholder);
  }
  if (compiled_->secrets.empty()) {
    text_ += piece;
  } else {
    take_secrets(piece, false);
  }
  return read(false);
}

std::string StreamRedactor::finish() {
  if (compiled_->mode == RedactionMode::none || compiled_->mode == RedactionMode::metadata_only) return {};
  if (!compiled_->secrets.empty()) take_secrets({}, true);
  return read(true);
}

// Moves what is decided of the raw text to the scanner's, placeholders in the place of secrets.
void StreamRedactor::take_secrets(std::string_view piece, bool final) {
  raw_ += piece;
  std::vector<SecretFind> finds;
  secrets_.append(piece, finds);
  if (final) secrets_.finish(finds);
  const auto slice = [&](std::size_t begin, std::size_t end) {
    return std::string_view(raw_).substr(begin - raw_begin_, end - begin);
  };
  std::size_t at = raw_begin_;
  for (const SecretFind& find : finds) {
    text_ += slice(at, find.begin);
    text_ += placeholder_for(vault_, RedactionKind::secret, slice(find.begin, find.end));
    at = find.end;
    ++secret_count_;
  }
  const std::size_t decided = final ? raw_begin_ + raw_.size() : secrets_.decided();
  text_ += slice(at, decided);
  raw_.erase(0, decided - raw_begin_);
  raw_begin_ = decided;
}

std::string StreamRedactor::read(bool final) {
  std::string out;
  if (!compiled_->scans()) {
    out.append(text_, 0, final ? text_.size() : whole_characters(text_));
    text_.erase(0, out.size());
    released_ = taken_ - raw_.size() - text_.size();
    return out;
  }
  scanner_.read(text_, final, out);
  scanner_.clear_spans();
  released_ = taken_ - raw_.size() - scanner_.held(text_.size());
  if (text_.size() >= kKeptBytes) text_.erase(0, scanner_.forget());
  return out;
}

}  // namespace orchestrator::harness::codec
