// SPDX-License-Identifier: Apache-2.0
#include "journal/blob_files.hpp"

#include <fcntl.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "journal/file_bytes.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

std::string blob_file(const Hash& hash) { return blob_folder(hash) + "/" + hash.str(); }

// Names a draft that no other thread or process writes.
std::string draft_file(const Hash& hash) {
  static std::atomic<std::uint64_t> count = 0;
  return blob_file(hash) + ".draft-" + std::to_string(::getpid()) + "-" + std::to_string(count.fetch_add(1));
}

}  // namespace

Result<void> put_blob_file(const StoreFolder& folder, Disk& disk, const SharedBytes& bytes) {
  const std::string path = blob_file(bytes.hash());
  const FileDescriptor present = folder.open_file(path, O_RDONLY);
  if (present.is_open() && file_size(present.get()) == static_cast<std::int64_t>(bytes.size_bytes())) return {};
  if (const int error = folder.make_folder(blob_folder(bytes.hash())); error != 0 && error != EEXIST) {
    return runtime::storage_fail(error, "make the folder", folder.path_of(blob_folder(bytes.hash())));
  }
  const std::string draft = draft_file(bytes.hash());
  const FileDescriptor file = folder.open_file(draft, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) return runtime::storage_fail(errno, "write", folder.path_of(path));
  int error = write_all(file.get(), bytes.view());
  if (error == 0 &&
      (disk.fdatasync(file.get()) != 0 || ::renameat(folder.root(), draft.c_str(), folder.root(), path.c_str()) != 0)) {
    error = errno;
  }
  if (error != 0) {
    ::unlinkat(folder.root(), draft.c_str(), 0);
    return runtime::storage_fail(error, "write", folder.path_of(path));
  }
  return {};
}

Result<SharedBytes> read_blob_file(const StoreFolder& folder, const Hash& hash) {
  const std::string path = blob_file(hash);
  const FileDescriptor file = folder.open_file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return blob_not_found(hash);
    return runtime::storage_fail(errno, "read", folder.path_of(path));
  }
  const std::int64_t size = file_size(file.get());
  if (size < 0) return runtime::storage_fail(errno, "read", folder.path_of(path));
  std::string text(static_cast<std::size_t>(size), '\0');
  const std::int64_t got = read_at(file.get(), text.data(), text.size(), 0);
  if (got < 0) return runtime::storage_fail(errno, "read", folder.path_of(path));
  text.resize(static_cast<std::size_t>(got));
  SharedBytes bytes(std::move(text));
  if (bytes.hash() != hash) {
    return fail(RuntimeErrorCode::journal_damaged, folder.path_of(path) + " does not hold the content of its name",
                folder.path_of(path));
  }
  return bytes;
}

std::unexpected<Error> blob_not_found(const Hash& hash) {
  return fail(RuntimeErrorCode::run_not_found, "there is no content " + hash.str(), hash.str());
}

}  // namespace orchestrator::harness::journal
