// SPDX-License-Identifier: Apache-2.0
// Words, numbers and marks; values that names promise are in text_scanner_values.cpp.
#include "codec/redaction/text_scanner.hpp"

#include <algorithm>

#include "codec/redaction/account_number.hpp"
#include "codec/redaction/byte_class.hpp"
#include "codec/redaction/placeholder.hpp"
#include "codec/redaction/random_token.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kJoinedBytesMax = 128;
constexpr std::size_t kVendorBytesMin = 16;
constexpr std::size_t kNumberDigitsMin = 7;
constexpr std::size_t kPublicBlockBytesMax = 16 << 10;
constexpr std::string_view kBegin = "-----BEGIN";
constexpr std::string_view kEnd = "-----END";

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace

void TextScanner::read(std::string_view text, bool final, std::string& out) {
  text_ = text;
  end_ = text.size();
  final_ = final;
  out_ = &out;
  while (at_ < end_ && step()) {
  }
  out.append(slice(copied_, std::max(copied_, at_)));
  copied_ = std::max(copied_, at_);
  text_ = {};
  out_ = nullptr;
}

std::size_t TextScanner::forget() {
  const std::size_t bytes = at_ > kLookBehind ? at_ - kLookBehind : 0;
  if (bytes == 0) return 0;
  const auto shift = [&](std::size_t& position) { position -= std::min(position, bytes); };
  if (floor_ < bytes) floor_is_start_ = false;
  for (std::size_t* position : {&at_, &copied_, &floor_, &scan_, &word_.begin, &word_.end, &earlier_word_.begin,
                                &earlier_word_.end, &public_until_}) {
    shift(*position);
  }
  forgotten_ += bytes;
  return bytes;
}

bool TextScanner::step() {
  ++steps_;
  switch (mode_) {
    case Mode::text:
      return step_text();
    case Mode::gap:
      return step_gap();
    case Mode::value:
      return step_value();
    case Mode::authority:
      return step_authority();
    case Mode::swallow:
      return step_swallow();
  }
  return false;
}

// Goes on in text at `at`.
void TextScanner::leave(std::size_t at) {
  mode_ = Mode::text;
  at_ = at;
  scan_ = at;
}

// A placeholder that is there already is as if it had been put there: nothing looks back beyond.
void TextScanner::pass_placeholder(std::size_t size) {
  leave(at_ + size);
  floor_ = at_;
  floor_is_start_ = false;
  word_ = earlier_word_ = {.begin = at_, .end = at_};
}

void TextScanner::emit(std::size_t begin, std::size_t end, RedactionKind kind, bool goes_on) {
  out_->append(slice(copied_, begin));
  copied_ = end;
  floor_ = end;
  floor_is_start_ = false;
  word_ = earlier_word_ = {.begin = end, .end = end};
  std::string placeholder;
  if (vault_ != nullptr) {
    placeholder = vault_->placeholder_for(kind, slice(begin, end));
    if (!is_placeholder(placeholder)) placeholder.clear();
  }
  if (goes_on && placeholder.empty() && !spans_.empty()) {
    spans_.back().end = forgotten_ + end;
    return;
  }
  if (!goes_on || !placeholder.empty()) out_->append(placeholder.empty() ? placeholder_of(kind) : placeholder);
  if (goes_on && placeholder.empty()) return;
  spans_.push_back({.begin = forgotten_ + begin, .end = forgotten_ + end, .kind = kind});
  ++counts_[static_cast<std::size_t>(kind)];
}

bool TextScanner::step_text() {
  while (at_ < end_) {
    const std::uint8_t byte_class = class_of(text_[at_]);
    if (byte_class == 0) {
      ++at_;
    } else if (byte_class == kLetterClass && scan_ <= at_) {
      // Nearly all words of most texts are letters alone, and end soon.
      std::size_t at = at_ + 1;
      const std::size_t stop = std::min(end_, at_ + kWindow);
      while (at < stop && class_of(text_[at]) == kLetterClass) ++at;
      if (at == stop || (class_of(text_[at]) & kWordClasses) != 0) return step_word();
      end_word(at);
      if (mode_ != Mode::text) return true;
    } else if ((byte_class & kWordClasses) != 0) {
      return step_word();
    } else {
      return step_mark();
    }
  }
  return true;
}

