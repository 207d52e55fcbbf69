// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a file is, by its first bytes and, where those say nothing, by its name. Pure functions, safe on any thread.

#include <string>
#include <string_view>

namespace orchestrator::cli {

/// The media type, such as `image/png` or `text/markdown`; empty where it is no kind that a model can take.
/// Bytes win over the name; text must be UTF-8 without NUL.
[[nodiscard]] std::string media_type_of(std::string_view name, std::string_view bytes);

}  // namespace orchestrator::cli
