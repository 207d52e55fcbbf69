// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/item_echo.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include "codec/json_document.hpp"
#include "codec/json_slice.hpp"

namespace orchestrator::harness::codec::responses {
namespace {

RawJson without(std::string_view raw, std::initializer_list<std::string_view> dropped) {
  JsonSlices members(raw);
  std::string out;
  std::string_view name;
  std::string_view value;
  while (members.next(name, value)) {
    if (value == "null" || std::ranges::find(dropped, name) != dropped.end()) continue;
    out += out.empty() ? "{\"" : ",\"";
    out += name;
    out += "\":";
    out += value;
  }
  if (!out.empty()) out += '}';
  return RawJson{std::move(out)};
}

bool has_unknown_parts(const boost::json::object& item) {
  const boost::json::array* content = find_array(item, "content");
  if (content == nullptr) return false;
  return std::ranges::any_of(*content, [](const boost::json::value& part) {
    const boost::json::object* object = part.if_object();
    const std::string_view type = object == nullptr ? std::string_view() : string_or(*object, "type");
    return type != "output_text" && type != "refusal";
  });
}

}  // namespace

RawJson echo_of_message(const boost::json::object* item, std::string_view raw) {
  if (item != nullptr && (string_or(*item, "type") != "message" || has_unknown_parts(*item)))
    return RawJson{std::string(raw)};
  return without(raw, {"type", "role", "content"});
}

RawJson echo_of_call(std::string_view raw, std::string_view arguments_member) {
  return without(raw, {"type", "call_id", "name", arguments_member});
}

}  // namespace orchestrator::harness::codec::responses