// What may begin something else than a word.
bool TextScanner::step_mark() {
  const char mark = text_[at_];
  const std::string_view rest = slice(at_, end_);
  if ((class_of(mark) & kLeadClass) != 0) {
    const std::size_t size = character_size(rest);
    if (size > rest.size() && !final_) return false;
    leave(at_ + std::min(size, rest.size()));
    return true;
  }
  if (mark == '[') {
    const PlaceholderFront front = placeholder_front(rest);
    if (front.open && !final_) return false;
    if (front.size > 0) {
      pass_placeholder(front.size);
    } else {
      leave(at_ + 1);
    }
    return true;
  }
  if (mark == '(' && !rules_->detectors.phone) {
    leave(at_ + 1);
    return true;
  }
  if (rest.size() == 1 && !final_ && mark != '=' && mark != '>') return false;
  if (mark == '(') {
    if (rest.size() > 1 && is_digit(rest[1])) return step_word();
    leave(at_ + 1);
    return true;
  }
  if (mark == ':' && rest.size() == 2 && rest[1] == '/' && !final_) return false;
  if (mark == ':' && rest.starts_with("://")) {
    leave(at_ + 3);
    mode_ = Mode::authority;
    return true;
  }
  const Name name = name_before(at_);
  const std::size_t separator = at_;
  leave(at_ + 1);
  if (rules_->detectors.name && name.end > name.begin) begin_gap(name, separator);
  return true;
}

// The word at `at_`. False where its end has not come yet.
bool TextScanner::read_word(Unit& unit) {
  if (scan_ <= at_) {
    scan_ = at_ + (text_[at_] == '(' ? 1 : 0);
    word_read_ = {};
  }
  const std::size_t stop = std::min(end_, at_ + kWindow);
  std::size_t at = scan_;
  while (at < stop && (class_of(text_[at]) & kWordClasses) != 0) {
    word_read_.classes |= class_of(text_[at]);
    word_read_.digits += is_digit(text_[at]) ? 1U : 0U;
    ++at;
  }
  scan_ = at;
  if (at == end_ && !final_) return false;
  unit = word_read_;
  unit.end = at;
  unit.cut = at < end_ && (class_of(text_[at]) & kWordClasses) != 0;
  unit.half = kWindow / 2;
  return true;
}

// Takes the next group of digits (or of an IBAN) that blanks or brackets part from the unit, where there is one.
TextScanner::Group TextScanner::join_group(Unit& unit) const {
  const bool number = is_digit(text_[unit.end - 1]);
  const bool iban = (unit.end - at_) % 5 == 4 && begins_iban(slice(at_, unit.end));
  if (!number && !iban) return Group::none;
  const auto parts = [](char c) { return c == ' ' || c == '(' || c == ')'; };
  std::size_t next = unit.end;
  while (next < end_ && next - unit.end < 2 && parts(text_[next])) ++next;
  if (next == end_) return final_ ? Group::none : Group::open;
  if (next == unit.end) return Group::none;
  const bool iban_group = iban && next == unit.end + 1 && text_[unit.end] == ' ' && is_upper_or_digit(text_[next]);
  if (!(number && is_digit(text_[next])) && !iban_group) return Group::none;
  std::size_t at = next;
  const std::size_t stop = std::min(end_, next + kJoinedBytesMax);
  while (at < stop && (class_of(text_[at]) & kWordClasses) != 0) ++at;
  if (at == end_ && !final_) return Group::open;
  const std::size_t unit_end = unit.end;
  const bool is_long = at == stop && at < end_ && (class_of(text_[at]) & kWordClasses) != 0;
  if (is_long) {
    // Its front alone takes part, as it would if the rest of it were taken out.
    at = next + kJoinedBytesMax / 2;
    unit.cut = true;
    unit.half = unit_end - at_;
  }
  for (const char c : slice(unit_end, at)) {
    unit.classes |= static_cast<std::uint8_t>(class_of(c) & kWordClasses);
    unit.digits += is_digit(c) ? 1U : 0U;
  }
  unit.end = at;
  return is_long ? Group::none : Group::joined;
}

