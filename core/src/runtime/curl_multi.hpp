// SPDX-License-Identifier: Apache-2.0
#pragma once

// Drives all transfers of one client: one curl multi handle, one epoll set for its sockets that Asio
// watches as a single descriptor, one timer for curl and for every deadline. Works off one socket
// event, then runs the coroutines that it woke, inline and outside of curl's callbacks.
// Kept alive by its client and its own pending handlers. One thread.

#include "runtime/compiler_check.hpp"

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/curl_buffers.hpp"
#include "runtime/curl_deadlines.hpp"
#include "runtime/curl_request.hpp"
#include "runtime/http_client.hpp"

namespace orchestrator::harness::runtime {

class CurlExchange;
class CurlRegistry;

class CurlMulti final : public std::enable_shared_from_this<CurlMulti> {
 public:
  using Clock = CurlDeadlines::Clock;

  /// What becomes of the connection of an exchange that is released.
  enum class Connection : std::uint8_t { keep, close };

  /// Throws `std::runtime_error` where libcurl or the kernel gives no handle.
  static std::shared_ptr<CurlMulti> create(boost::asio::any_io_executor executor, const HttpClientOptions& options);
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;
  ~CurlMulti();

  Result<std::shared_ptr<CurlExchange>> start(HttpRequest request);
  /// Cancels all exchanges and lets go of the execution context; idempotent.
  void close();
  [[nodiscard]] std::size_t active() const { return active_.size(); }

  // For exchanges; never to be called inside a callback of curl, but for the last two.
  void release(CurlExchange& exchange, Connection connection);
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  void mark_ready(CurlExchange& exchange);
  void schedule(CurlExchange& exchange, Clock::time_point at);

 private:
  class Turn;

  CurlMulti(boost::asio::any_io_executor executor, const HttpClientOptions& options);

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* is_known);
  static int on_timer(CURLM*, long timeout_ms, void* self);

  void watch(curl_socket_t socket, int what, bool is_known);
  void drive_sockets();
  void drive_timeouts();
  void act(curl_socket_t socket, int events);
  void take_completed();
  void resume_ready();
  void run_immediate_timeouts();
  void arm();
  void arm_sockets();
  void arm_timer();
  void post_timeouts();
  void disarm();
  CURL* take_easy();
  void give_back(CURL* easy);

  boost::asio::any_io_executor executor_;
  CurlSettings settings_;
  std::size_t streams_max_;
  CURLM* multi_ = nullptr;
  CurlRegistry* registry_ = nullptr;
  std::optional<boost::asio::posix::stream_descriptor> sockets_;  // owns the epoll descriptor
  std::optional<boost::asio::steady_timer> timer_;
  std::vector<CURL*> spare_easies_;
  std::vector<CurlExchange*> active_;
  std::vector<std::shared_ptr<CurlExchange>> ready_;
  CurlDeadlines deadlines_;
  std::shared_ptr<CurlBuffers> buffers_ = std::make_shared<CurlBuffers>();
  std::optional<Clock::time_point> curl_due_;   // when curl wants to be called
  std::optional<Clock::time_point> timer_due_;  // when the timer will fire
  std::uint64_t socket_waits_ = 0;              // outdates handlers of waits that were called off
  std::uint64_t timer_waits_ = 0;
  bool is_waiting_for_sockets_ = false;
  bool is_timeout_posted_ = false;
  bool is_driving_ = false;
  bool is_closed_ = false;
};

}  // namespace orchestrator::harness::runtime
