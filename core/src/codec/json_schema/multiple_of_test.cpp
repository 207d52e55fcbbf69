// SPDX-License-Identifier: Apache-2.0
// Goal: multiples are those of the decimal numbers as they are written, at any size.
#include "codec/json_schema/multiple_of.hpp"

#include <gtest/gtest.h>

#include "event/exact_json.hpp"

namespace orchestrator::harness::codec::json_schema {
namespace {

bool is_multiple_text(std::string_view value, std::string_view of) {
  return is_multiple(*event::parse_exact(value, 1), *event::parse_exact(of, 1));
}

TEST(MultipleOf, TakesMultiples) {
  const std::pair<const char*, const char*> multiples[] = {{"0", "7"},
                                                           {"0.0", "0.3"},
                                                           {"-14", "7"},
                                                           {"4.35", "0.01"},
                                                           {"0.0075", "0.0001"},
                                                           {"19.99", "0.01"},
                                                           {"1e308", "0.5"},
                                                           {"1000000000.5", "0.5"},
                                                           {"9007199254740994", "2.0"},
                                                           {"-9223372036854775808", "2"},
                                                           {"18446744073709551615", "18446744073709551615"},
                                                           {"18446744073709551615", "0.5"},
                                                           {"5e-324", "5e-324"}};
  for (const auto& [value, of] : multiples) EXPECT_TRUE(is_multiple_text(value, of)) << value << " of " << of;
}

TEST(MultipleOf, TakesNothingElse) {
  const std::pair<const char*, const char*> others[] = {{"8", "7"},
                                                        {"4.351", "0.01"},
                                                        {"0.00751", "0.0001"},
                                                        {"1000000000.5", "1"},
                                                        {"123456789012.01", "0.1"},
                                                        {"9007199254740993", "2.0"},
                                                        {"18446744073709551615", "2"},
                                                        {"1e308", "0.123456789"},
                                                        {"5e-324", "1"},
                                                        {"1", "1e300"},
                                                        {"1e400", "1"},
                                                        {"1", "1e400"}};
  for (const auto& [value, of] : others) EXPECT_FALSE(is_multiple_text(value, of)) << value << " of " << of;
}

}  // namespace
}  // namespace orchestrator::harness::codec::json_schema
