// SPDX-License-Identifier: Apache-2.0
#include "cli/input/media_type.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "event/json_writer.hpp"

namespace orchestrator::cli {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view type;
};

constexpr auto kMagic = std::to_array<Magic>({
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    {0, "\xff\xd8\xff"sv, "image/jpeg"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {8, "WEBP"sv, "image/webp"},
    {8, "WAVE"sv, "audio/wav"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "\xff\xfb"sv, "audio/mpeg"},
    {0, "\xff\xf3"sv, "audio/mpeg"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "OggS"sv, "audio/ogg"},
    {4, "ftypM4A"sv, "audio/mp4"},
    {4, "ftypheic"sv, "image/heic"},
    {4, "ftypavif"sv, "image/avif"},
    {4, "ftyp"sv, "video/mp4"},
    {0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
});

constexpr auto kTextTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
    {".md", "text/markdown"},
    {".markdown", "text/markdown"},
    {".json", "application/json"},
    {".csv", "text/csv"},
    {".html", "text/html"},
    {".htm", "text/html"},
    {".xml", "text/xml"},
    {".svg", "text/xml"},
});

bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && harness::event::is_valid_utf8(bytes);
}

bool ends_with_ignoring_case(std::string_view name, std::string_view ending) {
  const auto same = [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? left - 'A' + 'a' : left) == right;
  };
  return name.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(), name.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [&](char right, char left) { return same(left, right); });
}

}  // namespace

std::string media_type_of(std::string_view name, std::string_view bytes) {
  for (const Magic& magic : kMagic) {
    if (bytes.size() >= magic.offset + magic.bytes.size() &&
        bytes.substr(magic.offset, magic.bytes.size()) == magic.bytes) {
      return std::string(magic.type);
    }
  }
  if (!is_text(bytes)) {
    return {};
  }
  for (const auto& [ending, type] : kTextTypes) {
    if (ends_with_ignoring_case(name, ending)) {
      return std::string(type);
    }
  }
  return "text/plain";
}

}  // namespace orchestrator::cli