// Joins numbers that are written in groups to one unit. False where more text has to come first.
bool TextScanner::join_numbers(Unit& unit) {
  if (unit.cut) return true;
  const std::size_t word_end = unit.end;
  while (unit.end - at_ < kJoinedBytesMax) {
    const Group group = join_group(unit);
    if (group == Group::open) return false;
    if (group == Group::none) break;
  }
  if (unit.cut || unit.end == word_end || unit.end - at_ < kJoinedBytesMax) return true;
  unit.cut = true;
  unit.half = kJoinedBytesMax / 2;
  while (at_ + unit.half < unit.end && (class_of(text_[at_ + unit.half]) & kWordClasses) != 0) ++unit.half;
  return true;
}

bool TextScanner::step_word() {
  Unit unit;
  if (!read_word(unit)) return false;
  if ((unit.classes & ~kLetterClass) == 0 && !unit.cut) {
    end_word(unit.end);
    return true;
  }
  bool begun = false;
  if (!begin_key_block(unit.end, begun)) return false;
  if (begun) return true;
  const std::size_t word_end = unit.end;
  const RedactionDetectors& on = rules_->detectors;
  if ((on.card || on.iban || on.phone) && !join_numbers(unit)) return false;
  searched_ += unit.end - at_;
  if (const auto found = find(unit); found && !(unit.cut && found->begin >= unit.half)) return replace(unit, *found);
  if (!unit.cut) {
    end_word(unit.end == word_end ? word_end : unit.end);
  } else {
    leave(at_ + unit.half);
  }
  return true;
}

std::optional<TextFind> TextScanner::find_bot_token(std::string_view text) const {
  // Telegram: the number of the bot, a colon, 35 characters.
  constexpr std::size_t kBytes = 35;
  const std::string_view before = behind(at_, 6);
  if (text.size() < kBytes || !text.starts_with("AA") || !before.ends_with(':')) return std::nullopt;
  if (!std::ranges::all_of(before.substr(0, before.size() - 1), is_digit) || before.size() < 6) return std::nullopt;
  const auto fits = [](char c) { return is_alnum(c) || c == '_' || c == '-'; };
  if (!std::ranges::all_of(text.substr(0, kBytes), fits)) return std::nullopt;
  if (text.size() > kBytes && fits(text[kBytes])) return std::nullopt;
  return TextFind{.begin = 0, .end = kBytes, .kind = RedactionKind::vendor_key};
}

std::optional<TextFind> TextScanner::find(const Unit& unit) const {
  const RedactionDetectors& on = rules_->detectors;
  const std::string_view text = slice(at_, unit.end);
  const std::string_view before = behind(at_, 16);
  const bool inside = !before.empty() && is_alnum(before.back());
  std::optional<TextFind> found;
  if (on.vendor_key && text.size() >= kVendorBytesMin) {
    found = first_of(rules_->patterns.find_vendor_key(text, inside), find_bot_token(text));
  }
  if (on.email && (unit.classes & kAtClass) != 0 && !before.ends_with("//")) found = first_of(found, find_email(text));
  if (unit.digits >= kNumberDigitsMin && !inside) {
    if (on.card) found = first_of(found, find_card(text));
    if (on.iban) found = first_of(found, find_iban(text));
    if (on.phone) found = first_of(found, rules_->patterns.find_phone(text));
  }
  if (on.entropy && text.size() >= kRandomBytesMin && unit.digits >= 2 && at_ >= public_until_) {
    found = first_of(found, find_random(text, before));
  }
  return found;
}

// Puts a placeholder in the place of a find in the unit at `at_`, after what comes before it has been read by itself.
bool TextScanner::replace(const Unit& unit, TextFind find) {
  std::size_t end = at_ + find.end;
  const bool is_token = find.kind == RedactionKind::vendor_key || find.kind == RedactionKind::entropy;
  if (is_token && end == unit.end && !unit.cut) {
    while (end < end_ && end - unit.end < 2 && text_[end] == '=') ++end;  // the padding of base64
    if (end == end_ && end - unit.end < 2 && !final_) return false;
  }
  const std::size_t begin = at_ + find.begin;
  const bool open = is_token && unit.cut && end == unit.end;
  if (begin > at_) read_closed(begin);
  at_ = begin;
  if (open) {
    begin_swallow(Body::token, find.kind, end);
    return true;
  }
  emit(begin, end, find.kind);
  leave(end);
  return true;
}

