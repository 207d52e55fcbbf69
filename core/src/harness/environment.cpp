// SPDX-License-Identifier: Apache-2.0
#include "harness/environment.hpp"

#include <cstdlib>
#include <utility>

#include "harness/default_model.hpp"
#include "harness/default_store.hpp"
#include "harness/state_folder.hpp"
#include "providers/refused_provider.hpp"

namespace orchestrator::harness::assembly {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The provider, or where its address is wrong one that refuses its runs and names the variable.
std::shared_ptr<ProviderAdapter> or_refused(Result<std::shared_ptr<ProviderAdapter>> provider, const char* id,
                                            const char* address_variable) {
  if (provider) return *std::move(provider);
  Error reason = std::move(provider.error());
  reason.message = std::string(address_variable) + ": " + reason.message;
  return std::make_shared<providers::RefusedProvider>(ProviderId(id), std::move(reason));
}

std::vector<std::shared_ptr<ProviderAdapter>> providers_of_environment() {
  std::vector<std::shared_ptr<ProviderAdapter>> providers;
  OpenAiConfig openai;
  openai.api_key = variable("OPENAI_API_KEY");
  if (const std::string url = variable("OPENAI_BASE_URL"); !url.empty()) openai.base_url = url;
  providers.push_back(or_refused(openai_provider(std::move(openai)), "openai", "OPENAI_BASE_URL"));

  AnthropicConfig anthropic;
  anthropic.api_key = variable("ANTHROPIC_API_KEY");
  if (const std::string url = variable("ANTHROPIC_BASE_URL"); !url.empty()) anthropic.base_url = url;
  providers.push_back(or_refused(anthropic_provider(std::move(anthropic)), "anthropic", "ANTHROPIC_BASE_URL"));

  GeminiConfig gemini;
  gemini.api_key = variable("GEMINI_API_KEY");
  const char* gemini_address = "GEMINI_BASE_URL";
  if (variable(gemini_address).empty()) gemini_address = "GOOGLE_GEMINI_BASE_URL";  // as Google's own SDKs call it
  if (const std::string url = variable(gemini_address); !url.empty()) gemini.base_url = url;
  providers.push_back(or_refused(gemini_provider(std::move(gemini)), "gemini", gemini_address));

  ChatConfig chat;
  chat.api_key = variable("CHAT_API_KEY");
  chat.base_url = variable("CHAT_BASE_URL");
  if (chat.base_url.empty()) chat.base_url = find_local_chat_server().value_or("");
  providers.push_back(or_refused(chat_provider(std::move(chat)), "chat", "CHAT_BASE_URL"));

  providers.push_back(local_provider({}));
  providers.push_back(scripted_provider());
  return providers;
}

// A short one is no key but a word that servers without keys are given, such as `ollama`: it stays in texts.
std::vector<ConfiguredSecret> keys_of_environment() {
  std::vector<ConfiguredSecret> keys;
  for (const char* name : {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "CHAT_API_KEY"}) {
    if (std::string key = variable(name); is_protected_key(key)) keys.push_back({name, std::move(key)});
  }
  return keys;
}

Result<std::string> store_of_environment() {
  if (std::string named = variable("ORCHESTRATOR_STORE"); !named.empty()) return named;
  auto folder = state_folder();
  if (!folder) return std::unexpected(std::move(folder.error()));
  return default_store_url(*folder);
}

}  // namespace

Result<Environment> read_environment() {
  Environment environment;
  environment.store_url = store_of_environment();
  environment.is_default_store = variable("ORCHESTRATOR_STORE").empty();
  auto log_config = LogConfig::from_environment();
  if (!log_config) return std::unexpected(log_config.error());
  if (!log_config->levels.empty()) {
    auto log = make_log_sink(*log_config);
    if (!log) return std::unexpected(log.error());
    environment.log = *std::move(log);
  }
  environment.keys = keys_of_environment();
  environment.providers = providers_of_environment();
  environment.default_model = default_model(environment.providers);
  return environment;
}

}  // namespace orchestrator::harness::assembly
