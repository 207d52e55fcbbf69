// SPDX-License-Identifier: Apache-2.0
#pragma once

// Described structs as the JSON of tools: the schema of a call's arguments, the arguments out of their text, and a
// result as text. A struct is described beside its definition, in its namespace:
//
//   struct Args { std::string path; std::optional<int> line; };
//   BOOST_DESCRIBE_STRUCT(Args, (), (path, line))
//
// A field is a std::string, bool, integer, float, double, an enum described with BOOST_DESCRIBE_ENUM, another described
// struct, or a std::optional, std::vector or std::map<std::string, T> of these; an optional stands only as a field of a
// struct. Pure functions of their arguments, safe on any thread. `make_tool` (make_tool.hpp) uses all of this.

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/fwd.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <cstdint>
#include <expected>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness {

/// What a field is for, told to the model.
struct FieldDescription {
  std::string field;  // its name; below it, with dots and through lists and maps: `range.first`
  std::string text;
  bool operator==(const FieldDescription&) const = default;
};

/// A struct that BOOST_DESCRIBE_STRUCT describes.
template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
/// An enum that BOOST_DESCRIBE_ENUM describes; the names are its JSON.
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
/// An integer, but no truth value and no character.
template <class T>
concept PlainInteger =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

namespace arguments {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
inline constexpr bool kNoSuchField = false;  // of a type that no rule is for

/// The fields of a struct, those of its described bases first.
template <DescribedStruct T>
using Fields = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

/// Builds the text of a schema. One thread; what it was given must outlive it.
class SchemaText {
 public:
  explicit SchemaText(std::span<const FieldDescription> fields) : fields_(fields) {}
  /// Opens the schema of a value: its description, where `path` has one and `is_described`, and its type.
  void open(const std::string& path, bool is_described, std::string_view type);
  /// The range of an integer.
  void bounds(std::int64_t minimum, std::uint64_t maximum);
  /// Text as it is.
  void raw(std::string_view text) { text_ += text; }
  /// A string, in quotes.
  void quoted(std::string_view text);
  /// The whole text. Throws std::invalid_argument where a description is of no field, naming the nearest.
  [[nodiscard]] std::string finish();

 private:
  std::span<const FieldDescription> fields_;
  std::set<std::string> paths_;  // all that were opened with a description to be had
  std::string text_;
};

/// Appends the schema of a `T`. `Open` are the structs around it.
template <class T, class... Open>
void append_schema(SchemaText& to, const std::string& path, bool is_described) {
  static_assert(!(std::same_as<T, Open> || ...), "a struct that holds itself: write its schema by hand");
  if constexpr (std::same_as<T, std::string>) {
    to.open(path, is_described, "string");
  } else if constexpr (std::same_as<T, bool>) {
    to.open(path, is_described, "boolean");
  } else if constexpr (PlainInteger<T>) {
    to.open(path, is_described, "integer");
    to.bounds(static_cast<std::int64_t>(std::numeric_limits<T>::min()),
              static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
  } else if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    to.open(path, is_described, "number");
  } else if constexpr (DescribedEnum<T>) {
    to.open(path, is_described, "string");
    std::string_view before = R"(,"enum":[)";
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
      to.raw(std::exchange(before, ","));
      to.quoted(enumerator.name);
    });
    to.raw("]");
  } else if constexpr (IsList<T>::value) {
    to.open(path, is_described, "array");
    to.raw(R"(,"items":)");
    append_schema<typename T::value_type, Open...>(to, path, false);
  } else if constexpr (IsMap<T>::value) {
    to.open(path, is_described, "object");
    to.raw(R"(,"additionalProperties":)");
    append_schema<typename T::mapped_type, Open...>(to, path, false);
  } else if constexpr (DescribedStruct<T>) {
    to.open(path, is_described, "object");
    std::vector<std::string_view> required;
    std::string_view before;
    to.raw(R"(,"properties":{)");
    boost::mp11::mp_for_each<Fields<T>>([&](auto field) {
      using Field = std::remove_cvref_t<decltype(std::declval<T&>().*field.pointer)>;
      const std::string inner = path.empty() ? std::string(field.name) : path + "." + field.name;
      to.raw(std::exchange(before, ","));
      to.quoted(field.name);
      to.raw(":");
      if constexpr (IsOptional<Field>::value) {
        append_schema<typename Field::value_type, T, Open...>(to, inner, true);
      } else {
        required.emplace_back(field.name);
        append_schema<Field, T, Open...>(to, inner, true);
      }
    });
    to.raw(R"(},"required":[)");
    before = {};
    for (const std::string_view name : required) {
      to.raw(std::exchange(before, ","));
      to.quoted(name);
    }
    to.raw(R"(],"additionalProperties":false)");
  } else {
    static_assert(kNoSuchField<T>, "not a type of a tool's arguments: see the head of tool_arguments.hpp");
  }
  to.raw("}");
}

