// SPDX-License-Identifier: Apache-2.0
#pragma once

// The answers of the mock server, rendered once for each model name: an HTTP head and one HTTP
// chunk for each server-sent event of a Responses stream. Immutable after `render_body`; the server
// sends slices of it and, where deltas carry time stamps, copies of slices with the stamps written
// in.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Bytes of text in one delta: a five byte word, or (paced, abort) twelve hex digits of the mock's monotonic clock, in
/// nanoseconds modulo 2^48, and a space.
inline constexpr std::size_t kBlastDeltaBytes = 5;
inline constexpr std::size_t kStampedDeltaBytes = 13;

enum class Pace : std::uint8_t { blast, paced, abort };

/// What a model name such as `mock-paced-100` asks for.
struct Recipe {
  Pace pace = Pace::blast;
  std::uint32_t deltas = 0;
};

/// Nothing unless the name is mock-(blast|paced|abort)-N with N from 1 to 1,000,000.
[[nodiscard]] std::optional<Recipe> parse_recipe(std::string_view model);

/// A rendered answer. Offsets count from the start of `bytes`.
struct Body {
  struct Delta {
    std::size_t begin;  // of its HTTP chunk
    std::size_t end;
    std::size_t text;  // where its text starts
  };
  Recipe recipe;
  std::string bytes;  // head, opening events, deltas, closing events, last chunk
  std::vector<Delta> deltas;
  std::size_t delta_text_bytes = 0;
  std::size_t tail = 0;                    // where the closing events start
  std::array<std::size_t, 4> tail_text{};  // where the closing events repeat the whole text
};

/// Size of one delta event on the wire, without HTTP framing; what the real service sends.
inline constexpr std::size_t kDeltaEventBytes = 273;

/// A whole answer that calls the tool `add_one` with {"n":STEP}; its ids are those of the step.
[[nodiscard]] Body render_tool_call(std::string_view model, std::uint32_t step);

[[nodiscard]] Body render_body(std::string_view model, const Recipe& recipe);

/// Writes the twelve digits of `now_ns` modulo 2^48 and a space: the text of a stamped delta.
void write_stamp(char* text, std::uint64_t now_ns);

}  // namespace bench
