// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/daemon_client.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>
#include <utility>

#include "cli/daemon/daemon_token.hpp"
#include "cli/exit_status.hpp"
#include "cli/store/blocking_wait.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "runtime/http_client.hpp"

namespace orchestrator::cli {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace runtime = harness::runtime;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint32_t kConnectMs = 3'000;
constexpr std::uint64_t kAnswerBytesMax = 8UL << 20U;

struct Answer {
  unsigned status = 0;
  std::string body;
};

/// No proxy has a part in what stays on this machine, nor sees its token.
runtime::HttpClientOptions without_proxies() {
  runtime::HttpClientOptions options;
  options.proxies = runtime::HttpProxies();
  return options;
}

asio::awaitable<Result<Answer>> exchange(runtime::HttpRequest request) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  runtime::HttpClientOptions options = without_proxies();
  runtime::HttpClient client(executor, std::move(options));
  auto stream = client.start(std::move(request));
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  auto head = co_await stream->head();
  if (!head) co_return std::unexpected(std::move(head.error()));
  Answer answer;
  answer.status = head->status;
  std::string piece;
  while (true) {
    auto more = co_await stream->read(piece);
    if (!more) co_return std::unexpected(std::move(more.error()));
    answer.body += piece;
    if (!*more) break;
    stream->progress();
  }
  co_return answer;
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

/// What the daemon said in place of a result.
harness::Error refusal(unsigned status, const json::object& body) {
  const json::value* inner = body.if_contains("error");
  const json::object* said = inner == nullptr ? nullptr : inner->if_object();
  harness::Error error;
  error.code = said == nullptr ? "daemon_refused" : text_in(*said, "code");
  error.at = said == nullptr ? std::string() : text_in(*said, "at");
  error.message = said == nullptr ? std::string() : text_in(*said, "message");
  if (error.message.empty()) error.message = "the daemon answered with status " + std::to_string(status);
  return error;
}

}  // namespace

std::unexpected<harness::Error> fail_unreachable(std::string message) {
  harness::Error error;
  error.code = kDaemonUnreachable;
  error.message = std::move(message);
  return std::unexpected(std::move(error));
}

Result<std::string> daemon_folder(const UserFolders& folders) {
  if (folders.state) return *folders.state + "/daemon";
  return fail(RuntimeErrorCode::configuration_invalid,
              "there is no folder for the daemon: neither XDG_STATE_HOME nor HOME is set", "XDG_STATE_HOME");
}

Result<DaemonRecord> find_daemon(const std::string& folder) {
  auto record = read_record(folder);
  if (!record) return std::unexpected(std::move(record.error()));
  if (!*record || !is_running(**record)) {
    return fail_unreachable("the daemon is not running; `orchestrator daemon start` starts it");
  }
  return **std::move(record);
}

Result<DaemonClient> DaemonClient::open(const std::string& folder, DaemonRecord record) {
  const std::string host = record.address.substr(0, record.address.rfind(':'));
  if (!runtime::is_loopback_host(host)) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the daemon is said to be at " + record.address + ", which is not this machine: no token goes there",
                record.address);
  }
  const std::string path = folder + "/token";
  auto token = read_token(path);
  if (!token) return std::unexpected(std::move(token.error()));
  if (!*token) return fail(RuntimeErrorCode::configuration_invalid, "the token file " + path + " is gone", path);
  return DaemonClient(std::move(record), **std::move(token));
}

Result<json::object> DaemonClient::ask(const std::string& method, const std::string& path, const std::string& body,
                                       std::uint32_t wait_ms) const {
  runtime::HttpRequest request;
  request.method = method;
  request.url = "http://" + record_.address + path;
  request.headers = {{"Authorization", "Bearer " + token_}, {"Accept", "application/json"}};
  if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  request.body = body;
  request.timeouts.connect_ms = std::min(kConnectMs, wait_ms);
  request.timeouts.first_byte_ms = wait_ms;
  request.timeouts.idle_ms = wait_ms;
  request.timeouts.total_ms = wait_ms;
  request.limits.body_bytes = kAnswerBytesMax;
  auto answer = wait_for(exchange(std::move(request)));
  if (!answer) {
    return fail_unreachable("the daemon at http://" + record_.address + " does not answer: " + answer.error().message);
  }
  json::error_code error;
  json::value value = json::parse(answer->body, error);
  json::object* object = error ? nullptr : value.if_object();
  if (answer->status < 200 || answer->status > 299) {
    return std::unexpected(refusal(answer->status, object == nullptr ? json::object() : *object));
  }
  if (object == nullptr)
    return fail_unreachable("what listens at http://" + record_.address + " is no daemon of this kind");
  return std::move(*object);
}

}  // namespace orchestrator::cli
