// SPDX-License-Identifier: Apache-2.0
#include "memory/vector_bytes.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace orchestrator::harness::memory {
namespace {

constexpr std::size_t kFloatBytes = 4;

std::uint32_t in_little_endian(std::uint32_t bits) {
  return std::endian::native == std::endian::little ? bits : std::byteswap(bits);
}

float float_at(std::string_view bytes, std::size_t index) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, bytes.data() + index * kFloatBytes, kFloatBytes);
  return std::bit_cast<float>(in_little_endian(bits));
}

}  // namespace

std::string vector_bytes(const std::vector<float>& values) {
  std::string bytes(values.size() * kFloatBytes, '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t bits = in_little_endian(std::bit_cast<std::uint32_t>(values[i]));
    std::memcpy(bytes.data() + i * kFloatBytes, &bits, kFloatBytes);
  }
  return bytes;
}

std::optional<std::vector<float>> vector_of(std::string_view bytes) {
  if (bytes.size() % kFloatBytes != 0) return std::nullopt;
  std::vector<float> values(bytes.size() / kFloatBytes);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = float_at(bytes, i);
  return values;
}

std::optional<double> cosine(const std::vector<float>& values, std::string_view bytes) {
  if (bytes.size() != values.size() * kFloatBytes) return std::nullopt;
  // In doubles: neither the squares of the largest floats nor those of the smallest leave their range.
  double product = 0;
  double left = 0;
  double right = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double a = values[i];
    const double b = float_at(bytes, i);
    product += a * b;
    left += a * a;
    right += b * b;
  }
  return product / (std::sqrt(left) * std::sqrt(right));
}

}  // namespace orchestrator::harness::memory
