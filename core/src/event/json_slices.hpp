// SPDX-License-Identifier: Apache-2.0
#pragma once

// The byte ranges of values inside JSON text, without decoding them: stored records are hashed and kept as the
// bytes they are. Iterative, so depth costs no stack. Slices are valid as long as the text.

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace orchestrator::harness::event {

/// The members of the object that `text` is, in order, as (key between its quotes, value slice); nothing unless
/// `text` is one object in canonical form (no white space around or between). Values are not checked inside.
[[nodiscard]] std::optional<std::vector<std::pair<std::string_view, std::string_view>>> object_slices(
    std::string_view text);

/// The value of the first member called `key` of the object that `text` is. Stops there: what follows is not looked
/// at, so finding a member near the front of a long object is cheap.
[[nodiscard]] std::optional<std::string_view> member_slice(std::string_view text, std::string_view key);

/// The elements of the array that `text` is, in order; nothing unless it is one canonical array.
[[nodiscard]] std::optional<std::vector<std::string_view>> array_slices(std::string_view text);

}  // namespace orchestrator::harness::event
