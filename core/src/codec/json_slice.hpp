// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bytes of single values inside a JSON text, for what has to be kept verbatim: items that go back to the provider
// must not be re-written number by number. Views into the text they were given; pure functions and values.
// REQUIRES throughout: a text that a JSON parser has accepted. Any other text gives some result, but nothing breaks.

#include <cstddef>
#include <string_view>

namespace orchestrator::harness::codec {

/// Walks the members of an object or the elements of an array in order.
class JsonSlices {
 public:
  /// `text` is one object or array; for anything else there is nothing to walk.
  explicit JsonSlices(std::string_view text);
  /// The next element, or the value of the next member; false at the end.
  bool next(std::string_view& value);
  /// The next member: its name as written, without the quotes, and its value.
  bool next(std::string_view& name, std::string_view& value);

 private:
  void skip_space();
  std::string_view take_value();

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_object_ = false;
};

/// The value of the last member `name` of an object; empty where there is none. `name` is compared as written, so a
/// member whose name holds escapes is not found.
[[nodiscard]] std::string_view slice_member(std::string_view object_text, std::string_view name);

}  // namespace orchestrator::harness::codec
