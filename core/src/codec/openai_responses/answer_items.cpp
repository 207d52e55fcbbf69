// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/answer_items.hpp"

#include <algorithm>
#include <ranges>
#include <string>
#include <utility>

#include "codec/json_document.hpp"
#include "codec/json_slice.hpp"

namespace orchestrator::harness::codec::responses {
namespace {

namespace json = boost::json;

// True where the provider's object may be this item, going by type alone.
bool fits(const OutputItem& item, const json::object& object) {
  const std::string_view type = string_or(object, "type");
  if (!item.native_type().empty()) return item.native_type() == type;
  return item.kind() == ItemKind::unknown || item.kind() == kind_of_type(type);
}

// True where both name the same id.
bool names_same(const OutputItem& item, const json::object& object) {
  const std::string_view id = string_or(object, "id");
  const std::string_view call_id = string_or(object, "call_id");
  return (!id.empty() && id == item.native_id()) || (!call_id.empty() && call_id == item.call_id());
}

// The elements of a list, each with its text; those that are no objects have a null one.
std::vector<NativeItem> elements_of(const json::array& output, std::string_view output_raw) {
  std::vector<NativeItem> elements;
  elements.reserve(output.size());
  JsonSlices slices(output_raw);
  for (const json::value& element : output) {
    std::string_view raw;
    if (!slices.next(raw)) raw = {};
    elements.push_back({element.if_object(), raw});
  }
  return elements;
}

}  // namespace

Error AnswerItems::too_many_items() const {
  std::string message = "the answer has more than " + std::to_string(limits_.items) + " output items";
  return ProviderError{ProviderErrorCode::provider_response_too_large, std::move(message), {}}.to_error();
}

Result<OutputItem*> AnswerItems::add(std::optional<std::uint64_t> output_index) {
  if (items_.size() >= limits_.items) return std::unexpected(too_many_items());
  items_.push_back(Entry{std::make_unique<OutputItem>(items_.size()), output_index});
  OutputItem* item = items_.back().item.get();
  if (output_index) by_index_[*output_index] = item;
  return item;
}

OutputItem* AnswerItems::at_index(std::optional<std::uint64_t> output_index) const {
  if (!output_index) return nullptr;
  const auto found = by_index_.find(*output_index);
  return found == by_index_.end() ? nullptr : found->second;
}

Result<OutputItem*> AnswerItems::for_part(PartKind kind, ItemAddress address) {
  OutputItem* indexed = at_index(address.output_index);
  if (indexed != nullptr && indexed->takes(kind)) return indexed;
  if (indexed != nullptr || !address.output_index) {
    OutputItem* latest = nullptr;
    for (const Entry& entry : items_ | std::views::reverse) {
      OutputItem* item = entry.item.get();
      if (item->is_closed() || !item->takes(kind)) continue;
      if (!address.native_id.empty() && item->native_id() == address.native_id) return item;
      if (latest == nullptr) latest = item;
    }
    if (latest != nullptr) return latest;
  }
  return add(indexed == nullptr ? address.output_index : std::nullopt);
}

OutputItem* AnswerItems::find_announced(NativeItem native, std::optional<std::uint64_t> output_index,
                                        bool is_end) const {
  const json::object& object = *native.object;
  OutputItem* indexed = at_index(output_index);
  if (indexed != nullptr && fits(*indexed, object)) {
    const bool is_taken = is_end ? indexed->is_closed() : indexed->is_described();
    if (!is_taken || names_same(*indexed, object)) return indexed;
  }
  OutputItem* first_open = nullptr;
  for (const Entry& entry : items_) {
    OutputItem* item = entry.item.get();
    if (item->is_closed() || !fits(*item, object)) continue;
    if (names_same(*item, object)) return item;
    if (first_open == nullptr) first_open = item;
  }
  // Without an index, or with one that means another item too, the first open item of this type is the one that ends.
  const bool is_guess = is_end && (!output_index || indexed != nullptr);
  return is_guess ? first_open : nullptr;
}

Result<void> AnswerItems::announce(NativeItem native, std::optional<std::uint64_t> output_index) {
  OutputItem* item = find_announced(native, output_index, false);
  if (item == nullptr) {
    const auto added = add(output_index);
    if (!added) return std::unexpected(added.error());
    item = *added;
  }
  if (item->is_described()) return {};  // said twice
  item->announce(*native.object, native.raw);
  return check_calls();
}

Result<void> AnswerItems::complete(NativeItem native, std::optional<std::uint64_t> output_index, PieceSink& out) {
  OutputItem* item = find_announced(native, output_index, true);
  if (item == nullptr) {
    const auto added = add(output_index);
    if (!added) return std::unexpected(added.error());
    item = *added;
  }
  if (item->is_closed()) return {};  // said twice
  return close(*item, native, out);
}

Result<void> AnswerItems::close(OutputItem& item, NativeItem native, PieceSink& out) {
  std::string serialized;
  if (native.object != nullptr && native.raw.empty()) {
    serialized = json::serialize(*native.object);
    native.raw = serialized;
  }
  if (auto closed = item.close(native.object, native.raw, out); !closed) return closed;
  return check_calls();
}

Result<void> AnswerItems::check_calls() const {
  const auto calls =
      std::ranges::count_if(items_, [](const Entry& entry) { return entry.item->kind() == ItemKind::call; });
  if (static_cast<std::uint64_t>(calls) <= limits_.tool_calls) return {};
  return fail(ToolErrorCode::too_many_tool_calls,
              "the answer has more than " + std::to_string(limits_.tool_calls) + " tool calls");
}

Result<void> AnswerItems::complete_all(const json::array* output, std::string_view output_raw, PieceSink& out) {
  if (output != nullptr && output->size() > limits_.items) return std::unexpected(too_many_items());
  std::vector<NativeItem> elements;
  if (output != nullptr) elements = elements_of(*output, output_raw);
  const std::size_t streamed = items_.size();
  for (std::size_t at = 0; at < streamed; ++at) {
    OutputItem& item = *items_[at].item;
    if (item.is_closed()) continue;
    if (auto closed = close(item, find_element(items_[at], elements), out); !closed) return closed;
    if (item.kind() == ItemKind::call && !item.has_name()) {
      return fail(ProviderErrorCode::provider_bad_tool_delta,
                  "the provider sent arguments of a tool call that it never announced");
    }
  }
  release(out);
  return adopt(elements, out);
}

// The element at the item's own index, else one of its id.
NativeItem AnswerItems::find_element(const Entry& entry, const std::vector<NativeItem>& elements) {
  NativeItem found;
  for (std::size_t index = 0; index < elements.size(); ++index) {
    const json::object* object = elements[index].object;
    if (object == nullptr || !fits(*entry.item, *object)) continue;
    if (entry.output_index == index) return elements[index];
    if (names_same(*entry.item, *object)) found = elements[index];
  }
  return found;
}

// Items that only the final response holds: all of them where no event told of any item, else the calls where no
// event told of a call. A host that sends items one by one repeats them here, perhaps under other ids.
Result<void> AnswerItems::adopt(const std::vector<NativeItem>& elements, PieceSink& out) {
  const bool calls_only = !items_.empty();
  if (calls_only && has_calls()) return {};
  for (const NativeItem& native : elements) {
    if (native.object == nullptr) continue;
    if (calls_only && kind_of_type(string_or(*native.object, "type")) != ItemKind::call) continue;
    const auto item = add(std::nullopt);
    if (!item) return std::unexpected(item.error());
    if (auto closed = close(**item, native, out); !closed) return closed;
    release(out);
  }
  return {};
}

void AnswerItems::release(PieceSink& out) {
  while (released_ < items_.size() && items_[released_].item->is_closed()) {
    for (event::ItemDone& done : items_[released_].item->take_done()) out.part(std::move(done));
    ++released_;
  }
}

void AnswerItems::release_rest(PieceSink& out) {
  for (; released_ < items_.size(); ++released_) {
    for (event::ItemDone& done : items_[released_].item->take_done()) out.part(std::move(done));
  }
}

bool AnswerItems::has_calls() const {
  return std::ranges::any_of(items_, [](const Entry& entry) { return entry.item->kind() == ItemKind::call; });
}

bool AnswerItems::has_refusal() const {
  return std::ranges::any_of(items_, [](const Entry& entry) { return entry.item->has_refusal(); });
}

}  // namespace orchestrator::harness::codec::responses
