// SPDX-License-Identifier: Apache-2.0
#include "tokens/rank_file.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

namespace orchestrator::harness::tokens {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{16} << 20U;
constexpr std::uint8_t kNoDigit = 64;

constexpr std::array<std::uint8_t, 256> base64_digits() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr auto kDigits = base64_digits();

// Replaces `out` by the bytes of `text`; false where it is not base64 in its one form, padding included.
bool decode_base64(std::string_view text, std::string& out) {
  out.clear();
  if (text.empty() || text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char character : text) {
    const std::uint8_t digit = kDigits[static_cast<unsigned char>(character)];
    if (digit == kNoDigit) return false;
    bits = (bits << 6U | digit) & 0xFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFFU);
  }
  return (bits & ((1U << count) - 1)) == 0;
}

std::unexpected<Error> broken(const std::string& what, const std::string& place) {
  return fail(RuntimeErrorCode::configuration_invalid, "the rank file " + place + " " + what, place);
}

// Takes one line into the table; what is wrong with it, or nothing.
std::optional<std::string> add_line(std::string_view line, std::string& scratch, RankTable& table) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return "is not BASE64 RANK";
  if (!decode_base64(line.substr(0, blank), scratch)) return "does not begin with base64";
  const std::string_view digits = line.substr(blank + 1);
  std::size_t rank = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
  if (error != std::errc() || end != digits.data() + digits.size()) return "does not end in a rank";
  if (rank != table.size())
    return "has rank " + std::to_string(rank) + " where " + std::to_string(table.size()) + " is due";
  if (!table.add(scratch)) return "holds a token that was there before";
  return std::nullopt;
}

}  // namespace

Result<RankTable> parse_rank_file(std::string_view text, const std::string& name, std::size_t tokens) {
  RankTable table(tokens);
  std::string scratch;
  const auto at_line = [&name, &table] { return name + ":" + std::to_string(table.size() + 1); };
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (table.size() == tokens)
      return broken("goes on behind the " + std::to_string(tokens) + " tokens of its encoding", at_line());
    if (const auto wrong = add_line(text.substr(0, end), scratch, table)) return broken(*wrong, at_line());
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (table.size() != tokens) {
    return broken(
        "ends after " + std::to_string(table.size()) + " of the " + std::to_string(tokens) + " tokens of its encoding",
        at_line());
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (table.find(static_cast<unsigned char>(byte)) == kNoToken) {
      return broken("has no token for the single byte " + std::to_string(byte), name);
    }
  }
  return table;
}

Result<RankTable> read_rank_file(const std::string& path, std::size_t tokens) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return broken("cannot be read: " + error.message(), path);
  if (size > kFileBytesMax) return broken("is larger than " + std::to_string(kFileBytesMax) + " bytes", path);
  std::string text(size, '\0');
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(size))) {
    return broken("cannot be read: " + std::generic_category().message(errno), path);
  }
  return parse_rank_file(text, path, tokens);
}

}  // namespace orchestrator::harness::tokens
