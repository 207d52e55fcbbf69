// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration/key_file.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/input/byte_reader.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::uint64_t kKeyBytesMax = 16U << 10U;
constexpr unsigned kOthersMask = 077;

std::string octal(unsigned mode) {
  std::string text = "0000";
  for (std::size_t place = text.size(); place-- > 0; mode >>= 3U) {
    text[place] = static_cast<char>('0' + (mode & 7U));
  }
  return text;
}

}  // namespace

harness::Result<std::string> read_key_file(const std::string& path) {
  using harness::fail;
  using harness::RuntimeErrorCode;
  auto file = read_file(path, kKeyBytesMax);
  if (!file) {
    return fail(RuntimeErrorCode::configuration_invalid, "the key file " + path + " " + file.error(), path);
  }
  if ((file->mode & kOthersMask) != 0) {
    return fail(
        RuntimeErrorCode::configuration_invalid,
        "the key file " + path + " has mode " + octal(file->mode) + ", so others can read it; run: chmod 600 " + path,
        path);
  }
  constexpr std::string_view white = " \t\r\n";
  const std::size_t first = file->bytes.find_first_not_of(white);
  const std::size_t last = file->bytes.find_last_not_of(white);
  const std::string key = first == std::string::npos ? "" : file->bytes.substr(first, last - first + 1);
  const bool printable = std::ranges::all_of(key, [](char letter) { return letter > 0x20 && letter < 0x7f; });
  if (key.empty() || !printable) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the key file " + path + (key.empty() ? " is empty" : " holds more than one printable word"), path);
  }
  return key;
}

}  // namespace orchestrator::cli
