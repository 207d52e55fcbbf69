// SPDX-License-Identifier: Apache-2.0
#pragma once

// Golden files: text that was reviewed once and must not change by accident. With UPDATE_GOLDEN=1 in the environment
// a check writes the file instead, and the difference is read in review. For tests of one thread.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace orchestrator::harness::event {

/// The repository's path of `path`, which is relative to its root.
[[nodiscard]] std::string repository_path(std::string_view path);

/// The whole file, or an empty text where it cannot be read.
[[nodiscard]] std::string read_text_file(const std::string& path);

/// Whether `text` is what the golden file at `path` (relative to the repository's root) holds.
[[nodiscard]] testing::AssertionResult matches_golden(std::string_view path, std::string_view text);

}  // namespace orchestrator::harness::event
