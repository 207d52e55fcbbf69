// SPDX-License-Identifier: Apache-2.0
#pragma once

// The folder of a jsonl store: checks that it is one, makes what is missing, and opens what is in it relative to the
// folder itself, so that neither a later chdir nor a renamed parent matters. Links are never followed below it.
// Immutable after opening; any thread; shared by the store and its writers. Layout: docs/journal-format.md.

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "journal/file_descriptor.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

class StoreFolder final {
 public:
  /// Opens the folder at `path`, made with mode 0700 where absent. Errors: `not_a_journal` for a file or a folder of
  /// something else (which stays unchanged), `version_too_new`, and those of `storage_error`.
  static Result<std::shared_ptr<const StoreFolder>> open(const std::string& path);

  /// The absolute path.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The absolute path of something in the folder, for messages and watches.
  [[nodiscard]] std::string path_of(std::string_view relative) const;
  [[nodiscard]] int root() const { return root_.get(); }

  /// Opens a file relative to the folder; `flags` as of open(2). Check `is_open`, the reason is in errno.
  [[nodiscard]] FileDescriptor open_file(const std::string& relative, int flags) const;
  /// Opens a folder in it, for syncing or listing.
  [[nodiscard]] FileDescriptor open_folder(const std::string& relative) const;
  /// Makes a folder with mode 0700; 0, or the errno.
  [[nodiscard]] int make_folder(const std::string& relative) const;

 private:
  StoreFolder(FileDescriptor root, std::string path) : root_(std::move(root)), path_(std::move(path)) {}

  Result<void> check_format() const;
  Result<void> write_format() const;
  Result<void> make_layout() const;

  FileDescriptor root_;
  std::string path_;
};

/// Where things are, relative to the folder.
[[nodiscard]] std::string run_folder(const RunId& run_id);
[[nodiscard]] std::string journal_file(const RunId& run_id);
[[nodiscard]] std::string session_folder(const SessionId& session_id);
[[nodiscard]] std::string blob_folder(const Hash& hash);
inline constexpr const char* kRunsFolder = "runs";
inline constexpr const char* kSessionsFolder = "sessions";
inline constexpr const char* kBlobsFolder = "blobs";
inline constexpr const char* kRemovedFolder = "removed";

}  // namespace orchestrator::harness::journal
