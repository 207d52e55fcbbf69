// SPDX-License-Identifier: Apache-2.0
#pragma once

// A quick reader of flat JSON objects, which is what nearly all stream events are: one per token. It takes only what
// it is certain of (plain names, strings, small whole numbers, literals, empty lists and objects); for everything
// else, broken JSON too, it says no, and the caller parses in earnest. Allocates nothing. A value of one thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

class FlatJson {
 public:
  static constexpr std::size_t kMembersMax = 16;

  /// True where `text` is a whole flat object. REQUIRES: valid UTF-8, and `text` outlives the use of the members.
  [[nodiscard]] bool read(std::string_view text);

  /// The string member `name`, as written between its quotes. `escaped` tells whether it holds escapes.
  [[nodiscard]] std::optional<std::string_view> find_string(std::string_view name, bool& escaped) const;
  /// The member `name` where it is a whole number of at most 18 digits.
  [[nodiscard]] std::optional<std::uint64_t> find_uint(std::string_view name) const;

 private:
  enum class Kind : std::uint8_t { text, escaped_text, number, other };
  struct Member {
    std::string_view name;
    std::string_view value;
    Kind kind = Kind::other;
  };
  [[nodiscard]] const Member* find(std::string_view name) const;
  bool read_member(std::string_view text, std::size_t& at);
  static bool read_value(std::string_view text, std::size_t& at, Member& member);

  std::array<Member, kMembersMax> members_;
  std::size_t size_ = 0;
};

/// The text of a string that `FlatJson` read, escapes resolved into `out`; halves of surrogate pairs without partner
/// become three bytes for `SurrogateJoiner`.
void append_unescaped(std::string& out, std::string_view written);

}  // namespace orchestrator::harness::codec