// Reads up to `stop` as if a placeholder followed there.
void TextScanner::read_closed(std::size_t stop) {
  const std::size_t end = end_;
  const bool final = final_;
  end_ = stop;
  final_ = true;
  scan_ = at_;
  while (at_ < end_ && step()) {
  }
  end_ = end;
  final_ = final;
  leave(stop);
}

// A word that stays; it may be the name of a value that follows after a blank.
void TextScanner::end_word(std::size_t end) {
  earlier_word_ = word_;
  word_ = {.begin = at_, .end = end};
  leave(end);
  if (end == end_ || text_[end] != ' ' || !rules_->detectors.name) return;
  const std::string_view word = slice(word_.begin, end);
  if (word.size() != 2 && word.size() != 6 && word[0] != '-') return;
  Gap gap;
  if (word.size() == 6 && equals_ignoring_case(word, "bearer")) {
    gap.form = ValueForm::bearer;
  } else if (word.size() > 4 && word.starts_with("--") && rules_->names.is_secret(word.substr(2))) {
    gap.form = ValueForm::flag;
  } else if (word == "is" && earlier_word_.end + 1 == word_.begin && earlier_word_.begin >= floor_) {
    const std::string_view name = slice(earlier_word_.begin, earlier_word_.end);
    const bool key = equals_ignoring_case(name, "key") && behind(earlier_word_.begin, 4) == "API ";
    if (!key && !rules_->names.is_secret(name)) return;
    gap.form = ValueForm::prose;
  } else {
    return;
  }
  gap_ = gap;
  mode_ = Mode::gap;
}

// At the end of a word `-----BEGIN`: the rest of the line says what the block holds.
bool TextScanner::begin_key_block(std::size_t word_end, bool& begun) {
  const std::string_view word = slice(at_, word_end);
  if (word.ends_with(kEnd)) public_until_ = 0;
  if (!rules_->detectors.vendor_key || !word.ends_with(kBegin)) return true;
  constexpr std::size_t kLabelBytesMax = 64;
  constexpr std::string_view kDashes = "-----";
  const std::string_view rest = slice(word_end, std::min(end_, word_end + kLabelBytesMax));
  const auto fits = [](char c) { return is_upper_or_digit(c) || c == ' '; };
  const auto stop = static_cast<std::size_t>(std::ranges::find_if_not(rest, fits) - rest.begin());
  const std::string_view label = rest.substr(0, stop);
  const std::string_view after = rest.substr(stop);
  // The dashes and one byte more.
  if (rest.size() < kLabelBytesMax && !final_ && after.size() <= kDashes.size() &&
      kDashes.starts_with(after.substr(0, kDashes.size()))) {
    return false;
  }
  if (!after.starts_with(kDashes)) return true;
  if (!label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK")) {
    // Nothing of such a line is ever taken out, so that a second pass finds it again.
    const bool plain = std::ranges::none_of(label, is_digit) && !label.empty();
    const bool whole = after.size() == kDashes.size() || (class_of(after[kDashes.size()]) & kWordClasses) == 0;
    if (plain && whole) public_until_ = word_end + kPublicBlockBytesMax;
    return true;
  }
  begun = true;
  const std::size_t begin = word_end - kBegin.size();
  if (begin > at_) read_closed(begin);
  at_ = begin;
  begin_swallow(Body::key_block, RedactionKind::vendor_key, word_end + stop + 5);
  return true;
}

// The bytes before `at`, at most so many, that have come out.
std::string_view TextScanner::behind(std::size_t at, std::size_t bytes) const {
  const std::size_t begin = std::max(floor_, at - std::min(at, bytes));
  return slice(std::min(begin, at), at);
}

}  // namespace orchestrator::harness::codec
