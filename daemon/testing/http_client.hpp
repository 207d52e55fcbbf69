// SPDX-License-Identifier: Apache-2.0
#pragma once

// A client of raw bytes, so that tests can send what no client would. Blocking, with a deadline that only a broken
// server reaches; for one thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator::daemon::testing {

/// An answer, its body taken out of its chunks.
struct Answer {
  unsigned status = 0;
  std::string head;
  std::string body;
};

class HttpClient {
 public:
  /// Connects to a port of 127.0.0.1.
  explicit HttpClient(std::uint16_t port);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  void send(std::string_view bytes);
  /// Reads until `wanted` stands in what has come, or the end; all that has come so far.
  const std::string& read_until(std::string_view wanted);
  /// Reads to the end of the connection.
  const std::string& read_all();

 private:
  bool read_some();
  int socket_;
  std::string bytes_;
};

/// Takes an answer apart. A status of 0 where there is none.
[[nodiscard]] Answer parse_answer(std::string_view bytes);

/// Sends bytes on a connection of their own and reads to its end.
[[nodiscard]] Answer ask(std::uint16_t port, std::string_view bytes);

/// `text` with CRLF for each `|`.
[[nodiscard]] std::string wire(std::string_view text);

}  // namespace orchestrator::daemon::testing
