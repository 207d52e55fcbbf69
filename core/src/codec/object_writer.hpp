// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes one JSON object member by member onto the end of a text, in the order of the calls.
// A value of one thread; the text outlives it, and nothing else is appended between two calls but a member's value.

#include <concepts>
#include <string>
#include <string_view>

#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {

class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  /// Begins a member; the caller appends its value. Returns the text.
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    event::append_json_string(out_, name);
    out_ += ':';
    return out_;
  }
  void text(std::string_view name, std::string_view value) { event::append_json_string(key(name), value); }
  void flag(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
  /// A value that is JSON already.
  void raw(std::string_view name, std::string_view json) { key(name) += json; }
  void real(std::string_view name, double value) { event::append_json_double(key(name), value); }
  template <std::integral Integer>
  void number(std::string_view name, Integer value) {
    event::append_json_integer(key(name), value);
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace orchestrator::harness::codec
