// SPDX-License-Identifier: Apache-2.0
#include "journal/export_format.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "codec/media_source.hpp"
#include "event/json_slices.hpp"

namespace orchestrator::harness::journal {
namespace {

std::unexpected<Error> damaged(std::string what) { return fail(RuntimeErrorCode::journal_damaged, std::move(what)); }

void append_member(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(",\"").append(name).append("\":").append(std::to_string(value));
}
void append_member(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":\"").append(value).append("\"");
}
template <class Id>
void append_list(std::string& out, std::string_view name, const std::vector<Id>& ids) {
  out.append(",\"").append(name).append("\":[");
  for (const Id& id : ids) {
    if (&id != &ids.front()) out.push_back(',');
    out.append("\"").append(id.str()).append("\"");
  }
  out.push_back(']');
}

// The members of one line, which are read in the one order that they may have. The first failure stays.
class Members final {
 public:
  Members(std::string_view line, std::string_view what) : what_(what) {
    auto members = event::object_slices(line);
    if (members) {
      members_ = *std::move(members);
    } else {
      failure_ = std::string(what_) + " is no JSON object without white space";
    }
  }

  std::uint64_t number(std::string_view name, std::uint64_t max) {
    const std::string_view text = next(name);
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = !text.empty() && read.ec != std::errc::invalid_argument && (text == "0" || text[0] != '0');
    if (!is_number || read.ptr != text.data() + text.size()) {
      refuse(name, "is no whole number");
    } else if (read.ec != std::errc() || value > max) {
      refuse(name, "is above " + std::to_string(max));
      is_over_limit_ = true;
    }
    return value;
  }
  // What stands between the quotes. No text of these lines has anything to escape.
  std::string_view text(std::string_view name) {
    const std::string_view quoted = next(name);
    const auto inner = unquoted(quoted);
    if (!inner) refuse(name, "is no text");
    return inner.value_or(std::string_view());
  }
  template <class Id>
  Id id(std::string_view name) {
    const auto parsed = parse<Id>(text(name));
    if (!parsed) refuse(name, "does not read");
    return parsed.value_or(Id());
  }
  template <class Id>
  std::vector<Id> ids(std::string_view name, std::size_t count_max) {
    std::vector<Id> ids;
    const auto elements = event::array_slices(next(name));
    if (!elements) {
      refuse(name, "is no list");
      return ids;
    }
    if (elements->size() > count_max) {
      refuse(name, "has more than " + std::to_string(count_max) + " elements");
      is_over_limit_ = true;
      return ids;
    }
    for (const std::string_view element : *elements) {
      const auto inner = unquoted(element);
      const auto parsed = inner ? parse<Id>(*inner) : std::nullopt;
      if (!parsed) {
        refuse(name, "has an element that does not read");
        return ids;
      }
      ids.push_back(*parsed);
    }
    return ids;
  }
  // Nothing may follow.
  void end() {
    if (next_ < members_.size()) fail_with(std::string(what_) + " has more members than it may");
  }

  [[nodiscard]] bool has_failed() const { return failure_.has_value(); }
  [[nodiscard]] std::unexpected<Error> error() const {
    return fail(is_over_limit_ ? RuntimeErrorCode::limit_exceeded : RuntimeErrorCode::journal_damaged,
                failure_.value_or(std::string()));
  }

