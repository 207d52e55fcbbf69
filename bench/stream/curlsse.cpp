// SPDX-License-Identifier: Apache-2.0

// The floor that every other client is compared with: libcurl (multi, epoll), a split into
// server-sent events, simdjson, append. It does what any client has to do for each delta, and
// nothing else: no typed events, no journal, no error mapping.

#include <curl/curl.h>
#include <simdjson.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "measure.hpp"

namespace bench {
namespace {

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "curlsse: %s\n", what.c_str());
  std::exit(1);
}

/// Splits bytes into events at empty lines and hands the `data` of each to the JSON parser. Lines
/// end with LF, as the mock's do.
class EventSplitter {
 public:
  /// Appends the text of each delta to `meter`; true once `response.completed` was seen.
  bool feed(const char* bytes, std::size_t size, StreamMeter& meter) {
    buffer_.append(bytes, size);
    buffer_.reserve(buffer_.size() + simdjson::SIMDJSON_PADDING);
    std::size_t line = 0;
    while (const void* found = std::memchr(buffer_.data() + line, '\n', buffer_.size() - line)) {
      const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      if (end - line > 6 && std::memcmp(buffer_.data() + line, "data: ", 6) == 0) {
        dispatch(line + 6, end, meter);
      }
      line = end + 1;
    }
    buffer_.erase(0, line);
    return completed_;
  }
  void reset() {
    buffer_.clear();
    completed_ = false;
  }

 private:
  void dispatch(std::size_t begin, std::size_t end, StreamMeter& meter) {
    const simdjson::padded_string_view json(buffer_.data() + begin, end - begin, buffer_.capacity() - begin);
    simdjson::ondemand::document document;
    std::string_view type;
    if (parser().iterate(json).get(document) || document["type"].get(type)) {
      die("event that is not JSON");
    }
    if (type == "response.output_text.delta") {
      std::string_view delta;
      if (document["delta"].get(delta)) die("delta without text");
      meter.add(delta);
    } else if (type == "response.completed") {
      completed_ = true;
    }
  }

  static simdjson::ondemand::parser& parser() {
    static simdjson::ondemand::parser shared;  // one thread, one document at a time
    return shared;
  }

  std::string buffer_;
  bool completed_ = false;
};

/// One of the streams that run side by side; it is used for one request after the other.
struct Slot {
  CURL* easy = nullptr;
  EventSplitter splitter;
  StreamMeter meter;
  bool completed = false;
  bool abort_wanted = false;
};

