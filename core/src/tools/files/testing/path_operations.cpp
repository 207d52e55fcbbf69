// SPDX-License-Identifier: Apache-2.0
#include "tools/files/testing/path_operations.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace orchestrator::harness::tools::testing {
namespace {

namespace fs = std::filesystem;

std::string read_all(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_all_of(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::uint32_t mode_of(const std::string& path) {
  struct stat found{};
  return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
}

PathState file_state(const std::string& content, std::uint32_t mode) {
  return {PathKind::file, mode, sha256(content), {}};
}

}  // namespace

Snapshot snapshot_of(const std::string& folder) {
  Snapshot snapshot;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string().substr(folder.size() + 1);
    std::string& text = snapshot[path];
    const fs::file_type type = entry.symlink_status().type();
    if (type == fs::file_type::symlink) {
      text = "link " + fs::read_symlink(entry.path()).string();
    } else {
      const bool is_file = type == fs::file_type::regular;
      text = (is_file ? "file " : "folder ") + std::to_string(mode_of(entry.path().string()));
      if (is_file) text += " " + read_all(entry.path());
    }
  }
  return snapshot;
}

PathOperations::PathOperations(std::string folder) : folder_(std::move(folder)) {
  reset();
  workspace_ = Workspace::open(folder_).value();
}

void PathOperations::reset() {
  for (const auto& entry : fs::directory_iterator(folder_)) fs::remove_all(entry.path());
  fs::create_directories(folder_ + "/d/deep");
  fs::create_directory(folder_ + "/e");
  write_all_of(folder_ + "/a", "one\ntwo\nthree\n");
  write_all_of(folder_ + "/b", std::string("\0\xff\n", 3));
  write_all_of(folder_ + "/d/c", "in a folder");
  write_all_of(folder_ + "/d/deep/x", "");
  ::chmod((folder_ + "/a").c_str(), 0640);
  ::chmod((folder_ + "/b").c_str(), 0755);
  ::chmod((folder_ + "/e").c_str(), 0700);
  fs::create_symlink("a", folder_ + "/l");
  fs::create_symlink("nowhere", folder_ + "/d/k");
  touched_.clear();
}

std::vector<std::string> PathOperations::all(Wanted wanted) const {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    const fs::file_type type = entry.symlink_status().type();
    const bool is_file = type == fs::file_type::regular;
    const bool is_folder = type == fs::file_type::directory;
    const bool fits = wanted == Wanted::anything || (wanted == Wanted::file && is_file) ||
                      (wanted == Wanted::link_or_file && !is_folder) ||
                      (wanted == Wanted::empty_folder && is_folder && fs::is_empty(entry.path()));
    if (fits) paths.push_back(entry.path().string().substr(folder_.size() + 1));
  }
  std::ranges::sort(paths);
  return paths;
}

// What the last operation touched, else the first; by chance, any. Empty where there is nothing of the kind.
std::string PathOperations::choose(Wanted wanted, const std::string& but) {
  std::vector<std::string> paths = all(wanted);
  std::erase(paths, but);
  if (paths.empty()) return {};
  if (random_) return paths[(*random_)() % paths.size()];
  return std::ranges::find(paths, touched_) != paths.end() ? touched_ : paths.front();
}

std::string PathOperations::new_name(const std::string& stem) {
  std::string folder;
  if (random_) {
    std::vector<std::string> folders{""};
    for (const std::string& path : all(Wanted::anything)) {
      if (fs::is_directory(fs::symlink_status(fs::path(folder_) / path))) folders.push_back(path + "/");
    }
    folder = folders[(*random_)() % folders.size()];
  }
  for (int number = 0;; ++number) {
    std::string name = folder + stem + (number == 0 ? "" : std::to_string(number));
    if (!fs::exists(fs::symlink_status(fs::path(folder_) / name))) return name;
  }
}

UndoRecord PathOperations::record(const std::vector<PathChangePlan>& changes) const {
  return record_paths(*workspace_, changes).value();
}

