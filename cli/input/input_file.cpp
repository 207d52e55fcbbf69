// SPDX-License-Identifier: Apache-2.0
#include "cli/input/input_file.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <utility>

#include "cli/display/quoted_text.hpp"
#include "cli/input/byte_reader.hpp"
#include "cli/input/media_type.hpp"

namespace orchestrator::cli {
namespace {

using harness::ContentPart;
using harness::fail;
using harness::MediaSource;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint64_t kSchemaBytesMax = 1ULL << 20;
constexpr std::size_t kSchemaNameMax = 64;

std::unexpected<harness::Error> refuse(const std::string& path, const std::string& why) {
  return fail(RuntimeErrorCode::invalid_argument, "the file " + quoted_text(path, 200) + " " + why, path);
}

std::string file_name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

/// Text goes into the message itself, between lines that name the file.
std::string framed_text(const std::string& name, const std::string& bytes) {
  return "--- " + name + " ---\n" + bytes + (bytes.ends_with('\n') ? "" : "\n") + "--- end of " + name + " ---";
}

}  // namespace

Result<ContentPart> read_input_file(const std::string& path, std::uint64_t bytes_max) {
  auto file = read_file(path, bytes_max);
  if (!file) {
    return refuse(path, file.error());
  }
  if (file->bytes.empty()) {
    return refuse(path, "is empty");
  }
  const std::string name = file_name_of(path);
  const std::string type = media_type_of(name, file->bytes);
  if (type.empty()) {
    return refuse(path, "is no text, image, audio, video or PDF that a model takes");
  }
  if (type.starts_with("text/") || type == "application/json") {
    return harness::TextPart{framed_text(name, file->bytes)};
  }
  MediaSource source{harness::SharedBytes(std::move(file->bytes)), {}, type, name};
  if (type.starts_with("image/")) {
    return harness::ImagePart{std::move(source), {}};
  }
  if (type.starts_with("audio/")) {
    return harness::AudioPart{std::move(source)};
  }
  if (type.starts_with("video/")) {
    return harness::VideoPart{std::move(source)};
  }
  return harness::FilePart{std::move(source)};
}

Result<harness::OutputSchema> read_output_schema(const std::string& path) {
  auto file = read_file(path, kSchemaBytesMax);
  if (!file) {
    return refuse(path, file.error());
  }
  boost::json::stream_parser parser;
  boost::system::error_code error;
  const std::size_t used = parser.write_some(file->bytes, error);
  if (!error && !parser.done()) {
    parser.finish(error);
  }
  if (error) {
    const auto line =
        1 + std::count(file->bytes.begin(), file->bytes.begin() + static_cast<std::ptrdiff_t>(used), '\n');
    return refuse(path, "is not JSON: line " + std::to_string(line) + ": " + error.message());
  }
  if (file->bytes.find_first_not_of(" \t\r\n", used) != std::string::npos) {
    return refuse(path, "holds more than one JSON value");
  }
  const boost::json::value value = parser.release();
  if (!value.is_object()) {
    return refuse(path, "is no JSON Schema: its root must be an object");
  }
  std::string name = file_name_of(path);
  name = name.substr(0, std::min(name.find('.'), kSchemaNameMax));
  std::ranges::replace_if(
      name,
      [](unsigned char letter) {
        return !(letter < 0x80 && (std::isalnum(letter) != 0 || letter == '_' || letter == '-'));
      },
      '_');
  return harness::OutputSchema{name.empty() ? "answer" : name, harness::RawJson{boost::json::serialize(value)}, true};
}

}  // namespace orchestrator::cli
