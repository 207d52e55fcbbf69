// SPDX-License-Identifier: Apache-2.0
#pragma once

// One HTTP exchange on one curl easy handle: its buffer, its deadlines and the one coroutine that
// may wait for it. Callbacks of curl only store and mark; waiters run after curl has returned.
// Shared by the `HttpStream` and its own pending wait; `CurlMulti` refers to it while it is active.
// One thread.

#include "runtime/compiler_check.hpp"

#include <curl/curl.h>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/curl_buffers.hpp"
#include "runtime/curl_deadlines.hpp"
#include "runtime/curl_request.hpp"
#include "runtime/http_client.hpp"
#include "runtime/http_client_chunks.hpp"
#include "runtime/http_client_head.hpp"
#include "runtime/http_client_idle.hpp"

namespace orchestrator::harness::runtime {

class CurlExchange final : public std::enable_shared_from_this<CurlExchange> {
 public:
  using Clock = std::chrono::steady_clock;
  using Waiter = std::move_only_function<void()>;

  /// `buffers` is shared with the client and its other exchanges.
  CurlExchange(CurlRequest request, std::shared_ptr<CurlBuffers> buffers);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;
  ~CurlExchange();

  // For `HttpStream`; contracts there. The shared pointer keeps the exchange for the wait.
  static boost::asio::awaitable<Result<HttpResponseHead>> head(std::shared_ptr<CurlExchange> self);
  static boost::asio::awaitable<Result<bool>> read(std::shared_ptr<CurlExchange> self, std::string* buffer,
                                                   std::optional<Clock::time_point> deadline);
  void progress() { idle_.progress(); }
  void cancel();
  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size(); }

  // For `CurlMulti`.
  /// Sets up `easy` for this exchange, which is about to be added to `multi`.
  [[nodiscard]] bool attach(CurlMulti& multi, CURL* easy, const CurlSettings& settings);
  /// The transfer has ended by itself; the handle is still this exchange's.
  void complete(CURLcode code);
  /// Takes the easy handle away from the exchange, which then knows no `CurlMulti` any more.
  CURL* detach();
  /// Acts on every deadline that has passed and returns the next one.
  std::optional<Clock::time_point> check_deadlines(Clock::time_point now);
  /// The earliest deadline as things stand.
  [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;
  /// Runs the waiter inline if what it waits for is there.
  void resume();

  CurlDeadlines::Entry deadline_entry;  // kept by `CurlMulti`
  std::size_t active_index = 0;         // kept by `CurlMulti`
  bool is_marked_ready = false;         // kept by `CurlMulti`

 private:
  enum class Want : std::uint8_t { head, body };

  // Without exceptions, which could not pass through curl.
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static int on_connected(void* self, char*, char*, int, int);
  bool take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  Result<bool> hand_out(std::string& buffer);
  void unpause();
  void mark_ready();
  void end_with(Error error);
  void end_late(ProviderErrorCode code, std::string_view what, std::uint64_t after_ms);
  [[nodiscard]] bool is_waited_for_ready() const;
  [[nodiscard]] Error provider_error(ProviderErrorCode code, std::string message) const;

  static auto wait(CurlExchange* self, Want want, std::optional<Clock::time_point> flush);
  void park(Waiter waiter, Want want, std::optional<Clock::time_point> flush);

  CurlRequest request_;
  std::shared_ptr<CurlBuffers> buffers_;
  CurlMulti* multi_ = nullptr;  // while active
  CURL* easy_ = nullptr;        // while active
  Clock::time_point began_;
  HttpHeadReader head_reader_;
  HttpChunkDecoder chunks_;
  HttpIdleClock idle_;
  std::uint64_t since_request_us_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::string buffer_;
  Waiter waiter_;
  std::optional<Clock::time_point> flush_;  // of the wait under way
  Want want_ = Want::head;
  bool flush_passed_ = false;
  bool is_connected_ = false;
  bool is_reused_ = false;
  bool is_paused_ = false;
  bool has_ended_ = false;
  std::optional<Error> failure_;
  char detail_[CURL_ERROR_SIZE] = {};
};

}  // namespace orchestrator::harness::runtime
