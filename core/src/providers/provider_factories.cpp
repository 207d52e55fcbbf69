// SPDX-License-Identifier: Apache-2.0
// The providers that come with the library, from their settings.
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <filesystem>
#include <utility>

#include "orchestrator/harness/provider.hpp"
#include "providers/http_provider.hpp"
#include "providers/local/local_provider.hpp"
#include "providers/scripted/scripted_provider.hpp"

namespace orchestrator::harness {

Result<std::shared_ptr<ProviderAdapter>> openai_provider(OpenAiConfig config) {
  auto base_url = providers::checked_base_url(config.base_url, !config.api_key.empty(), "openai.base_url");
  if (!base_url) return std::unexpected(base_url.error());
  providers::HttpProviderConfig http;
  http.id = ProviderId("openai");
  http.format = providers::responses_format(*base_url);
  http.endpoint.base_url = *std::move(base_url);
  http.endpoint.api_key = std::move(config.api_key);
  if (!config.organization.empty())
    http.endpoint.headers.emplace_back("OpenAI-Organization", std::move(config.organization));
  if (!config.project.empty()) http.endpoint.headers.emplace_back("OpenAI-Project", std::move(config.project));
  http.missing_key_help = "set OPENAI_API_KEY";
  return std::make_shared<providers::HttpProvider>(std::move(http));
}

Result<std::shared_ptr<ProviderAdapter>> anthropic_provider(AnthropicConfig config) {
  auto base_url = providers::checked_base_url(config.base_url, !config.api_key.empty(), "anthropic.base_url");
  if (!base_url) return std::unexpected(base_url.error());
  providers::HttpProviderConfig http;
  http.id = ProviderId("anthropic");
  http.format = providers::messages_format();
  http.endpoint.base_url = *std::move(base_url);
  http.endpoint.api_key = std::move(config.api_key);
  http.missing_key_help = "set ANTHROPIC_API_KEY";
  return std::make_shared<providers::HttpProvider>(std::move(http));
}

Result<std::shared_ptr<ProviderAdapter>> gemini_provider(GeminiConfig config) {
  auto base_url = providers::checked_base_url(config.base_url, !config.api_key.empty(), "gemini.base_url");
  if (!base_url) return std::unexpected(base_url.error());
  providers::HttpProviderConfig http;
  http.id = ProviderId("gemini");
  http.format = providers::gemini_format();
  http.endpoint.base_url = *std::move(base_url);
  http.endpoint.api_key = std::move(config.api_key);
  http.missing_key_help = "set GEMINI_API_KEY";
  return std::make_shared<providers::HttpProvider>(std::move(http));
}

Result<std::shared_ptr<ProviderAdapter>> chat_provider(ChatConfig config) {
  if (config.base_url.empty()) config.base_url = "http://127.0.0.1:8080/v1";
  auto base_url = providers::checked_base_url(config.base_url, !config.api_key.empty(), config.id.str() + ".base_url");
  if (!base_url) return std::unexpected(base_url.error());
  providers::HttpProviderConfig http;
  http.id = std::move(config.id);
  http.format = providers::chat_format(*base_url);
  http.endpoint.base_url = *std::move(base_url);
  http.endpoint.api_key = std::move(config.api_key);
  http.models = std::move(config.models);
  return std::make_shared<providers::HttpProvider>(std::move(http));
}

std::shared_ptr<ProviderAdapter> local_provider(LocalConfig config) {
  return std::make_shared<providers::LocalProvider>(std::move(config));
}

std::shared_ptr<ProviderAdapter> scripted_provider() { return std::make_shared<providers::ScriptedProvider>(); }

Result<std::shared_ptr<ProviderAdapter>> scripted_provider(
    const std::vector<std::pair<std::string, std::string>>& scripts) {
  auto provider = std::make_shared<providers::ScriptedProvider>();
  for (const auto& [name, text] : scripts) {
    auto script = providers::parse_script(text, name);
    if (!script) return std::unexpected(script.error());
    provider->add_script(name, *std::move(script));
  }
  return provider;
}

}  // namespace orchestrator::harness
