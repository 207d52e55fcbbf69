// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is at a path: enough to tell whether it is still the same, and to bring it back. Values; for any thread.

#include <boost/json.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "orchestrator/harness/tools.hpp"
#include "tools/files/workspace_path.hpp"

namespace orchestrator::harness::tools {

/// The most that is read of a file, and that is kept for an undo.
inline constexpr std::uint64_t kFileBytesMax = 10ULL << 20;
/// The most that is hashed of a file whose bytes are not kept.
inline constexpr std::uint64_t kHashedBytesMax = 1ULL << 30;

enum class FileKind : std::uint8_t { absent, file, folder, link, other };

struct FileState {
  FileKind kind = FileKind::absent;
  std::uint32_t mode = 0;        // of files and folders: the permission bits
  std::uint64_t size_bytes = 0;  // of files
  std::uint64_t links = 0;       // of files: hard links
  std::optional<Hash> content;   // of files
  std::string target;            // of links
  bool operator==(const FileState&) const = default;
};

struct FileRead {
  FileState state;
  std::string content;  // of files, where it is wanted
};
enum class FileWish : std::uint8_t { content, hash };
/// What is at the path; of a file its bytes too, or their hash alone. Nothing is opened that could block. Errors:
/// `file_too_large` beyond `kFileBytesMax` (`kHashedBytesMax` for the hash), `io_error`.
[[nodiscard]] std::expected<FileRead, ToolError> read_state(const OpenPath& path, FileWish wish = FileWish::content);

/// As it stands in undo records, and back.
[[nodiscard]] boost::json::object to_json(const FileState& state);
[[nodiscard]] FileState from_json(const boost::json::object& json);

/// `file`, `folder`, ...
[[nodiscard]] std::string_view name_of(FileKind kind);

}  // namespace orchestrator::harness::tools
