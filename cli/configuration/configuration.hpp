// SPDX-License-Identifier: Apache-2.0
#pragma once

// The settings in force and where each comes from: flags, environment, orchestrator.toml in the working folder, the
// user's config.toml, defaults; the first that has a key wins. A value after it was loaded; safe to read from several
// threads.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/configuration/config_key.hpp"
#include "cli/configuration/user_folders.hpp"
#include "cli/display/terminal.hpp"
#include "orchestrator/harness/context.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/reliability.hpp"

namespace orchestrator::cli {

/// The origin of what nothing sets.
inline constexpr std::string_view kDefaultOrigin = "default";

/// One setting in force.
struct Setting {
  ConfigValue value;   // durations in milliseconds, sizes in bytes
  std::string origin;  // `--store`, `ORCHESTRATOR_STORE`, `orchestrator.toml:3`, `default`
};

/// An endpoint of the user's own, out of [providers.NAME].
struct NamedProvider {
  std::string name;
  std::string kind = "chat";
  std::string base_url;
  std::string api_key_env;  // at most one of the two is set
  std::string api_key_file;
  std::vector<std::string> models;
  std::string origin;  // where it begins
};

/// What to load from.
struct ConfigurationSources {
  Environment environment;
  std::map<std::string, std::string> flags;        // key to text, such as `store`
  std::string project_file = "orchestrator.toml";  // relative to the working folder; may be missing
  std::optional<std::string> explicit_file;        // --config: must exist, replaces the user's file
};

class Configuration {
 public:
  /// Errors: `configuration_invalid` with file, line and column, or with the variable or flag.
  [[nodiscard]] static harness::Result<Configuration> load(const ConfigurationSources& sources);

  /// The setting of a key, or null where nothing sets it and there is no default.
  [[nodiscard]] const Setting* find(std::string_view key) const;
  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
  [[nodiscard]] const std::map<std::string, Setting, std::less<>>& settings() const { return settings_; }
  [[nodiscard]] const std::vector<NamedProvider>& providers() const { return providers_; }
  [[nodiscard]] const UserFolders& folders() const { return folders_; }
  /// The files that were read, in order of precedence.
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

  [[nodiscard]] harness::TimeoutPolicy timeouts() const;
  [[nodiscard]] harness::RetryPolicy retries() const;
  [[nodiscard]] harness::ContextPolicy context() const;
  [[nodiscard]] harness::MemoryPolicy memory() const;
  [[nodiscard]] harness::RetryBudget retry_budget() const;
  [[nodiscard]] harness::CircuitPolicy circuit() const;
  [[nodiscard]] harness::Limits limits() const;
  [[nodiscard]] harness::HistoryLimits history() const;

 private:
  harness::Result<void> add_flags(const ConfigurationSources& sources);
  harness::Result<void> add_environment(const Environment& environment);
  harness::Result<void> add_file(const std::string& path, const Environment& environment, bool is_project);
  harness::Result<void> collect_providers();
  void add_defaults();

  std::map<std::string, Setting, std::less<>> settings_;
  std::vector<NamedProvider> providers_;
  std::vector<std::string> files_;
  UserFolders folders_;
};

}  // namespace orchestrator::cli