 private:
  // Ids and hashes have one spelling here.
  template <class Id>
  static std::optional<Id> parse(std::string_view text) {
    const auto id = Id::parse(text);
    return id && id->str() == text ? id : std::nullopt;
  }
  static std::optional<std::string_view> unquoted(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
    const std::string_view inner = text.substr(1, text.size() - 2);
    if (inner.find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
    return inner;
  }
  std::string_view next(std::string_view name) {
    if (next_ >= members_.size() || members_[next_].first != name) {
      fail_with(std::string(what_) + " has no '" + std::string(name) + "' in its place");
      return {};
    }
    return members_[next_++].second;
  }
  void refuse(std::string_view name, const std::string& why) {
    fail_with("'" + std::string(name) + "' of " + std::string(what_) + " " + why);
  }
  void fail_with(std::string why) {
    if (!failure_) failure_ = std::move(why);
  }

  std::string_view what_;
  std::vector<std::pair<std::string_view, std::string_view>> members_;
  std::size_t next_ = 0;
  std::optional<std::string> failure_;
  bool is_over_limit_ = false;
};

int value_of(char digit) {
  if (digit >= 'A' && digit <= 'Z') return digit - 'A';
  if (digit >= 'a' && digit <= 'z') return digit - 'a' + 26;
  if (digit >= '0' && digit <= '9') return digit - '0' + 52;
  return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

// RFC 4648 with padding; nothing for any other spelling.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t digits = text.size();
  while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : text.substr(0, digits)) {
    const int value = value_of(digit);
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count));
    bits &= (1U << count) - 1;
  }
  if (bits != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string to_line(const ExportHeader& header) {
  std::string out = "{\"format\":\"" + std::string(kExportFormat) + "\"";
  append_member(out, "version", kExportVersion);
  append_member(out, "run", header.run_id.str());
  append_member(out, "runs", header.runs);
  append_member(out, "content", header.is_erased ? std::string_view("erased") : std::string_view("whole"));
  out.push_back('}');
  return out;
}

std::string to_line(const ExportedRun& run) {
  std::string out = "{\"run\":\"" + run.run_id.str() + "\"";
  append_member(out, "session", run.session_id.str());
  append_member(out, "steps", run.steps);
  append_member(out, "events", run.events);
  append_member(out, "head", run.head.str());
  append_member(out, "contents", run.contents);
  append_list(out, "missing", run.missing);
  append_list(out, "sources", run.sources);
  out.push_back('}');
  return out;
}

std::string to_line(const ExportReceipt& receipt) {
  std::string out = "{\"lines\":" + std::to_string(receipt.lines);
  append_member(out, "head", receipt.head.str());
  append_member(out, "sha256", receipt.sha256.str());
  out.push_back('}');
  return out;
}

std::string to_line(const SharedBytes& content) {
  std::string out = "{\"hash\":\"" + content.hash().str() + "\"";
  append_member(out, "size_bytes", content.size_bytes());
  out += ",\"base64\":\"";
  codec::append_base64(out, content.view());
  out += "\"}";
  return out;
}

ExportLine kind_of(std::string_view line) {
  constexpr std::array kBeginnings{std::pair("{\"run\":", ExportLine::run), std::pair("{\"step\":", ExportLine::step),
                                   std::pair("{\"hash\":", ExportLine::content),
                                   std::pair("{\"lines\":", ExportLine::receipt)};
  for (const auto& [beginning, kind] : kBeginnings) {
    if (line.starts_with(beginning)) return kind;
  }
  return ExportLine::other;
}

Result<ExportHeader> parse_header(std::string_view line) {
  if (!line.starts_with("{\"format\":\"" + std::string(kExportFormat) + "\"")) {
    return fail(RuntimeErrorCode::not_a_journal, "it does not begin as an exported run does");
  }
  Members members(line, "the header");
  members.text("format");
  const std::uint64_t version = members.number("version", UINT64_MAX);
  if (!members.has_failed() && version > kExportVersion) {
    return fail(RuntimeErrorCode::version_too_new, "it has version " + std::to_string(version) +
                                                       "; this build reads up to " + std::to_string(kExportVersion));
  }
  if (!members.has_failed() && version == 0) return damaged("the header has version 0");
  ExportHeader header;
  header.run_id = members.id<RunId>("run");
  header.runs = members.number("runs", kExportRunsMax);
  const std::string_view content = members.text("content");
  members.end();
  if (members.has_failed()) return members.error();
  if (header.runs == 0) return damaged("the header says that there are no runs");
  if (content != "whole" && content != "erased") return damaged("'content' of the header is neither whole nor erased");
  header.is_erased = content == "erased";
  return header;
}

Result<ExportedRun> parse_run(std::string_view line) {
  Members members(line, "what stands before a run");
  ExportedRun run;
  run.run_id = members.id<RunId>("run");
  run.session_id = members.id<SessionId>("session");
  run.steps = members.number("steps", UINT32_MAX);
  run.events = members.number("events", UINT32_MAX);
  run.head = members.id<Hash>("head");
  run.contents = members.number("contents", kExportContentsMax);
  run.missing = members.ids<Hash>("missing", kExportContentsMax);
  run.sources = members.ids<RunId>("sources", kExportRunsMax);
  members.end();
  if (members.has_failed()) return members.error();
  if (run.steps == 0 || run.events < run.steps) return damaged("a run has no steps, or more steps than events");
  return run;
}

Result<ExportReceipt> parse_receipt(std::string_view line) {
  Members members(line, "the receipt");
  ExportReceipt receipt;
  receipt.lines = members.number("lines", UINT64_MAX);
  receipt.head = members.id<Hash>("head");
  receipt.sha256 = members.id<Hash>("sha256");
  members.end();
  if (members.has_failed()) return members.error();
  return receipt;
}

Result<SharedBytes> parse_content(std::string_view line) {
  Members members(line, "a content");
  const Hash hash = members.id<Hash>("hash");
  const std::uint64_t size_bytes = members.number("size_bytes", UINT64_MAX);
  const std::string_view text = members.text("base64");
  members.end();
  if (members.has_failed()) return members.error();
  auto bytes = decode_base64(text);
  if (!bytes) return damaged("the content " + hash.str() + " is not in base64");
  if (bytes->size() != size_bytes) {
    return damaged("the content " + hash.str() + " has " + std::to_string(bytes->size()) + " bytes, not " +
                   std::to_string(size_bytes));
  }
  SharedBytes content(*std::move(bytes));
  if (content.hash() != hash) return damaged("the content " + hash.str() + " is another one");
  return content;
}

}  // namespace orchestrator::harness::journal
