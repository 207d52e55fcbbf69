// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/redaction_choice.hpp"

#include <string>
#include <utility>

namespace orchestrator::cli {
namespace {

using harness::RedactionMode;
using harness::Result;

// `keys` finds what it knows by value, and nothing by its looks: it never changes another text.
constexpr harness::RedactionDetectors kKeysAlone{.secret = true,
                                                 .vendor_key = false,
                                                 .email = false,
                                                 .card = false,
                                                 .iban = false,
                                                 .phone = false,
                                                 .name = false,
                                                 .entropy = false};

std::string mode_of(const CommandContext& context, const Configuration& configuration) {
  if (const auto mode = context.invocation.value("--redact"); mode) {
    return std::string(*mode);
  }
  return configuration.text("safety.redact").value_or("keys");
}

Result<std::shared_ptr<harness::SecretVault>> open_vault(const Configuration& configuration) {
  const auto& state = configuration.folders().state;
  if (!state) {
    return harness::fail(harness::RuntimeErrorCode::configuration_invalid,
                         "there is no place for the vault of --redact reversible: set HOME or XDG_STATE_HOME",
                         "safety.redact");
  }
  return harness::file_vault(*state + "/vault/values");
}

}  // namespace

Result<RedactionChoice> choose_redaction(const CommandContext& context, const Configuration& configuration,
                                         std::vector<harness::ConfiguredSecret> keys) {
  RedactionChoice choice;
  const std::string mode = mode_of(context, configuration);
  if (mode == "none") {
    choice.policy.mode = RedactionMode::none;
    return choice;
  }
  choice.policy.mode = mode == "reversible" ? RedactionMode::reversible : RedactionMode::full;
  choice.policy.secrets = std::move(keys);
  if (mode == "keys") {
    choice.policy.detectors = kKeysAlone;
    return choice;
  }
  if (const Setting* names = configuration.find("safety.redact_names"); names != nullptr) {
    choice.policy.secret_names = std::get<std::vector<std::string>>(names->value);
  }
  if (mode == "reversible") {
    auto vault = open_vault(configuration);
    if (!vault) {
      return std::unexpected(std::move(vault.error()));
    }
    choice.vault = *std::move(vault);
  }
  return choice;
}

std::shared_ptr<harness::SecretVault> display_vault(const CommandContext& context, const Configuration& configuration) {
  if (context.invocation.has("--json") || mode_of(context, configuration) != "reversible") {
    return nullptr;
  }
  return open_vault(configuration).value_or(nullptr);  // that it cannot be opened was told with the harness
}

}  // namespace orchestrator::cli