UndoRecord PathOperations::put(const std::string& path, const std::string& content) {
  const std::string whole = folder_ + "/" + path;
  const bool is_new = !fs::exists(fs::symlink_status(whole));
  const std::uint32_t mode = is_new ? 0644 : mode_of(whole);
  UndoRecord undo = record({{path, file_state(content, mode)}});
  write_all_of(whole, content);
  ::chmod(whole.c_str(), mode);
  touched_ = path;
  return undo;
}

UndoRecord PathOperations::apply(Operation operation) {
  counter_ += 1;
  const auto whole = [&](const std::string& path) { return folder_ + "/" + path; };
  const auto some_file = [&] { return choose(Wanted::file); };
  switch (operation) {
    case Operation::create:
      return put(new_name("new"), "made " + std::to_string(counter_));
    case Operation::write:
      if (const std::string path = some_file(); !path.empty()) return put(path, "written " + std::to_string(counter_));
      break;
    case Operation::append:
      if (const std::string path = some_file(); !path.empty()) return put(path, read_all(whole(path)) + "more\n");
      break;
    case Operation::truncate:
      if (const std::string path = some_file(); !path.empty()) return put(path, read_all(whole(path)).substr(0, 2));
      break;
    case Operation::edit:
      if (const std::string path = some_file(); !path.empty()) return put(path, "e" + read_all(whole(path)));
      break;
    case Operation::remove:
      if (const std::string path = choose(Wanted::link_or_file); !path.empty()) {
        UndoRecord undo = record({{path, PathState{}}});
        fs::remove(whole(path));
        return undo;
      }
      break;
    case Operation::rename:
      if (const std::string path = choose(Wanted::anything); !path.empty()) {
        std::string to = new_name("moved");
        while (to.starts_with(path + "/")) to = new_name("moved");
        UndoRecord undo = record_move(*workspace_, path, to).value();
        fs::rename(whole(path), whole(to));
        touched_ = to;
        return undo;
      }
      break;
    case Operation::rename_over: {
      const std::string from = choose(Wanted::link_or_file);
      const std::string to = from.empty() ? "" : choose(Wanted::link_or_file, from);
      if (to.empty()) break;
      PathState moved{PathKind::link, {}, {}, {}};
      if (fs::is_symlink(whole(from))) {
        moved.target = fs::read_symlink(whole(from)).string();
      } else {
        moved = file_state(read_all(whole(from)), mode_of(whole(from)));
      }
      UndoRecord undo = record({{to, moved}, {from, PathState{}}});
      fs::rename(whole(from), whole(to));
      touched_ = to;
      return undo;
    }
    case Operation::change_mode:
      if (const std::string path = some_file(); !path.empty()) {
        const std::uint32_t mode = mode_of(whole(path)) == 0600 ? 0755 : 0600;
        UndoRecord undo = record({{path, file_state(read_all(whole(path)), mode)}});
        ::chmod(whole(path).c_str(), mode);
        touched_ = path;
        return undo;
      }
      break;
    case Operation::make_folder: {
      const std::string path = new_name("folder");
      UndoRecord undo = record({{path, PathState{PathKind::folder, 0750, {}, {}}}});
      fs::create_directory(whole(path));
      ::chmod(whole(path).c_str(), 0750);
      touched_ = path;
      return undo;
    }
    case Operation::remove_folder:
      if (const std::string path = choose(Wanted::empty_folder); !path.empty()) {
        UndoRecord undo = record({{path, PathState{}}});
        fs::remove(whole(path));
        return undo;
      }
      break;
    case Operation::make_link: {
      const std::string path = new_name("link");
      UndoRecord undo = record({{path, PathState{PathKind::link, {}, {}, "a"}}});
      fs::create_symlink("a", whole(path));
      touched_ = path;
      return undo;
    }
  }
  return put(new_name("else"), "where there was nothing to work on");
}

}  // namespace orchestrator::harness::tools::testing
