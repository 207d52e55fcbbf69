// SPDX-License-Identifier: Apache-2.0
#pragma once

// The twelve operations on files that undo is tested with, done on a real folder and recorded as tools record them; and
// what the folder then looks like. For one thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "orchestrator/harness/compensation.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness::tools::testing {

enum class Operation : std::uint8_t {
  create,
  write,
  append,
  truncate,
  edit,
  remove,
  rename,
  rename_over,
  change_mode,
  make_folder,
  remove_folder,
  make_link
};
inline constexpr std::size_t kOperations = 12;

/// Every path below a folder, with kind, mode and content or target.
using Snapshot = std::map<std::string, std::string>;
[[nodiscard]] Snapshot snapshot_of(const std::string& folder);

/// A folder with some files, folders and links, and operations on it.
class PathOperations {
 public:
  /// Makes the folder's content. Each operation works on what the one before it touched, where it can.
  explicit PathOperations(std::string folder);
  /// From now on operations choose what they work on by chance.
  void choose_by(std::uint64_t seed) { random_.emplace(seed); }
  /// Begins anew with the present content.
  void forget() { touched_.clear(); }

  /// Carries the operation out, and gives the record that was made before it. Where there is nothing that it can work
  /// on, it makes a file.
  UndoRecord apply(Operation operation);

  [[nodiscard]] const Workspace& workspace() const { return *workspace_; }
  [[nodiscard]] std::shared_ptr<const Workspace> shared_workspace() const { return workspace_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] Snapshot snapshot() const { return snapshot_of(folder_); }
  /// Makes the content that the folder had at the beginning.
  void reset();

 private:
  enum class Wanted : std::uint8_t { file, link_or_file, anything, empty_folder };
  [[nodiscard]] std::vector<std::string> all(Wanted wanted) const;
  std::string choose(Wanted wanted, const std::string& but = {});
  std::string new_name(const std::string& stem);
  UndoRecord put(const std::string& path, const std::string& content);
  UndoRecord record(const std::vector<PathChangePlan>& changes) const;

  std::string folder_;
  std::shared_ptr<const Workspace> workspace_;
  std::string touched_;  // by the last operation
  std::optional<std::mt19937_64> random_;
  std::uint64_t counter_ = 0;
};

}  // namespace orchestrator::harness::tools::testing
