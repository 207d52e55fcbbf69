// SPDX-License-Identifier: Apache-2.0
#include "harness/environment.hpp"

#include <cstdlib>
#include <utility>

#include "harness/default_model.hpp"
#include "harness/state_folder.hpp"

namespace orchestrator::harness::assembly {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::vector<std::shared_ptr<ProviderAdapter>>> providers_of_environment() {
  std::vector<std::shared_ptr<ProviderAdapter>> providers;
  OpenAiConfig openai;
  openai.api_key = variable("OPENAI_API_KEY");
  if (const std::string url = variable("OPENAI_BASE_URL"); !url.empty()) openai.base_url = url;
  auto responses = openai_provider(std::move(openai));
  if (!responses) return std::unexpected(responses.error());
  providers.push_back(*std::move(responses));

  ChatConfig chat;
  chat.api_key = variable("CHAT_API_KEY");
  chat.base_url = variable("CHAT_BASE_URL");
  if (chat.base_url.empty()) chat.base_url = find_local_chat_server().value_or("");
  auto compatible = chat_provider(std::move(chat));
  if (!compatible) return std::unexpected(compatible.error());
  providers.push_back(*std::move(compatible));

  providers.push_back(local_provider({}));
  providers.push_back(scripted_provider());
  return providers;
}

}  // namespace

Result<Environment> read_environment() {
  Environment environment;
  environment.store_url = variable("ORCHESTRATOR_STORE");
  if (environment.store_url.empty()) {
    auto folder = state_folder();
    if (!folder) return std::unexpected(folder.error());
    environment.store_url = "jsonl:" + *folder + "/journal";
  }
  auto log_config = LogConfig::from_environment();
  if (!log_config) return std::unexpected(log_config.error());
  if (!log_config->levels.empty()) {
    auto log = make_log_sink(*log_config);
    if (!log) return std::unexpected(log.error());
    environment.log = *std::move(log);
  }
  auto providers = providers_of_environment();
  if (!providers) return std::unexpected(providers.error());
  environment.providers = *std::move(providers);
  environment.default_model = default_model(environment.providers);
  return environment;
}

}  // namespace orchestrator::harness::assembly
