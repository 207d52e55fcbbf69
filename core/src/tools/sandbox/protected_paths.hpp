// SPDX-License-Identifier: Apache-2.0
#pragma once

// The paths of a workspace that commands must not change: they steer this harness, or programs that people run there.
// For the time of a command a protected path that does not exist is held by an empty folder, which cannot be written
// to inside the sandbox, and which is removed afterwards. `PlaceholderCounts` belongs to one tool; any thread.

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "tools/process/descriptor.hpp"

namespace orchestrator::harness::tools {

/// How many commands use each placeholder at this moment.
class PlaceholderCounts final {
 public:
  /// Makes `name` in the open folder `parent`. False: something is there, or nothing can be made there.
  bool take(int parent, const std::string& name);
  /// Counts one more use if `name` is a placeholder of ours; false if it is not.
  bool take_again(int parent, const std::string& name);
  /// Counts one use less and removes the placeholder after the last, if it is still empty.
  void give_back(int parent, const std::string& name);

 private:
  std::mutex mutex_;
  std::map<std::string, int> uses_;  // by device, folder and name
};

/// The protected paths of one command; placeholders go away with the object.
class ProtectedPaths final {
 public:
  /// Looks at each of `paths`, relative to the open folder `workspace`. A path through a symbolic link cannot be held
  /// read-only and is `protected_path`. `counts` is shared by the commands of a tool.
  static std::expected<ProtectedPaths, ToolError> hold(int workspace, const std::vector<std::string>& paths,
                                                       std::shared_ptr<PlaceholderCounts> counts);
  ProtectedPaths(ProtectedPaths&&) = default;
  ProtectedPaths& operator=(ProtectedPaths&&) = delete;
  ~ProtectedPaths();

  /// Those that exist now, relative to the workspace.
  [[nodiscard]] const std::vector<std::string>& existing() const { return existing_; }

 private:
  struct Placeholder {
    Descriptor parent;
    std::string name;
  };

  ProtectedPaths() = default;
  enum class Missing : bool { ignore, hold };
  std::expected<void, ToolError> add(int workspace, const std::string& named, Missing missing);

  std::vector<std::string> existing_;
  std::vector<Placeholder> placeholders_;
  std::shared_ptr<PlaceholderCounts> counts_;  // shared by the commands of a tool
};

/// What shells and other programs run or obey in the home of whoever works there. Commands find them read-only where
/// they exist; file tools never change or make them.
[[nodiscard]] std::vector<std::string> start_files();

/// Paths that are always protected, whether they exist or not.
[[nodiscard]] std::vector<std::string> built_in_protected_paths();

}  // namespace orchestrator::harness::tools
