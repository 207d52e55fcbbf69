// SPDX-License-Identifier: Apache-2.0
#pragma once

// Vectors as the bytes that are stored, 32 bit floats, little-endian on every machine; and how alike two of them are.
// Pure functions.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness::memory {

[[nodiscard]] std::string vector_bytes(const std::vector<float>& values);
/// The exact values; nothing where the bytes are no whole number of floats.
[[nodiscard]] std::optional<std::vector<float>> vector_of(std::string_view bytes);

/// The cosine of the angle between a vector and a stored one, -1 to 1, whatever their lengths; nothing where the
/// bytes are of another dimension. REQUIRES: neither is all zero.
[[nodiscard]] std::optional<double> cosine(const std::vector<float>& values, std::string_view bytes);

}  // namespace orchestrator::harness::memory
