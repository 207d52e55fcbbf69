// SPDX-License-Identifier: Apache-2.0

// A mock of the OpenAI Responses API, written for speed: one thread, epoll, answers rendered once,
// one HTTP chunk for each event. It listens on loopback only, at a free port that it prints as
// `port N`. The model name of a request says what to stream:
//   mock-blast-N   N deltas at once
//   mock-tools-N   N tool calls, one a request, then a text (mock_tools.hpp)
//   mock-paced-N   the first delta after 50 ms, then one each 10 ms, each stamped with the time it
//   was sent mock-abort-N   stamped deltas, one each 5 ms; when the client closes the socket before
//   the end,
//                  `closed NANOSECONDS` (CLOCK_MONOTONIC) is printed

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <queue>
#include <unordered_map>

#include "mock_body.hpp"
#include "mock_tools.hpp"
#include "process_meters.hpp"

namespace bench {
namespace {

constexpr std::size_t kRequestBytesMax = 16U << 20U;
constexpr std::uint32_t kAnswerDeltas = 5;  // of the text after a tool loop
constexpr std::uint64_t kFirstDeltaNs = 50'000'000;
constexpr std::uint64_t kPacedIntervalNs = 10'000'000;
constexpr std::uint64_t kAbortIntervalNs = 5'000'000;

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "mock_openai: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

struct Connection {
  int fd = -1;
  std::size_t slot = 0;
  std::uint64_t generation = 0;  // tells a timer of this connection from one of an earlier connection
  std::string request;
  const Body* body = nullptr;  // set while an answer is under way
  std::size_t sent = 0;        // blast: bytes of `body` that were sent
  std::size_t next_delta = 0;
  std::uint64_t next_due_ns = 0;
  std::string text;     // the stamped text so far, repeated by the closing events
  std::string backlog;  // bytes that the socket did not take
  bool wants_write = false;
};

struct Timer {
  std::uint64_t due_ns;
  std::size_t slot;
  std::uint64_t generation;
  bool operator>(const Timer& other) const { return due_ns > other.due_ns; }
};

class Server {
 public:
  void run() {
    listen_on_loopback();
    std::vector<epoll_event> events(512);
    for (;;) {
      fire_due_timers();
      const int count = wait(events);
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
    }
  }

 private:
  static constexpr std::uint64_t kListener = ~std::uint64_t{0};

