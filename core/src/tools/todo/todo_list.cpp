// SPDX-License-Identifier: Apache-2.0
#include "tools/todo/todo_list.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstddef>
#include <string_view>
#include <utility>

#include "codec/json_document.hpp"

namespace orchestrator::harness::tools {

namespace {

constexpr std::size_t kItemsMax = 100;
constexpr std::ptrdiff_t kCharactersMax = 500;
constexpr std::array<std::string_view, 3> kNames = {"pending", "active", "done"};
constexpr std::array<std::string_view, 3> kMarks = {"[ ] ", "[>] ", "[x] "};

std::unexpected<ToolError> refuse(ToolErrorCode code, std::string message, std::string at) {
  return std::unexpected(ToolError{code, std::move(message), std::move(at), {}});
}

std::ptrdiff_t characters(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
}

std::expected<TodoItem, ToolError> read_item(const boost::json::value& value, const std::string& at) {
  const auto* object = value.if_object();
  const auto text = object == nullptr ? std::nullopt : codec::find_string(*object, "text");
  if (!text) return refuse(ToolErrorCode::tool_args_invalid, "an item needs a text", at + "/text");
  if (text->empty() || characters(*text) > kCharactersMax) {
    return refuse(ToolErrorCode::out_of_range, "the text of an item must have 1 to 500 characters", at + "/text");
  }
  const auto status = std::ranges::find(kNames, codec::string_or(*object, "status"));
  if (status == kNames.end()) {
    return refuse(ToolErrorCode::tool_args_invalid, "the status of an item is pending, active or done", at + "/status");
  }
  TodoItem item{std::string(*text), static_cast<TodoStatus>(status - kNames.begin())};
  // One item is one line.
  std::ranges::replace_if(item.text, [](char c) { return c >= 0 && c < 0x20; }, ' ');
  return item;
}

}  // namespace

std::expected<std::optional<TodoList>, ToolError> read_todo_list(const RawJson& arguments) {
  codec::JsonDocument document;
  const auto object = document.parse_object(arguments.text);
  if (!object) return refuse(ToolErrorCode::tool_args_invalid, object.error().message, "");
  const boost::json::value* items = codec::find_member(**object, "items");
  if (items == nullptr) return std::nullopt;
  if (!items->is_array()) return refuse(ToolErrorCode::tool_args_invalid, "items is not a list", "/items");
  const boost::json::array& array = items->get_array();
  if (array.size() > kItemsMax) return refuse(ToolErrorCode::out_of_range, "a list has at most 100 items", "/items");
  TodoList list;
  for (std::size_t i = 0; i < array.size(); ++i) {
    auto item = read_item(array[i], "/items/" + std::to_string(i));
    if (!item) return std::unexpected(std::move(item.error()));
    list.push_back(std::move(*item));
  }
  return list;
}

std::string todo_text(const TodoList& list) {
  if (list.empty()) return "The list is empty.\n";
  std::string text;
  for (const TodoItem& item : list) {
    text.append(kMarks.at(static_cast<std::size_t>(item.status))).append(item.text).push_back('\n');
  }
  return text;
}

RawJson todo_json(const TodoList& list) {
  boost::json::array items;
  for (const TodoItem& item : list) {
    const std::string_view status = kNames.at(static_cast<std::size_t>(item.status));
    boost::json::object object;
    object["text"] = item.text;
    object["status"] = boost::json::string_view(status.data(), status.size());
    items.push_back(std::move(object));
  }
  boost::json::object whole;
  whole["items"] = std::move(items);
  return RawJson{boost::json::serialize(whole)};
}

}  // namespace orchestrator::harness::tools
