// SPDX-License-Identifier: Apache-2.0
#include "tools/files/folder_walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "tools/files/ignore_rules.hpp"
#include "tools/files/workspace_path.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr std::size_t kIgnoreFileBytesMax = 1 << 20;

struct Entry {
  std::string name;
  FileKind kind;
  std::uint64_t size_bytes;
};

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::file;
  if (S_ISDIR(mode)) return FileKind::folder;
  return S_ISLNK(mode) ? FileKind::link : FileKind::other;
}

// A name of `temporary_name`: a change that goes on, or that a crash has cut off.
bool is_temporary(std::string_view name) {
  return name.starts_with(kTemporaryPrefix) && name.size() == kTemporaryPrefix.size() + 16;
}

class Walk {
 public:
  Walk(const WalkOptions& options, const std::function<bool(const WalkedEntry&)>& see) : options_(options), see_(see) {}

  // False once the walk is to end. The folder is this call's own.
  bool folder(Descriptor number, const std::string& path, std::uint32_t depth, IgnoreRules rules) {
    if (options_.skips_ignored) rules.add(path, ignore_text(number.get()));
    std::vector<Entry> entries;
    if (!read_entries(number, entries)) return true;  // a folder that cannot be read is shown, and not entered
    std::ranges::sort(entries, {}, &Entry::name);
    for (const Entry& entry : entries) {
      if (options_.stop.stop_requested() || ++seen_ > options_.entries_max) {
        is_cut_ = true;
        return false;
      }
      const std::string full = path.empty() ? entry.name : path + "/" + entry.name;
      const bool is_folder = entry.kind == FileKind::folder;
      if (options_.skips_ignored && (entry.name == ".git" || rules.ignores(full, is_folder))) continue;
      if (!see_({full, entry.kind, entry.size_bytes})) return false;
      if (!is_folder || depth == 0) continue;
      Descriptor below(
          ::openat(number.get(), entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
      if (below.is_open() && !folder(std::move(below), full, depth - 1, rules)) return false;
    }
    return true;
  }
  [[nodiscard]] bool is_cut() const { return is_cut_; }

  static std::string ignore_text(int folder) {
    const Descriptor file(::openat(folder, ".gitignore", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat found{};
    if (!file.is_open() || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
    std::string text(std::min(kIgnoreFileBytesMax, static_cast<std::size_t>(found.st_size)), '\0');
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

 private:
  bool read_entries(const Descriptor& number, std::vector<Entry>& entries) {
    DIR* listing = ::fdopendir(::dup(number.get()));
    if (listing == nullptr) return false;
    while (const dirent* entry = ::readdir(listing)) {
      const std::string name = entry->d_name;
      struct stat found{};
      if (name == "." || name == ".." || is_temporary(name)) continue;
      if (::fstatat(number.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
      entries.push_back({name, kind_of(found.st_mode), static_cast<std::uint64_t>(found.st_size)});
      if (entries.size() > kWalkEntriesMax) break;
    }
    ::closedir(listing);
    return true;
  }

  const WalkOptions& options_;
  const std::function<bool(const WalkedEntry&)>& see_;
  std::uint64_t seen_ = 0;
  bool is_cut_ = false;
};

}  // namespace

std::expected<bool, ToolError> walk(const Workspace& workspace, const std::string& path, const WalkOptions& options,
                                    const std::function<bool(const WalkedEntry&)>& see) {
  auto opened = open_path(workspace, path);
  if (!opened) return std::unexpected(opened.error());
  auto number = open_beneath(workspace, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (!number) return std::unexpected(number.error());
  Walk run(options, see);
  const std::string folder = opened->path == "." ? std::string() : opened->path;
  IgnoreRules above;
  // What the folders above say holds below as well.
  for (std::size_t end = 0; options.skips_ignored && !folder.empty() && end != folder.npos;
       end = folder.find('/', end + 1)) {
    const std::string one = folder.substr(0, end);
    const auto upper = open_beneath(workspace, one.empty() ? "." : one, O_PATH | O_DIRECTORY);
    if (upper) above.add(one, Walk::ignore_text(upper->get()));
  }
  run.folder(*std::move(number), folder, options.depth, std::move(above));
  return !run.is_cut();
}

}  // namespace orchestrator::harness::tools
