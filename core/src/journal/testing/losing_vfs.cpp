// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/losing_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <new>
#include <utility>

namespace orchestrator::harness::journal::testing {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

// An open file as SQLite sees it; the real one lies behind it in the same memory.
struct OpenFile {
  sqlite3_file base;
  LosingVfs* vfs;
  std::string* path;  // null for a file that nobody looks at
  sqlite3_file* real;
};

OpenFile* file_of(sqlite3_file* file) { return reinterpret_cast<OpenFile*>(file); }
sqlite3_file* real_of(sqlite3_file* file) { return file_of(file)->real; }
LosingVfs* vfs_of(sqlite3_vfs* vfs) { return static_cast<LosingVfs*>(vfs->pAppData); }
sqlite3_vfs* real_vfs(sqlite3_vfs* vfs) { return vfs_of(vfs)->real(); }

int close_file(sqlite3_file* file) {
  const int code = real_of(file)->pMethods->xClose(real_of(file));
  delete file_of(file)->path;
  return code;
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  if (file_of(file)->path != nullptr) {
    const int code = file_of(file)->vfs->note_read();
    if (code != SQLITE_OK) return code;
  }
  return real_of(file)->pMethods->xRead(real_of(file), to, size, offset);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  if (const auto* path = file_of(file)->path) {
    std::string bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
    const int code = file_of(file)->vfs->note_write(*path, static_cast<std::uint64_t>(offset), std::move(bytes));
    if (code != SQLITE_OK) return code;
  }
  return real_of(file)->pMethods->xWrite(real_of(file), from, size, offset);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (const auto* path = file_of(file)->path) {
    const int code = file_of(file)->vfs->note_truncate(*path, static_cast<std::uint64_t>(size));
    if (code != SQLITE_OK) return code;
  }
  return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
int sync_file(sqlite3_file* file, int) {
  const auto* path = file_of(file)->path;
  return path == nullptr ? SQLITE_OK : file_of(file)->vfs->note_sync(*path);
}
int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
int lock_file(sqlite3_file* file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); }
int unlock_file(sqlite3_file* file, int level) { return real_of(file)->pMethods->xUnlock(real_of(file), level); }
int check_reserved(sqlite3_file* file, int* is_locked) {
  return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_locked);
}
int control_file(sqlite3_file* file, int what, void* argument) {
  return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}
int sector_size(sqlite3_file* file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
int characteristics(sqlite3_file* file) { return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)); }
int map_shared(sqlite3_file* file, int page, int size, int is_extended, void volatile** memory) {
  return real_of(file)->pMethods->xShmMap(real_of(file), page, size, is_extended, memory);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
void shared_barrier(sqlite3_file* file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }
int unmap_shared(sqlite3_file* file, int is_deleted) {
  return real_of(file)->pMethods->xShmUnmap(real_of(file), is_deleted);
}

constexpr sqlite3_io_methods kMethods{
    2,           close_file,     read_file,      write_file,   truncate_file, sync_file,       size_of_file,
    lock_file,   unlock_file,    check_reserved, control_file, sector_size,   characteristics, map_shared,
    lock_shared, shared_barrier, unmap_shared,   nullptr,      nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* opened = new (file) OpenFile{};
  opened->vfs = vfs_of(vfs);
  opened->real = reinterpret_cast<sqlite3_file*>(opened + 1);
  const int code = real_vfs(vfs)->xOpen(real_vfs(vfs), name, opened->real, flags, flags_out);
  if (opened->real->pMethods == nullptr) return code;
  opened->base.pMethods = &kMethods;
  const bool is_kept = name != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
  if (is_kept) {
    opened->path = new std::string(name);
    opened->vfs->note_open(*opened->path);
  }
  return code;
}
int delete_file(sqlite3_vfs* vfs, const char* name, int is_synced) {
  vfs_of(vfs)->note_delete(name);
  return real_vfs(vfs)->xDelete(real_vfs(vfs), name, is_synced);
}
int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  return real_vfs(vfs)->xAccess(real_vfs(vfs), name, flags, result);
}
int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return real_vfs(vfs)->xFullPathname(real_vfs(vfs), name, size, out);
}
int draw_random(sqlite3_vfs* vfs, int size, char* out) { return real_vfs(vfs)->xRandomness(real_vfs(vfs), size, out); }
int pause_for(sqlite3_vfs* vfs, int microseconds) { return real_vfs(vfs)->xSleep(real_vfs(vfs), microseconds); }
int current_time(sqlite3_vfs* vfs, double* now) { return real_vfs(vfs)->xCurrentTime(real_vfs(vfs), now); }
int last_error(sqlite3_vfs* vfs, int size, char* out) { return real_vfs(vfs)->xGetLastError(real_vfs(vfs), size, out); }

