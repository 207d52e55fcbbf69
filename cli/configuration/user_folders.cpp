// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration/user_folders.hpp"

namespace orchestrator::cli {
namespace {

std::optional<std::string> absolute(const Environment& environment, const std::string& name) {
  auto value = environment(name);
  if (!value || !value->starts_with('/')) {
    return std::nullopt;
  }
  while (value->size() > 1 && value->ends_with('/')) {
    value->pop_back();
  }
  return value;
}

std::optional<std::string> folder(const std::optional<std::string>& own, const std::optional<std::string>& home,
                                  const std::string& below_home) {
  if (own) {
    return *own + "/orchestrator";
  }
  return home ? std::optional(*home + below_home + "/orchestrator") : std::nullopt;
}

}  // namespace

UserFolders find_user_folders(const Environment& environment) {
  const auto home = absolute(environment, "HOME");
  return {folder(absolute(environment, "XDG_CONFIG_HOME"), home, "/.config"),
          folder(absolute(environment, "XDG_STATE_HOME"), home, "/.local/state"),
          folder(absolute(environment, "XDG_RUNTIME_DIR"), std::nullopt, "")};
}

}  // namespace orchestrator::cli
