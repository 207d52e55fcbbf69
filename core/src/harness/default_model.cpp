// SPDX-License-Identifier: Apache-2.0
#include "harness/default_model.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/http_client.hpp"

namespace orchestrator::harness::assembly {
namespace {

namespace asio = boost::asio;

constexpr std::uint32_t kProbeMs = 300;
constexpr std::size_t kListBytesMax = 1UL << 20;

// The names that GET {base}/models lists; nothing when no such server answers in time.
asio::awaitable<std::optional<std::vector<std::string>>> listed_models(std::string base_url) {
  using Names = std::optional<std::vector<std::string>>;
  runtime::HttpClient client(co_await asio::this_coro::executor);
  runtime::HttpRequest request;
  request.method = "GET";
  request.url = base_url + "/models";
  request.timeouts.connect_ms = kProbeMs;
  request.timeouts.first_byte_ms = kProbeMs;
  request.timeouts.idle_ms = kProbeMs;
  request.timeouts.total_ms = 2 * kProbeMs;
  request.limits.body_bytes = kListBytesMax;
  auto stream = client.start(std::move(request));
  if (!stream) co_return Names();
  auto head = co_await stream->head();
  if (!head || head->status != 200) co_return Names();
  std::string body;
  std::string buffer;
  for (;;) {
    auto more = co_await stream->read(buffer);
    if (!more) co_return Names();
    body += buffer;
    if (!*more) break;
  }
  boost::json::error_code failed;
  const boost::json::value json = boost::json::parse(body, failed);
  if (failed || !json.is_object()) co_return Names();
  const boost::json::value* data = json.get_object().if_contains("data");
  if (data == nullptr || !data->is_array()) co_return Names();
  std::vector<std::string> names;
  for (const boost::json::value& model : data->get_array()) {
    const boost::json::value* id = model.is_object() ? model.get_object().if_contains("id") : nullptr;
    if (id != nullptr && id->is_string()) names.emplace_back(id->get_string());
  }
  co_return names;
}

std::optional<std::vector<std::string>> models_at(const std::string& base_url) {
  asio::io_context context(1);
  auto names = asio::co_spawn(context, listed_models(base_url), asio::use_future);
  context.run();
  return names.get();
}

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace

std::optional<std::string> find_local_chat_server() {
  for (const char* base_url : {"http://127.0.0.1:8080/v1", "http://127.0.0.1:11434/v1"}) {
    if (models_at(base_url)) return base_url;
  }
  return std::nullopt;
}

std::string default_model(const std::vector<std::shared_ptr<ProviderAdapter>>& providers) {
  if (is_set("OPENAI_API_KEY")) return std::string("openai/") + kDefaultOpenAiModel;
  if (is_set("ANTHROPIC_API_KEY")) return std::string("anthropic/") + kDefaultAnthropicModel;
  if (is_set("GEMINI_API_KEY")) return std::string("gemini/") + kDefaultGeminiModel;
  const auto find = [&](const char* id) {
    const auto found = std::ranges::find(providers, id, [](const auto& provider) { return provider->id().str(); });
    return found == providers.end() ? nullptr : found->get();
  };
  if (const ProviderAdapter* chat = find("chat")) {
    // An address that is refused is not asked, and another model in its place would hide that it is wrong.
    const ModelRef any{chat->id(), "default"};
    if (!chat->ready(any)) return any.str();
    const char* configured = std::getenv("CHAT_BASE_URL");
    const auto base_url = is_set("CHAT_BASE_URL") ? std::optional<std::string>(configured) : find_local_chat_server();
    if (base_url) {
      const auto names = models_at(*base_url);
      if (names && !names->empty()) return "chat/" + names->front();
    }
  }
  return find("local") != nullptr ? "local/smollm2-135m-instruct" : "";
}

}  // namespace orchestrator::harness::assembly