void overwrite(std::string& file, std::uint64_t offset, std::string_view bytes) {
  if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size(), '\0');
  file.replace(offset, bytes.size(), bytes);
}

bool one_in(std::uint64_t n, LosingVfs::Random& random) { return random() % n == 0; }

}  // namespace

LosingVfs::LosingVfs() : real_(sqlite3_vfs_find(nullptr)), shim_(std::make_unique<sqlite3_vfs>(*real_)) {
  shim_->iVersion = 1;
  shim_->szOsFile = static_cast<int>(sizeof(OpenFile)) + real_->szOsFile;
  shim_->pNext = nullptr;
  shim_->zName = name();
  shim_->pAppData = this;
  shim_->xOpen = open_file;
  shim_->xDelete = delete_file;
  shim_->xAccess = access_file;
  shim_->xFullPathname = full_path;
  shim_->xRandomness = draw_random;
  shim_->xSleep = pause_for;
  shim_->xCurrentTime = current_time;
  shim_->xGetLastError = last_error;
  sqlite3_vfs_register(shim_.get(), 0);
}

LosingVfs::~LosingVfs() { sqlite3_vfs_unregister(shim_.get()); }

void LosingVfs::note_open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (is_frozen_ || files_.contains(path)) return;
  std::ifstream file(path, std::ios::binary);
  files_[path].synced.assign(std::istreambuf_iterator<char>(file), {});
}

int LosingVfs::verdict(Call call) {
  if (left_ < 0 || call != failing_) return SQLITE_OK;
  if (left_ > 1) {
    --left_;
    return SQLITE_OK;
  }
  has_failed_ = true;
  if (lasts_ == Lasts::once) left_ = -1;
  return code_;
}

int LosingVfs::note_read() {
  const std::lock_guard lock(mutex_);
  return verdict(Call::read);
}

int LosingVfs::note_write(const std::string& path, std::uint64_t offset, std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (const int code = verdict(Call::write); code != SQLITE_OK) return code;
  if (!is_frozen_) files_[path].pending.push_back({offset, std::move(bytes), {}});
  return SQLITE_OK;
}

int LosingVfs::note_truncate(const std::string& path, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (const int code = verdict(Call::truncate); code != SQLITE_OK) return code;
  if (!is_frozen_) files_[path].pending.push_back({0, {}, size});
  return SQLITE_OK;
}

int LosingVfs::note_sync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const int code = verdict(Call::sync); code != SQLITE_OK) return code;
  if (is_frozen_ || is_lying_) return SQLITE_OK;
  File& file = files_[path];
  for (const Change& change : file.pending) {
    if (change.size) {
      file.synced.resize(*change.size, '\0');
    } else {
      overwrite(file.synced, change.offset, change.bytes);
    }
  }
  file.pending.clear();
  return SQLITE_OK;
}

void LosingVfs::note_delete(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!is_frozen_) files_.erase(path);
}

std::string LosingVfs::image_of(const std::string& path, Random& random) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end()) return {};
  std::string image = found->second.synced;
  const bool loses_nothing = one_in(8, random);
  for (const Change& change : found->second.pending) {
    if (change.size) {
      if (loses_nothing || one_in(2, random)) image.resize(*change.size, '\0');
      continue;
    }
    if (!loses_nothing && one_in(4, random)) continue;
    const bool is_torn = !loses_nothing && one_in(3, random);
    for (std::uint64_t at = 0; at < change.bytes.size();) {
      const std::uint64_t begin = change.offset + at;
      const std::uint64_t size = std::min(kSectorBytes - begin % kSectorBytes, change.bytes.size() - at);
      if (!is_torn || one_in(2, random)) overwrite(image, begin, std::string_view(change.bytes).substr(at, size));
      at += size;
    }
  }
  return image;
}

void LosingVfs::freeze() {
  const std::lock_guard lock(mutex_);
  is_frozen_ = true;
}

void LosingVfs::lie() {
  const std::lock_guard lock(mutex_);
  is_lying_ = true;
}

void LosingVfs::fail_from(Call call, int nth, int code, Lasts lasts) {
  const std::lock_guard lock(mutex_);
  failing_ = call;
  lasts_ = lasts;
  left_ = nth;
  code_ = code;
  has_failed_ = false;
}

void LosingVfs::heal() {
  const std::lock_guard lock(mutex_);
  left_ = -1;
}

bool LosingVfs::has_failed() const {
  const std::lock_guard lock(mutex_);
  return has_failed_;
}

}  // namespace orchestrator::harness::journal::testing