  void listen_on_loopback() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ < 0 || epoll_ < 0) die("socket");
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) die("bind");
    if (listen(listener_, 4096) != 0) die("listen");
    if (getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) die("getsockname");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kListener;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0) die("epoll_ctl");
    std::printf("port %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);
  }

  int wait(std::vector<epoll_event>& events) const {
    timespec timeout{};
    if (!timers_.empty()) {
      const std::uint64_t now = now_ns();
      const std::uint64_t rest = timers_.top().due_ns > now ? timers_.top().due_ns - now : 0;
      timeout.tv_sec = static_cast<time_t>(rest / 1'000'000'000U);
      timeout.tv_nsec = static_cast<long>(rest % 1'000'000'000U);
    }
    const timespec* limit = timers_.empty() ? nullptr : &timeout;
    const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), limit, nullptr);
    if (count < 0 && errno != EINTR) die("epoll_pwait2");
    return count;
  }

  void handle(const epoll_event& event) {
    if (event.data.u64 == kListener) {
      accept_all();
      return;
    }
    const auto slot = static_cast<std::size_t>(event.data.u64);
    Connection& connection = connections_[slot];
    if (connection.fd < 0) return;
    if ((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      close_connection(connection);
      return;
    }
    if ((event.events & EPOLLIN) != 0) read_request(connection);
    if (connection.fd >= 0 && (event.events & EPOLLOUT) != 0) write_rest(connection);
  }

  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      std::size_t slot = connections_.size();
      if (free_slots_.empty()) {
        connections_.emplace_back();
      } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
      }
      Connection& connection = connections_[slot];
      connection = Connection();
      connection.fd = fd;
      connection.slot = slot;
      connection.generation = ++generations_;
      epoll_event event{};
      event.events = EPOLLIN | EPOLLRDHUP;
      event.data.u64 = slot;
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
    }
  }

  void close_connection(Connection& connection) {
    if (connection.body != nullptr && connection.body->recipe.pace == Pace::abort) {
      std::printf("closed %llu\n", static_cast<unsigned long long>(now_ns()));
      std::fflush(stdout);
    }
    close(connection.fd);
    connection.fd = -1;
    connection.generation = ++generations_;
    connection.body = nullptr;
    free_slots_.push_back(connection.slot);
  }

  void read_request(Connection& connection) {
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t got = recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) break;
      if (got <= 0 || connection.request.size() > kRequestBytesMax) {
        close_connection(connection);
        return;
      }
      connection.request.append(buffer.data(), static_cast<std::size_t>(got));
      if (static_cast<std::size_t>(got) < buffer.size()) break;
    }
    if (connection.body == nullptr) begin_answer(connection);
  }

  /// Starts the answer when the whole request is there.
  void begin_answer(Connection& connection) {
    const std::size_t head_end = connection.request.find("\r\n\r\n");
    if (head_end == std::string::npos) return;
    const std::string_view head = std::string_view(connection.request).substr(0, head_end + 2);
    const std::size_t length = content_length(head);
    const std::size_t total = head_end + 4 + length;
    if (connection.request.size() < total) {
      const bool asks_to_go_on = head.find("100-continue") != std::string_view::npos;
      if (asks_to_go_on && connection.request.size() == head_end + 4)
        send_bytes(connection, "HTTP/1.1 100 Continue\r\n\r\n");
      return;
    }
    const std::string_view content = std::string_view(connection.request).substr(head_end + 4, length);
    const Body* body = head.starts_with("POST /v1/responses ") ? body_for(content) : nullptr;
    connection.request.erase(0, total);
    if (body == nullptr) {
      constexpr std::string_view text =
          "{\"error\":{\"message\":\"POST /v1/responses, model mock-(blast|paced|abort|tools)-N\","
          "\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}";
      send_bytes(connection, std::string("HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: ")
                                 .append(std::to_string(text.size()))
                                 .append("\r\n\r\n")
                                 .append(text));
      return;
    }
    connection.body = body;
    connection.sent = 0;
    connection.next_delta = 0;
    connection.text.clear();
    if (body->recipe.pace == Pace::blast) {
      write_rest(connection);
      return;
    }
    const std::uint64_t first_ns = body->recipe.pace == Pace::paced ? kFirstDeltaNs : kAbortIntervalNs;
    connection.next_due_ns = now_ns() + first_ns;
    timers_.push({.due_ns = connection.next_due_ns, .slot = connection.slot, .generation = connection.generation});
    send_bytes(connection, std::string_view(body->bytes).substr(0, body->deltas.front().begin));
  }

  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "\r\ncontent-length:";
    const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    const auto at = std::search(head.begin(), head.end(), name.begin(), name.end(), same);
    if (at == head.end()) return 0;
    return std::strtoul(&*at + name.size(), nullptr,
                        10);  // the head ends with CR LF, which stops the conversion
  }

  /// The rendered answer for the model named in a request; null for any other model.
  const Body* body_for(std::string_view content) {
    const std::size_t at = content.find("\"mock-");
    if (at == std::string_view::npos) return nullptr;
    const std::string model(content.substr(at + 1, content.find('"', at + 1) - at - 1));
    if (const std::optional<std::uint32_t> steps = parse_tool_steps(model)) return tool_answer(model, *steps, content);
    std::unique_ptr<Body>& body = bodies_[model];
    if (!body) {
      const std::optional<Recipe> recipe = parse_recipe(model);
      if (!recipe) return nullptr;
      body = std::make_unique<Body>(render_body(model, *recipe));
    }
    return body.get();
  }

  /// The next step of a tool loop: a call, or the text once all calls have their results.
  const Body* tool_answer(const std::string& model, std::uint32_t steps, std::string_view content) {
    const std::uint32_t step = std::min(count_tool_results(content), steps);
    std::unique_ptr<Body>& body = bodies_[model + "/" + std::to_string(step)];
    if (!body) {
      const bool is_last = step == steps;
      body = std::make_unique<Body>(is_last ? render_body(model, {.pace = Pace::blast, .deltas = kAnswerDeltas})
                                            : render_tool_call(model, step));
    }
    return body.get();
  }

  void fire_due_timers() {
    while (!timers_.empty() && timers_.top().due_ns <= now_ns()) {
      const Timer timer = timers_.top();
      timers_.pop();
      Connection& connection = connections_[timer.slot];
      if (connection.generation != timer.generation || connection.body == nullptr) continue;
      send_delta(connection);
      if (connection.body == nullptr) continue;
      connection.next_due_ns += connection.body->recipe.pace == Pace::paced ? kPacedIntervalNs : kAbortIntervalNs;
      timers_.push({.due_ns = connection.next_due_ns, .slot = timer.slot, .generation = timer.generation});
    }
  }

  /// Sends the next stamped delta, and the closing events after the last.
  void send_delta(Connection& connection) {
    const Body& body = *connection.body;
    const Body::Delta& delta = body.deltas[connection.next_delta++];
    scratch_.assign(body.bytes, delta.begin, delta.end - delta.begin);
    char* text = scratch_.data() + (delta.text - delta.begin);
    write_stamp(text, now_ns());
    connection.text.append(text, body.delta_text_bytes);
    if (connection.next_delta == body.deltas.size()) {
      const std::size_t tail = scratch_.size();
      scratch_.append(body.bytes, body.tail);
      for (const std::size_t at : body.tail_text)
        connection.text.copy(scratch_.data() + tail + (at - body.tail), connection.text.size());
      connection.body = nullptr;
    }
    send_bytes(connection, scratch_);
  }

  void send_bytes(Connection& connection, std::string_view bytes) {
    if (connection.backlog.empty()) {
      const ssize_t put = send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    if (bytes.empty()) return;  // a broken socket is told by epoll
    connection.backlog.append(bytes);
    watch_write(connection, true);
  }

  void write_rest(Connection& connection) {
    while (!connection.backlog.empty()) {
      const ssize_t put = send(connection.fd, connection.backlog.data(), connection.backlog.size(), MSG_NOSIGNAL);
      if (put <= 0) return;
      connection.backlog.erase(0, static_cast<std::size_t>(put));
    }
    if (connection.body != nullptr && connection.body->recipe.pace == Pace::blast) {
      const std::string& bytes = connection.body->bytes;
      while (connection.sent < bytes.size()) {
        const ssize_t put =
            send(connection.fd, bytes.data() + connection.sent, bytes.size() - connection.sent, MSG_NOSIGNAL);
        if (put <= 0) {
          watch_write(connection, true);
          return;
        }
        connection.sent += static_cast<std::size_t>(put);
      }
      connection.body = nullptr;
    }
    watch_write(connection, false);
  }

  void watch_write(Connection& connection, bool on) {
    if (connection.wants_write == on) return;
    connection.wants_write = on;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | (on ? EPOLLOUT : 0U);
    event.data.u64 = connection.slot;
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event) != 0) die("epoll_ctl");
  }

  int listener_ = -1;
  int epoll_ = -1;
  std::deque<Connection> connections_;  // slots; a deque, so that references stay valid as it grows
  std::vector<std::size_t> free_slots_;
  std::uint64_t generations_ = 0;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::unordered_map<std::string, std::unique_ptr<Body>> bodies_;
  std::string scratch_;
};

}  // namespace
}  // namespace bench

int main() {
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // never outlive the benchmark that started us
  prctl(PR_SET_TIMERSLACK, 1);
  bench::Server().run();
}
