// SPDX-License-Identifier: Apache-2.0
#include "providers/scripted/scripted_provider.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "codec/openai_responses/responses_decoder.hpp"
#include "codec/provider_failure.hpp"
#include "providers/scripted/request_check.hpp"
#include "providers/scripted/script_stream.hpp"

namespace orchestrator::harness::providers {
namespace {

constexpr std::uintmax_t kScriptBytesMax = 16U << 20U;

namespace asio = boost::asio;
using CallResult = std::expected<void, ProviderCallFailure>;

constexpr std::size_t kAttemptsRemembered = 4'096;

std::unexpected<ProviderCallFailure> failed(Error error) {
  ProviderCallFailure failure;
  failure.error = std::move(error);
  return std::unexpected(std::move(failure));
}

// The answer that is due: one more than the answers already in the conversation. Items between two messages of a
// user, tool results among them, belong to the same exchange, but each model answer in it is a turn of its own.
std::size_t turn_of(const ProviderRequest& request) {
  std::size_t turn = 0;
  bool in_answer = false;
  for (const auto& item : request.items) {
    const auto* message = std::get_if<MessageItem>(&item->value);
    const bool is_result = std::holds_alternative<ToolResultItem>(item->value);
    const bool is_answer = !is_result && (message == nullptr || message->role == Role::assistant);
    if (is_answer && !in_answer) ++turn;
    in_answer = is_answer;
  }
  return turn;
}

// A wait that cancellation ends, by the exception of every cancelled wait.
asio::awaitable<void> wait_ms(std::uint64_t delay_ms) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(delay_ms));
  co_await timer.async_wait(asio::use_awaitable);
}

CallResult http_failure(const Fault& fault) {
  codec::Headers headers{{"content-type", fault.body.starts_with('<') ? "text/html" : "application/json"}};
  if (!fault.retry_after.empty()) headers.emplace_back("retry-after", fault.retry_after);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const WallTime wall{std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
  const auto failure = codec::map_http_failure(fault.status, headers, fault.body, "scripted", wall);
  auto result = failed(failure.error);
  result.error().advice = codec::advice_of(failure);
  return result;
}

}  // namespace

ModelOffer ScriptedProvider::offer(const ModelRef& model) const {
  ModelOffer offer;
  offer.model = model;
  offer.wire = "responses";
  return offer;
}

Result<Script> ScriptedProvider::script_of(const std::string& name) const {
  const auto found = scripts_.find(name);
  if (found != scripts_.end()) return found->second;
  std::error_code unknown;
  if (const auto status = std::filesystem::status(name, unknown); std::filesystem::exists(status)) {
    if (!std::filesystem::is_regular_file(status)) {
      return fail(RuntimeErrorCode::script_invalid, "the script " + name + " is no regular file", name);
    }
    if (const auto bytes = std::filesystem::file_size(name, unknown); bytes > kScriptBytesMax) {
      return fail(RuntimeErrorCode::script_invalid,
                  "the script " + name + " has more than " + std::to_string(kScriptBytesMax >> 20U) + " MiB", name);
    }
  }
  std::ifstream file(name, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return fail(RuntimeErrorCode::script_invalid, "cannot read the script " + name + ": " + std::strerror(errno), name);
  }
  return parse_script(text.str(), name);
}

Result<void> ScriptedProvider::ready(const ModelRef& model) const {
  const auto script = script_of(model.model);
  if (!script) return std::unexpected(script.error());
  return {};
}

std::size_t ScriptedProvider::count_attempt(const std::string& run_id, std::size_t turn) {
  const Attempt attempt{run_id, turn};
  const auto [entry, is_new] = attempts_.try_emplace(attempt, 0);
  if (is_new) {
    attempts_order_.push_back(attempt);
    if (attempts_order_.size() > kAttemptsRemembered) {
      attempts_.erase(attempts_order_.front());
      attempts_order_.pop_front();
    }
  }
  return entry->second++;
}

Awaitable<CallResult> ScriptedProvider::call(ProviderRequest request, ProviderCallContext context, ProviderSink* sink) {
  const auto script = script_of(request.model.model);
  if (!script) co_return failed(script.error());
  if (auto valid = check_request(request); !valid) co_return failed(valid.error());

  const std::size_t turn_number = turn_of(request);
  const ScriptedTurn& turn = script->turns[std::min(turn_number, script->turns.size() - 1)];
  const std::size_t attempt = count_attempt(context.run_id, turn_number);
  const Fault fault = attempt < turn.faults.size() ? turn.faults[attempt] : Fault{};
  if (fault.kind == FaultKind::unreachable) {
    co_return failed(ProviderError{ProviderErrorCode::provider_unreachable, "scripted: no connection", "scripted", {}});
  }
  const unsigned status = fault.kind == FaultKind::http ? fault.status : 200;
  co_await sink->headers(status, "scripted-" + std::to_string(turn_number + 1) + "-" + std::to_string(attempt + 1));
  if (fault.kind == FaultKind::http) co_return http_failure(fault);
  if (fault.kind == FaultKind::html) {
    Fault page = fault;
    page.status = 200;
    page.body = "<html><head><title>Sign in</title></head></html>";
    co_return http_failure(page);
  }

  codec::ResponsesDecoder decoder(context.limits);
  std::vector<ProviderPart> parts;
  for (const ScriptedWrite& write : scripted_writes(turn, fault, script->seed, turn_number)) {
    if (write.delay_ms > 0) {
      co_await sink->flush();
      co_await wait_ms(write.delay_ms);
    }
    decoder.feed(write.bytes, parts);
    // Each write is handed on by itself, so that the journal depends on the script alone and not on the clock.
    co_await sink->add(&parts);
    co_await sink->flush();
    if (decoder.done()) co_return CallResult();
  }
  if (fault.kind == FaultKind::stall) {
    co_await wait_ms(context.timeouts.idle_ms);
    ProviderCallFailure stalled;
    stalled.error = ProviderError{ProviderErrorCode::provider_stalled,
                                  "no progress for " + std::to_string(context.timeouts.idle_ms) + " ms",
                                  "scripted",
                                  {}};
    stalled.timer = TimerKind::idle;
    stalled.timer_ms = context.timeouts.idle_ms;
    co_return std::unexpected(std::move(stalled));
  }
  decoder.finish(parts);
  co_await sink->add(&parts);
  co_await sink->flush();
  co_return CallResult();
}

}  // namespace orchestrator::harness::providers
