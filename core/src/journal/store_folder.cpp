// SPDX-License-Identifier: Apache-2.0
#include "journal/store_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <boost/json.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "journal/file_bytes.hpp"
#include "journal/folder_names.hpp"
#include "runtime/private_folder.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr const char* kFormatFile = "format";
constexpr std::string_view kFormatDraft = ".format-";
constexpr std::string_view kFormatName = "orchestrator-journal";
constexpr std::int64_t kFormatVersion = 1;
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr std::size_t kSmallFileBytes = 4'096;

std::unexpected<Error> not_a_journal(const std::string& path, std::string_view why) {
  return fail(RuntimeErrorCode::not_a_journal, path + " is not a journal folder: " + std::string(why), path);
}

}  // namespace

Result<std::shared_ptr<const StoreFolder>> StoreFolder::open(const std::string& path) {
  if (path.empty()) {
    return fail(RuntimeErrorCode::configuration_invalid, "the store jsonl: names no folder; expected jsonl:FOLDER");
  }
  if (const int error = runtime::make_private_folders(path); error != 0 && error != ENOTDIR) {
    return runtime::storage_fail(error, "make the folder", path);
  }
  FileDescriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) {
    if (errno == ENOTDIR) return not_a_journal(path, "it is a file, or lies below one");
    return runtime::storage_fail(errno, "open the folder", path);
  }
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  std::shared_ptr<const StoreFolder> folder(new StoreFolder(std::move(root), real ? real.get() : path));
  if (auto checked = folder->check_format(); !checked) return std::unexpected(checked.error());
  if (auto made = folder->make_layout(); !made) return std::unexpected(made.error());
  return folder;
}

Result<void> StoreFolder::check_format() const {
  const FileDescriptor file = open_file(kFormatFile, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return write_format();
    if (errno == ELOOP) return not_a_journal(path_, "its file 'format' is a link");
    return runtime::storage_fail(errno, "read", path_of(kFormatFile));
  }
  const std::string text = read_small_file(file.get(), kSmallFileBytes);
  boost::json::error_code error;
  const boost::json::value json = boost::json::parse(text, error);
  const auto* object = error ? nullptr : json.if_object();
  const auto* name = object != nullptr ? object->if_contains("format") : nullptr;
  const auto* version = object != nullptr ? object->if_contains("version") : nullptr;
  if (name == nullptr || !name->is_string() || std::string_view(name->get_string()) != kFormatName ||
      version == nullptr || !version->is_int64()) {
    return not_a_journal(path_, "its file 'format' is of something else");
  }
  if (version->get_int64() > kFormatVersion) {
    return fail(RuntimeErrorCode::version_too_new,
                "the journal " + path_ + " has format version " + std::to_string(version->get_int64()) +
                    "; this build reads up to " + std::to_string(kFormatVersion),
                path_);
  }
  return {};
}

// A folder without format is taken over only while it is empty.
Result<void> StoreFolder::write_format() const {
  std::string stranger;
  const int listed = visit_names(open_folder("."), [&](std::string_view name) {
    // A draft is of another process at this very point; the other lies in the root of an ext4 file system.
    if (name.starts_with(kFormatDraft) || name == "lost+found") return true;
    stranger = name;
    return false;
  });
  if (listed != 0) return runtime::storage_fail(listed, "list the folder", path_);
  if (!stranger.empty()) {
    // What is there now may be what another process made since.
    if (open_file(kFormatFile, O_RDONLY).is_open()) return check_format();
    return not_a_journal(path_, "it has no file 'format', and holds '" + stranger + "'");
  }

  const std::string draft = std::string(kFormatDraft) + std::to_string(::getpid());
  const std::string text =
      R"({"format":")" + std::string(kFormatName) + R"(","version":)" + std::to_string(kFormatVersion) + "}\n";
  const FileDescriptor file = open_file(draft, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) return runtime::storage_fail(errno, "write", path_of(kFormatFile));
  int error = write_all(file.get(), text);
  if (error == 0 && (::fsync(file.get()) != 0 || ::renameat(root(), draft.c_str(), root(), kFormatFile) != 0 ||
                     ::fsync(root()) != 0)) {
    error = errno;
  }
  if (error != 0) {
    ::unlinkat(root(), draft.c_str(), 0);
    return runtime::storage_fail(error, "write", path_of(kFormatFile));
  }
  return {};
}

Result<void> StoreFolder::make_layout() const {
  for (const char* name : {kRunsFolder, kSessionsFolder, kBlobsFolder, kRemovedFolder}) {
    const int error = make_folder(name);
    // A store that may only be read has its folders; what it lacks shows when it is needed.
    if (error != 0 && error != EEXIST && error != EROFS && error != EACCES) {
      return runtime::storage_fail(error, "make the folder", path_of(name));
    }
  }
  return {};
}

std::string StoreFolder::path_of(std::string_view relative) const { return path_ + "/" + std::string(relative); }

FileDescriptor StoreFolder::open_file(const std::string& relative, int flags) const {
  return FileDescriptor(::openat(root(), relative.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kFileMode));
}

FileDescriptor StoreFolder::open_folder(const std::string& relative) const {
  return FileDescriptor(::openat(root(), relative.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int StoreFolder::make_folder(const std::string& relative) const {
  return ::mkdirat(root(), relative.c_str(), kFolderMode) == 0 ? 0 : errno;
}

std::string run_folder(const RunId& run_id) { return "runs/" + run_id.str(); }
std::string journal_file(const RunId& run_id) { return run_folder(run_id) + "/journal.jsonl"; }
std::string session_folder(const SessionId& session_id) { return "sessions/" + session_id.str(); }
std::string blob_folder(const Hash& hash) { return "blobs/" + hash.str().substr(0, 2); }

}  // namespace orchestrator::harness::journal
