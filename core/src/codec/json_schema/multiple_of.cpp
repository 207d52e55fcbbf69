// SPDX-License-Identifier: Apache-2.0
#include "codec/json_schema/multiple_of.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace orchestrator::harness::codec::json_schema {
namespace {

namespace json = boost::json;

// `digits` times ten to the power of `exponent`, without the sign: it changes no multiple.
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

// The shortest decimal that reads as this double, 17 digits at the most. Empty for infinity.
std::optional<Decimal> decimal_of(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 40> text{};
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), std::abs(value), std::chars_format::scientific);
  Decimal decimal;
  bool is_fraction = false;
  for (const char* at = text.data(); at != written.ptr; ++at) {
    if (*at == '.') {
      is_fraction = true;
    } else if (*at == 'e') {
      int exponent = 0;
      const char* from = at + 1 + (at[1] == '+' ? 1 : 0);
      std::from_chars(from, written.ptr, exponent);
      decimal.exponent += exponent;
      break;
    } else {
      decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(*at - '0');
      decimal.exponent -= is_fraction ? 1 : 0;
    }
  }
  return decimal;
}

std::optional<Decimal> decimal_of(const json::value& value) {
  if (value.is_double()) return decimal_of(value.get_double());
  if (value.is_uint64()) return Decimal{.digits = value.get_uint64()};
  const std::int64_t read = value.get_int64();
  const auto bits = static_cast<std::uint64_t>(read);
  return Decimal{.digits = read < 0 ? 0 - bits : bits};
}

// REQUIRES: both below `modulus`.
std::uint64_t sum_modulo(std::uint64_t left, std::uint64_t right, std::uint64_t modulus) {
  return left >= modulus - right ? left - (modulus - right) : left + right;
}

std::uint64_t tenfold_modulo(std::uint64_t value, std::uint64_t modulus) {
  const std::uint64_t twofold = sum_modulo(value, value, modulus);
  const std::uint64_t fourfold = sum_modulo(twofold, twofold, modulus);
  return sum_modulo(twofold, sum_modulo(fourfold, fourfold, modulus), modulus);
}

}  // namespace

bool is_multiple(const json::value& value, const json::value& of) {
  const auto left = decimal_of(value);
  const auto right = decimal_of(of);
  if (!left || !right || right->digits == 0) return false;
  if (left->digits == 0) return true;
  int shift = left->exponent - right->exponent;
  if (shift >= 0) {
    std::uint64_t rest = left->digits % right->digits;
    for (; shift > 0 && rest != 0; --shift) rest = tenfold_modulo(rest, right->digits);
    return rest == 0;
  }
  std::uint64_t divisor = right->digits;
  for (; shift < 0; ++shift) {
    if (divisor > std::numeric_limits<std::uint64_t>::max() / 10) return false;  // greater than `left`
    divisor *= 10;
  }
  return left->digits % divisor == 0;
}

}  // namespace orchestrator::harness::codec::json_schema
