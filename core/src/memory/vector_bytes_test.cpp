// SPDX-License-Identifier: Apache-2.0
// Goal: vectors are stored exactly, in one byte order, and compared by their angle alone. Method: known bytes, random
// vectors there and back, and angles that are known.

#include "memory/vector_bytes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <cstdint>

namespace orchestrator::harness::memory {
namespace {

TEST(VectorBytes, AreLittleEndianFloats) {
  EXPECT_EQ(vector_bytes({1.0F, -2.0F}), std::string("\x00\x00\x80\x3F\x00\x00\x00\xC0", 8));
  EXPECT_EQ(vector_of("\x01\x02\x03"), std::nullopt);
  EXPECT_EQ(vector_of(""), std::vector<float>());
}

TEST(VectorBytes, KeepEveryBit) {
  const bool holds = rc::check([](const std::vector<std::uint32_t>& bits) {
    std::vector<float> values;
    for (const std::uint32_t one : bits) values.push_back(std::bit_cast<float>(one));
    const auto read = vector_of(vector_bytes(values));
    RC_ASSERT(read.has_value() && read->size() == bits.size());
    for (std::size_t i = 0; i < bits.size(); ++i) RC_ASSERT(std::bit_cast<std::uint32_t>((*read)[i]) == bits[i]);
  });
  EXPECT_TRUE(holds);
}

TEST(VectorBytes, AreComparedByTheirAngle) {
  EXPECT_DOUBLE_EQ(cosine({1, 0}, vector_bytes({3, 0})).value(), 1);
  EXPECT_DOUBLE_EQ(cosine({1, 0}, vector_bytes({0, 3})).value(), 0);
  EXPECT_DOUBLE_EQ(cosine({1, 2}, vector_bytes({-2, -4})).value(), -1);
  EXPECT_DOUBLE_EQ(cosine({1, 0}, vector_bytes({1, 1})).value(), std::sqrt(0.5));
  EXPECT_EQ(cosine({1, 0}, vector_bytes({1, 0, 0})), std::nullopt);
  EXPECT_EQ(cosine({1, 0}, "\x01\x02"), std::nullopt);
}

TEST(VectorBytes, OfAnyLengthHaveAnAngle) {
  EXPECT_DOUBLE_EQ(cosine({3e38F, 3e38F}, vector_bytes({3e38F, 3e38F})).value(), 1);
  EXPECT_DOUBLE_EQ(cosine({1e-45F}, vector_bytes({-1e-45F})).value(), -1);
  EXPECT_NEAR(cosine(std::vector<float>(4'096, 3e38F), vector_bytes(std::vector<float>(4'096, 1e-45F))).value(), 1,
              1e-9);
}

}  // namespace
}  // namespace orchestrator::harness::memory