/// One value of parsed arguments, and where it is. Valid as long as the `Document` it comes from.
class Reader {
 public:
  Reader(const boost::json::value& value, std::string pointer) : value_(&value), pointer_(std::move(pointer)) {}
  [[nodiscard]] bool is_null() const;  // JSON null
  /// The error of a value that is not `expected`, with its place.
  [[nodiscard]] ToolError refuse(std::string_view expected) const;
  /// The value where it is of the type; else nothing. Integers are exact: 1.0 is one, 1.5 and what does not fit are
  /// not.
  [[nodiscard]] bool text(std::string& to) const;  // whether `to` is it now
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<double> number() const;  // finite
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  [[nodiscard]] std::optional<std::uint64_t> natural() const;
  /// The member of an object; nothing where it is missing, and where the value is no object.
  [[nodiscard]] std::optional<Reader> member(std::string_view name) const;
  [[nodiscard]] bool is_object() const;
  /// All elements of a list; nothing where the value is none.
  [[nodiscard]] std::optional<std::vector<Reader>> elements() const;
  /// All members of an object; nothing where the value is none.
  [[nodiscard]] std::optional<std::vector<std::pair<std::string, Reader>>> members() const;

 private:
  const boost::json::value* value_;
  std::string pointer_;
};

/// Owns parsed arguments.
class Document {
 public:
  /// Parses one JSON text, nested at most 128 deep. Error: `tool_args_invalid`.
  static std::expected<Document, ToolError> parse(std::string_view json);
  /// The whole value; valid as long as this object.
  [[nodiscard]] Reader root() const { return {*value_, {}}; }

 private:
  std::shared_ptr<const boost::json::value> value_;  // shared so that the type may stay incomplete here
};

/// Reads a value into `to`; the error says where it does not fit, and `to` is then half read.
template <class T>
std::optional<ToolError> read(const Reader& from, T& to) {
  if constexpr (std::same_as<T, std::string>) {
    if (!from.text(to)) return from.refuse("a string");
  } else if constexpr (std::same_as<T, bool>) {
    const auto found = from.boolean();
    if (!found) return from.refuse("true or false");
    to = *found;
  } else if constexpr (PlainInteger<T>) {
    const auto found = [&] {
      if constexpr (std::signed_integral<T>) return from.integer();
      if constexpr (std::unsigned_integral<T>) return from.natural();
    }();
    if (!found || !std::in_range<T>(*found)) return from.refuse("an integer in the range of its field");
    to = static_cast<T>(*found);
  } else if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    const auto found = from.number();
    if (!found || *found > std::numeric_limits<T>::max() || *found < std::numeric_limits<T>::lowest()) {
      return from.refuse("a number in the range of its field");
    }
    to = static_cast<T>(*found);
  } else if constexpr (DescribedEnum<T>) {
    std::string name;
    bool is_known = false;
    if (from.text(name)) {
      boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto enumerator) {
        if (name != enumerator.name) return;
        to = enumerator.value;
        is_known = true;
      });
    }
    if (!is_known) return from.refuse("one of the names of its enum");
  } else if constexpr (IsList<T>::value) {
    const auto elements = from.elements();
    if (!elements) return from.refuse("a list");
    to.clear();
    for (const Reader& element : *elements) {
      typename T::value_type value{};
      if (auto error = read(element, value)) return error;
      to.push_back(std::move(value));
    }
  } else if constexpr (IsMap<T>::value) {
    const auto members = from.members();
    if (!members) return from.refuse("an object");
    to.clear();
    for (const auto& [name, member] : *members) {
      if (auto error = read(member, to[name])) return error;
    }
  } else {
    return read_fields(from, to);
  }
  return std::nullopt;
}

/// Reads the members of an object into the fields of a struct; what the struct has no field for is left.
template <DescribedStruct T>
std::optional<ToolError> read_fields(const Reader& from, T& to) {
  std::optional<ToolError> failed;
  if (!from.is_object()) return from.refuse("an object");
  boost::mp11::mp_for_each<Fields<T>>([&](auto field) {
    if (failed) return;
    auto& target = to.*field.pointer;
    const std::optional<Reader> member = from.member(field.name);
    if constexpr (IsOptional<std::remove_cvref_t<decltype(target)>>::value) {
      target.reset();
      if (member && !member->is_null()) failed = read(*member, target.emplace());
    } else if (member) {
      failed = read(*member, target);
    } else {
      failed = from.refuse("an object with '" + std::string(field.name) + "'");
    }
  });
  return failed;
}

}  // namespace arguments

/// The JSON Schema of `Args`, fields in their order, all but the optional ones required, no others allowed. Throws
/// std::invalid_argument where a description is of no field: a mistake in the program, not in its input.
template <DescribedStruct Args>
[[nodiscard]] std::string arguments_schema(std::span<const FieldDescription> fields = {}) {
  arguments::SchemaText text(fields);
  arguments::append_schema<Args>(text, {}, true);
  return text.finish();
}

/// `Args` out of JSON that has passed `arguments_schema<Args>()`. Error: `tool_args_invalid` with the place, for what
/// has not. Null counts as missing for an optional field.
template <DescribedStruct Args>
[[nodiscard]] std::expected<Args, ToolError> decode_arguments(std::string_view json) {
  auto document = arguments::Document::parse(json);
  if (!document) return std::unexpected(std::move(document).error());
  Args args{};
  if (auto error = arguments::read(document->root(), args)) return std::unexpected(*std::move(error));
  return args;
}

}  // namespace orchestrator::harness
