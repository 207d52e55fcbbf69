// SPDX-License-Identifier: Apache-2.0
#include "providers/local/local_settings.hpp"

#include <array>
#include <cstdlib>
#include <system_error>

namespace orchestrator::harness::providers {
namespace {

using std::filesystem::path;

bool is_file(const path& file) {
  std::error_code error;
  return std::filesystem::is_regular_file(file, error);
}

/// A folder of the XDG base directory rules: relative values are ignored, as they demand.
path base_folder(const EnvironmentLookup& environment, const std::string& name, const char* below_home) {
  if (path given = environment(name); given.is_absolute()) {
    return given;
  }
  const path home = environment("HOME");
  return home.is_absolute() ? home / below_home : path();
}

/// CHECKOUT of CHECKOUT/build/PRESET/bin/NAME, or empty.
path checkout_of(const path& executable) {
  const path bin = executable.parent_path();
  const path build = bin.parent_path().parent_path();
  if (bin.filename() != "bin" || build.filename() != "build") {
    return {};
  }
  const path root = build.parent_path();
  return is_file(root / "tools/local_model/serve.py") ? root : path();
}

path installed_folder(const path& executable) {
  const path below = "share/orchestrator/local-model";
  const std::array prefixes{executable.parent_path().parent_path(), path("/usr/local"), path("/usr")};
  for (const path& prefix : prefixes) {
    if (is_file(prefix / below / "serve.py")) {
      return prefix / below;
    }
  }
  return path("/usr") / below;
}

}  // namespace

LocalSettings find_local_settings(const path& executable, const EnvironmentLookup& environment) {
  LocalSettings found;
  if (const path root = checkout_of(executable); !root.empty()) {
    found.launcher = root / "tools/local_model/serve.py";
    found.python = root / ".local-model/venv/bin/python";
    found.install_hint = "`./dev run` installs it";
  } else {
    const path folder = installed_folder(executable);
    found.launcher = folder / "serve.py";
    if (const path data = base_folder(environment, "XDG_DATA_HOME", ".local/share"); !data.empty()) {
      found.python = data / "orchestrator/local-model/venv/bin/python";
    }
    found.install_hint = "`" + (folder / "local_model.sh").string() + " ensure` installs it";
  }
  if (const path state = base_folder(environment, "XDG_STATE_HOME", ".local/state"); !state.empty()) {
    found.state_dir = state / "orchestrator/local-model";
  }
  const auto override_with = [&environment](const char* name, path& target) {
    if (path given = environment(name); given.is_absolute()) {
      target = std::move(given);
    }
  };
  override_with("ORCHESTRATOR_LOCAL_PYTHON", found.python);
  override_with("ORCHESTRATOR_LOCAL_SERVE", found.launcher);
  override_with("ORCHESTRATOR_LOCAL_STATE", found.state_dir);
  return found;
}

LocalSettings find_local_settings(const path& executable) {
  std::error_code failed;
  const path program = executable.empty() ? std::filesystem::read_symlink("/proc/self/exe", failed) : executable;
  return find_local_settings(program, [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  });
}

}  // namespace orchestrator::harness::providers