class Client {
 public:
  explicit Client(const Options& options) : options_(options), multi_(curl_multi_init()) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (multi_ == nullptr || epoll_ < 0) die("cannot start");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Client::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Client::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    headers_ = curl_slist_append(nullptr, "Content-Type: application/json");
    headers_ = curl_slist_append(headers_, "Accept: text/event-stream");
    headers_ = curl_slist_append(headers_, "Authorization: Bearer mock");
    request_ =
        R"({"model":")" + options.model() + R"(","input":[{"role":"user","content":"Say some words."}],"stream":true})";
    url_ = options.base_url + "/responses";
    slots_.resize(options.concurrency);
    for (auto& slot : slots_) slot = make_slot();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    for (auto& slot : slots_) curl_easy_cleanup(slot->easy);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
    close(epoll_);
  }

  /// Runs `requests` requests, at most `concurrency` at a time, and returns when the last has
  /// ended.
  void run(std::uint32_t requests, Tally& tally) {
    tally_ = &tally;
    to_start_ = requests;
    for (auto& slot : slots_) start_next(*slot);
    while (running_ > 0) {
      wait_and_act();
      collect_finished();
      if (options_.mode == Mode::abort) abort_wanted();
    }
  }

 private:
  std::unique_ptr<Slot> make_slot() {
    auto slot = std::make_unique<Slot>();
    slot->easy = curl_easy_init();
    CURL* easy = slot->easy;
    curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request_.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Client::on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot.get());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot.get());
    return slot;
  }

  void start_next(Slot& slot) {
    if (to_start_ == 0) return;
    --to_start_;
    ++running_;
    slot.splitter.reset();
    slot.completed = false;
    slot.abort_wanted = false;
    slot.meter.start(*tally_);
    curl_multi_add_handle(multi_, slot.easy);
  }

  void wait_and_act() {
    std::array<epoll_event, 256> events{};
    int timeout_ms = 1000;
    if (deadline_ns_ != 0) {
      const std::uint64_t now = now_ns();
      timeout_ms = deadline_ns_ <= now ? 0 : static_cast<int>((deadline_ns_ - now + 999'999U) / 1'000'000U);
    }
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
    int running = 0;
    if (deadline_ns_ != 0 && deadline_ns_ <= now_ns()) {
      deadline_ns_ = 0;
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const int mask = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                       ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                       ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(multi_, event.data.fd, mask, &running);
    }
  }

  void collect_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode result = message->data.result;
      Slot& slot = slot_of(easy);
      curl_multi_remove_handle(multi_, easy);
      --running_;
      if (result != CURLE_OK) die(curl_easy_strerror(result));
      slot.meter.finish(options_.deltas);
      if (!slot.completed) ++tally_->failed;
      start_next(slot);
    }
  }

  /// Removing a transfer that is under way closes its connection.
  void abort_wanted() {
    for (auto& slot : slots_) {
      if (!slot->abort_wanted) continue;
      slot->meter.note_abort_call();
      curl_multi_remove_handle(multi_, slot->easy);
      slot->meter.note_aborted();
      --running_;
      start_next(*slot);
    }
  }

  static Slot& slot_of(CURL* easy) {
    char* slot = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    return *reinterpret_cast<Slot*>(slot);
  }

  static std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* user) {
    Slot& slot = *static_cast<Slot*>(user);
    slot.completed = slot.splitter.feed(bytes, size * count, slot.meter);
    if (slot.meter.deltas() >= kDeltasBeforeAbort) slot.abort_wanted = true;
    return size * count;
  }

  static int on_socket(CURL* /*easy*/, curl_socket_t fd, int what, void* user, void* known) {
    auto& self = *static_cast<Client*>(user);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(self.epoll_, EPOLL_CTL_DEL, fd, nullptr);
      return 0;
    }
    epoll_event event{};
    event.data.fd = fd;
    event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    epoll_ctl(self.epoll_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    curl_multi_assign(self.multi_, fd, &self);
    return 0;
  }

  static int on_timer(CURLM* /*multi*/, long timeout_ms, void* user) {
    auto& self = *static_cast<Client*>(user);
    self.deadline_ns_ = timeout_ms < 0 ? 0 : now_ns() + static_cast<std::uint64_t>(timeout_ms) * 1'000'000U;
    return 0;
  }

  const Options& options_;
  CURLM* multi_;
  int epoll_ = -1;
  std::uint64_t deadline_ns_ = 0;  // 0: libcurl waits for no time
  curl_slist* headers_ = nullptr;
  std::string url_;
  std::string request_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::uint32_t to_start_ = 0;
  std::uint32_t running_ = 0;
  Tally* tally_ = nullptr;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const bench::Options options = bench::parse_options(argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  {
    bench::Client client(options);
    bench::Tally warmup(options.mode);
    client.run(options.warmup, warmup);
    bench::Tally tally(options.mode);
    // In mode abort, the aborts of the warm-up are reported too: the mock counts them as well.
    if (options.mode == bench::Mode::abort) {
      tally.abort_call_ns = warmup.abort_call_ns;
      tally.aborted_ns = warmup.aborted_ns;
    }
    const double cpu_before = bench::cpu_s();
    const std::uint64_t start_ns = bench::now_ns();
    client.run(options.requests, tally);
    const double wall_s = static_cast<double>(bench::now_ns() - start_ns) * 1e-9;
    bench::print_report("curlsse", options, tally, wall_s, bench::cpu_s() - cpu_before);
  }
  curl_global_cleanup();
}
