// SPDX-License-Identifier: Apache-2.0
#include "codec/google_gemini/partial_arguments.hpp"

#include <algorithm>
#include <charconv>

#include "codec/json_document.hpp"

namespace orchestrator::harness::codec::gemini {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kIndexMax = 10'000;
constexpr std::size_t kValuesMax = 100'000;

std::unexpected<Error> bad_path(std::string_view path, const char* why) {
  return std::unexpected(ProviderError{
      ProviderErrorCode::provider_bad_tool_delta,
      "the arguments of a call have the place '" + escape_excerpt(path, 100) + "', which " + why,
      {}}.to_error());
}

// The next step of a path: a name, or an index. Takes it off the path.
struct Step {
  std::string_view name;
  std::size_t index = 0;
  bool is_index = false;
};
bool next_step(std::string_view& path, Step& step) {
  if (path.starts_with('.')) {
    const std::size_t end = std::min(path.find_first_of(".[", 1), path.size());
    step = {path.substr(1, end - 1), 0, false};
    path.remove_prefix(end);
    return !step.name.empty();
  }
  if (!path.starts_with('[')) return false;
  if (path.size() > 1 && (path[1] == '\'' || path[1] == '"')) {
    const std::size_t end = path.find(path[1], 2);
    if (end == path.npos || end + 1 >= path.size() || path[end + 1] != ']') return false;
    step = {path.substr(2, end - 2), 0, false};
    path.remove_prefix(end + 2);
    return true;
  }
  const std::size_t end = path.find(']');
  if (end == path.npos) return false;
  const std::string_view digits = path.substr(1, end - 1);
  step = {{}, 0, true};
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step.index);
  path.remove_prefix(end + 1);
  return error == std::errc() && stop == digits.data() + digits.size() && !digits.empty();
}

}  // namespace

Result<json::value*> PartialArguments::place(std::string_view path) {
  const std::string_view whole = path;
  if (!path.starts_with('$') || path.size() == 1) return bad_path(whole, "does not read");
  path.remove_prefix(1);
  json::value* at = &root_;
  for (std::size_t depth = 0; !path.empty(); ++depth) {
    Step step;
    if (!next_step(path, step)) return bad_path(whole, "does not read");
    if (depth >= kDepthMax || step.index > kIndexMax) return bad_path(whole, "is too deep or too far");
    if (step.is_index) {
      if (at->is_null()) *at = json::array();
      auto* list = at->if_array();
      if (list == nullptr) return bad_path(whole, "leads through another value");
      while (list->size() <= step.index) {
        if (++values_ > kValuesMax) return bad_path(whole, "is one of too many");
        list->push_back(nullptr);
      }
      at = &(*list)[step.index];
    } else {
      if (at->is_null()) *at = json::object();
      auto* object = at->if_object();
      if (object == nullptr) return bad_path(whole, "leads through another value");
      if (++values_ > kValuesMax) return bad_path(whole, "is one of too many");
      at = &(*object)[json::string_view(step.name.data(), step.name.size())];
    }
  }
  return at;
}

Result<void> PartialArguments::take(const json::object& entry) {
  const auto target = place(string_or(entry, "jsonPath"));
  if (!target) return std::unexpected(target.error());
  has_any_ = true;
  json::value& value = **target;
  if (const auto text = find_string(entry, "stringValue")) {
    if (!value.is_string()) value = json::string();
    value.get_string().append(json::string_view(text->data(), text->size()));
  } else if (const json::value* number = find_member(entry, "numberValue"); number != nullptr && number->is_number()) {
    value = *number;
  } else if (const json::value* truth = find_member(entry, "boolValue"); truth != nullptr && truth->is_bool()) {
    value = *truth;
  } else if (entry.contains("nullValue")) {
    value = nullptr;
  }
  return {};
}

std::string PartialArguments::json() const { return json::serialize(root_); }

}  // namespace orchestrator::harness::codec::gemini
