// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every string inside the described values of events and inputs, with what it is for. The fields come from
// event_fields.hpp, so a new one cannot be forgotten: what nobody says more of is a text. Pure templates.

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "event/field_encoder.hpp"

namespace orchestrator::harness::event {

/// What a string of an event or an input is.
enum class StringRole : std::uint8_t {
  text,        // what somebody wrote
  json,        // the same as one JSON text
  piece,       // a part of a text that is cut anywhere
  identifier,  // a name, a code or an id: compared, not read
  needed       // what the run itself acts by, as it is: a user of the memory store, a folder
};

/// The role of a member of `Owner`.
template <class Owner>
[[nodiscard]] constexpr StringRole role_of(std::string_view member) {
  const auto is_one_of = [member](auto... names) { return ((member == names) || ...); };
  if constexpr (std::is_same_v<Owner, MemoryPolicy>) {
    if (member == "user") return StringRole::needed;
  } else if constexpr (std::is_same_v<Owner, events::RunStarted>) {
    if (member == "workspace") return StringRole::needed;
  } else if constexpr (std::is_same_v<Owner, MediaSource>) {
    return member == "media_type" ? StringRole::identifier : StringRole::text;
  } else if constexpr (std::is_same_v<Owner, ToolTarget>) {
    return StringRole::text;
  } else if constexpr (std::is_same_v<Owner, ImagePart>) {
    if (member == "detail") return StringRole::identifier;
  } else if constexpr (std::is_same_v<Owner, ToolCallItem> || std::is_same_v<Owner, events::ToolCallRequested>) {
    if (member == "arguments") return StringRole::json;
  } else if constexpr (std::is_same_v<Owner, events::OutputDelta> || std::is_same_v<Owner, events::ReasoningDelta> ||
                       std::is_same_v<Owner, events::ToolArgumentsDelta>) {
    if (member == "text") return StringRole::piece;
  } else if constexpr (std::is_same_v<Owner, events::DroppedSetting> || std::is_same_v<Owner, events::ManifestEntry> ||
                       std::is_same_v<Owner, events::RetryScheduled> ||
                       std::is_same_v<Owner, events::FallbackSelected> || std::is_same_v<Owner, events::HintDropped>) {
    if (member == "reason") return StringRole::identifier;
  }
  const bool is_identifier =
      is_one_of("by", "call_id", "capabilities", "changed", "code", "gate", "idempotency_key", "item_id", "lost",
                "name", "native_finish_reason", "native_reason", "native_type", "origin", "policy", "price_table",
                "provider_model", "provider_request_id", "provider_response_id", "reasons", "runtime_version", "source",
                "table", "token", "tool", "type", "unpriced", "voided_items", "wire");
  return is_identifier ? StringRole::identifier : StringRole::text;
}

/// Declarations by whoever made the harness, and what undoes a call: not entered.
template <class T>
inline constexpr bool kIsDeclaration =
    std::is_same_v<T, ToolSpec> || std::is_same_v<T, UndoRecord> || std::is_same_v<T, OutputSchema> ||
    std::is_same_v<T, ModelOffer> || std::is_same_v<T, ModelPlan> || std::is_same_v<T, ModelRef>;

/// Hands every string inside `value` to `visitor.on_string(std::string&, StringRole)`, every text with a name of its
/// own to `visitor.on_named(const std::string&, std::string&)`, and every media part to
/// `visitor.on_media(MediaSource&)` in place of its own strings.
template <class Visitor, class T>
void visit_strings(Visitor& visitor, T& value, StringRole role = StringRole::text);

template <class Visitor, class Struct>
void visit_members(Visitor& visitor, Struct& value) {
  using Members = boost::describe::describe_members<Struct, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>(
      [&](auto member) { visit_strings(visitor, value.*member.pointer, role_of<Struct>(member.name)); });
}

// Declared above.
template <class Visitor, class T>
void visit_strings(Visitor& visitor, T& value, StringRole role) {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || kIsDeclaration<T>) {
    return;
  } else if constexpr (std::is_same_v<T, std::string>) {
    visitor.on_string(value, role);
  } else if constexpr (std::is_same_v<T, RawJson>) {
    visitor.on_string(value.text, StringRole::json);
  } else if constexpr (std::is_same_v<T, MediaSource>) {
    visitor.on_media(value);
  } else if constexpr (std::is_same_v<T, events::Unknown>) {
    visitor.on_string(value.data.text, StringRole::json);
  } else if constexpr (DescribedStruct<T>) {
    visit_members(visitor, value);
  } else if constexpr (requires { value.index(); }) {
    std::visit([&](auto& alternative) { visit_strings(visitor, alternative, role); }, value);
  } else if constexpr (requires { value.has_value(); }) {
    if (value) visit_strings(visitor, *value, role);
  } else if constexpr (requires { value.push_back(typename T::value_type{}); }) {
    for (auto& element : value) visit_strings(visitor, element, role);
  } else if constexpr (requires { value.first.size(); }) {
    visitor.on_named(value.first, value.second);  // a label or the like: its name is no secret, and may tell of one
  } else {
    // Ids, hashes, times and bytes by their hash: no text. `append_value` knows each of them.
    static_assert(std::is_trivially_copyable_v<T> || std::is_same_v<T, SharedBytes>, "a value that nobody looks into");
  }
}

}  // namespace orchestrator::harness::event
