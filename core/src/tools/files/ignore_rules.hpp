// SPDX-License-Identifier: Apache-2.0
#pragma once

// What git ignores, as gitignore(5) says: patterns of a folder and of those above it, the last that matches decides, a
// leading `!` takes back. Values; for any thread.

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness::tools {

/// A glob as an anchored expression: `*` and `?` stop at `/`, `**` does not, `[...]` as in a shell. Null where it is
/// none.
[[nodiscard]] std::shared_ptr<const re2::RE2> compile_glob(std::string_view glob);

class IgnoreRules {
 public:
  /// Adds the rules of a `.gitignore` in `folder` (relative to the root; empty for the root itself). Rules of deeper
  /// folders must be added after those above. 10,000 rules at most are kept.
  void add(const std::string& folder, std::string_view text);
  /// Whether `path`, relative to the root, is ignored by itself. What is in an ignored folder is not asked about.
  [[nodiscard]] bool ignores(std::string_view path, bool is_folder) const;

 private:
  struct Rule {
    std::string folder;                          // with its `/`, or empty
    std::shared_ptr<const re2::RE2> expression;  // shared by copies of the rules
    bool takes_back = false;
    bool folders_only = false;
    bool anywhere = false;  // matches the last part of a path, in any folder
  };
  std::vector<Rule> rules_;
};

}  // namespace orchestrator::harness::tools
