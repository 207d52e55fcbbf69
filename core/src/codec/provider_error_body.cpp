// SPDX-License-Identifier: Apache-2.0
#include "codec/provider_error_body.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "codec/json_document.hpp"
#include "codec/key_redaction.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

constexpr std::size_t kBodyBytesMax = 1 << 20;
constexpr std::uint32_t kJsonDepthMax = 64;
constexpr unsigned kNestingMax = 3;  // error inside detail inside a list, and the like
constexpr std::size_t kReasonsMax = 16;

std::string word(std::string_view text) { return quote_provider_text(text, {.bytes_max = 200}); }
std::string sentence(std::string_view text) {
  return quote_provider_text(text, {.bytes_max = 2'000, .keep_lines = true});
}

// A string or a whole number as text; empty for everything else.
std::string scalar_text(const json::value* value) {
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return std::string(*text);
  if (const auto* number = value->if_int64()) return std::to_string(*number);
  if (const auto* large = value->if_uint64()) return std::to_string(*large);
  return {};
}

void set_if_empty(std::string& field, std::string text) {
  if (field.empty()) field = std::move(text);
}

void add_reason(ProviderErrorBody& out, std::string_view reason) {
  if (!reason.empty() && out.reasons.size() < kReasonsMax) out.reasons.push_back(word(reason));
}

// Google's `details` list: reasons, quota ids, and how long to wait.
void read_google_details(const json::array& details, ProviderErrorBody& out) {
  for (const auto& entry : details) {
    const auto* detail = entry.if_object();
    if (detail == nullptr) continue;
    add_reason(out, string_or(*detail, "reason"));
    set_if_empty(out.retry_delay, word(string_or(*detail, "retryDelay")));
    const auto* violations = find_array(*detail, "violations");
    if (violations == nullptr) continue;
    for (const auto& violation : *violations) {
      if (const auto* object = violation.if_object()) add_reason(out, string_or(*object, "quotaId"));
    }
  }
}

// FastAPI's validation errors: `[{"loc":["body","model"],"msg":"field required"}]`.
std::string validation_text(const json::array& list) {
  std::string text;
  for (const auto& entry : list) {
    const auto* object = entry.if_object();
    if (object == nullptr) continue;
    const std::string_view message = string_or(*object, "msg");
    if (message.empty() || text.size() > 2'000) continue;
    std::string place;
    if (const auto* loc = find_array(*object, "loc")) {
      for (const auto& step : *loc) place.append(place.empty() ? "" : ".").append(scalar_text(&step));
    }
    text.append(text.empty() ? "" : "; ").append(place).append(place.empty() ? "" : ": ").append(message);
  }
  return text;
}

void read_object(const json::object& object, ProviderErrorBody& out, unsigned nesting);

// A value that may be the whole error: text, an object, or a list of either.
void read_any(const json::value& value, ProviderErrorBody& out, unsigned nesting) {
  if (const auto* text = value.if_string()) {
    set_if_empty(out.message, sentence(*text));
  } else if (const auto* object = value.if_object(); object != nullptr && nesting > 0) {
    read_object(*object, out, nesting - 1);
  } else if (const auto* list = value.if_array(); list != nullptr && !list->empty()) {
    const auto* first = list->front().if_object();
    if (first != nullptr && (first->contains("msg") || first->contains("loc"))) {
      set_if_empty(out.message, sentence(validation_text(*list)));
    } else if (nesting > 0) {
      read_any(list->front(), out, nesting - 1);
    }
  }
}

// The host behind an aggregator: OpenRouter's `metadata`.
void read_metadata(const json::object& metadata, ProviderErrorBody& out) {
  std::string text(string_or(metadata, "raw"));
  JsonDocument document(kJsonDepthMax);
  if (const auto inner = document.parse_object(text)) {
    ProviderErrorBody nested;
    read_object(**inner, nested, 1);
    if (!nested.message.empty()) text = nested.message;
    add_reason(out, nested.code);
    add_reason(out, nested.type);
  }
  const std::string name(string_or(metadata, "provider_name"));
  if (!text.empty()) out.upstream = quote_provider_text(name.empty() ? text : name + ": " + text, {.bytes_max = 500});
  if (metadata.contains("flagged_input") || metadata.contains("reasons")) add_reason(out, "moderation");
}

void read_object(const json::object& object, ProviderErrorBody& out, unsigned nesting) {
  set_if_empty(out.request_id, word(string_or(object, "request_id")));
  const json::value* inner = nullptr;
  for (const auto* key : {"error", "detail", "errors"}) {
    const auto* value = find_member(object, key);
    if (value != nullptr && (value->is_object() || value->is_array() || value->is_string())) {
      inner = value;
      break;
    }
  }
  if (inner != nullptr) read_any(*inner, out, nesting);
  const bool wraps = inner != nullptr && inner->is_object();

  if (const auto* message = object.if_contains("message")) read_any(*message, out, nesting);
  set_if_empty(out.message, sentence(string_or(object, "msg")));
  set_if_empty(out.code, word(scalar_text(object.if_contains("code"))));
  set_if_empty(out.param, word(string_or(object, "param")));
  if (!wraps) {
    const std::string_view type = string_or(object, "type");
    if (type != "error") set_if_empty(out.type, word(type));  // the name of an event, not a kind of error
    set_if_empty(out.type, word(string_or(object, "status")));
  }
  if (const auto* google = find_array(object, "details")) read_google_details(*google, out);
  if (const auto* anthropic = find_object(object, "details")) add_reason(out, string_or(*anthropic, "error_code"));
  if (const auto* azure = find_object(object, "innererror")) add_reason(out, string_or(*azure, "code"));
  if (const auto* metadata = find_object(object, "metadata")) read_metadata(*metadata, out);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What stands between `<title...>` and `</title>`, or the first heading.
std::string html_title(std::string_view lower_case, std::string_view page) {
  for (const std::string_view tag : {"title", "h1"}) {
    const auto open = lower_case.find(std::string("<").append(tag));
    if (open == std::string_view::npos) continue;
    const auto start = lower_case.find('>', open);
    if (start == std::string_view::npos) continue;
    const auto end = std::min(lower_case.find('<', start), lower_case.size());
    std::string text = quote_provider_text(page.substr(start + 1, end - start - 1), {.bytes_max = 120});
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
  }
  return "no title";
}

}  // namespace

ProviderErrorBody read_error_object(const boost::json::object& object) {
  ProviderErrorBody out;
  read_object(object, out, kNestingMax);
  return out;
}

ProviderErrorBody read_error_body(std::string_view body) {
  body = body.substr(0, kBodyBytesMax);
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  ProviderErrorBody out;
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return out;
  body.remove_prefix(first);
  JsonDocument document(kJsonDepthMax);
  if (const auto value = document.parse(body)) {
    read_any(**value, out, kNestingMax);
    if (!out.message.empty() || !out.code.empty() || !out.type.empty()) return out;
  }
  std::string lower_case(body.substr(0, 65'536));
  std::ranges::transform(lower_case, lower_case.begin(), lower);
  const bool html =
      lower_case.starts_with('<') &&
      (lower_case.find("<html") != std::string::npos || lower_case.find("<!doctype") != std::string::npos ||
       lower_case.find("<head") != std::string::npos || lower_case.find("<body") != std::string::npos);
  if (html) {
    out.title = html_title(lower_case, body);
  } else {
    out.excerpt = quote_provider_text(body, {.bytes_max = 200});
  }
  return out;
}

}  // namespace orchestrator::harness::codec
