// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looks for a canary in texts and files: as it is, in base64, hex and percent-encoding. With encoders of its own, so
// that it shares nothing with what it checks. For tests; any thread.

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness::integration {

inline std::string base64_of(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += kAlphabet[(bits >> count) & 63];
    }
  }
  if (count > 0) out += kAlphabet[(bits << (6 - count)) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

inline std::string hex_of(std::string_view bytes, std::string_view before = "") {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += before;
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

class CanaryScan {
 public:
  explicit CanaryScan(std::string_view canary) {
    forms_ = {std::string(canary), hex_of(canary), hex_of(canary, "%")};
    // The characters of base64 that the canary alone decides, behind none, one and two other bytes.
    forms_.push_back(base64_of(canary).substr(0, canary.size() * 4 / 3 - 1));
    forms_.push_back(base64_of("x" + std::string(canary)).substr(2, canary.size() * 4 / 3 - 2));
    forms_.push_back(base64_of("xx" + std::string(canary)).substr(3, canary.size() * 4 / 3 - 2));
  }

  [[nodiscard]] const std::vector<std::string>& forms() const { return forms_; }
  [[nodiscard]] std::size_t hits(std::string_view text) const {
    std::size_t hits = 0;
    for (const std::string& form : forms_) hits += text.find(form) != std::string_view::npos ? 1 : 0;
    return hits;
  }
  /// Of all files below a folder.
  [[nodiscard]] std::size_t hits_below(const std::filesystem::path& folder) const {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream bytes;
      bytes << file.rdbuf();
      found += hits(bytes.str()) + hits(entry.path().string());
    }
    return found;
  }

 private:
  std::vector<std::string> forms_;
};

}  // namespace orchestrator::harness::integration
