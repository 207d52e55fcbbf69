// SPDX-License-Identifier: Apache-2.0
#include "runtime/curl_multi.hpp"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "runtime/curl_exchange.hpp"
#include "runtime/curl_registry.hpp"

namespace orchestrator::harness::runtime {

namespace asio = boost::asio;

namespace {

constexpr int kEventsPerRound = 64;
constexpr int kTimeoutRoundsMax = 4;
constexpr std::size_t kSpareEasiesMax = 64;
constexpr auto kAtOnce = CurlMulti::Clock::time_point::min();

// Once per process; curl's global state is never given back.
void start_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_ALL);
  if (code != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
}

}  // namespace

// One turn of work. While it lasts, nothing is armed; at its end, also by an exception out of a
// coroutine's completion, whatever is needed next is armed once.
class CurlMulti::Turn {
 public:
  explicit Turn(CurlMulti& multi) : multi_(multi) { multi_.is_driving_ = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    multi_.is_driving_ = false;
    multi_.arm();
  }

 private:
  CurlMulti& multi_;
};

std::shared_ptr<CurlMulti> CurlMulti::create(asio::any_io_executor executor, const HttpClientOptions& options) {
  std::shared_ptr<CurlMulti> made(new CurlMulti(std::move(executor), options));
  made->registry_->add(*made);
  return made;
}

CurlMulti::CurlMulti(asio::any_io_executor executor, const HttpClientOptions& options)
    : executor_(std::move(executor)), settings_(CurlSettings::resolve(options)), streams_max_(options.streams_max) {
  start_libcurl();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) throw std::runtime_error("the kernel gives no epoll descriptor");
  sockets_.emplace(executor_, epoll);
  timer_.emplace(executor_);
  // Registered last, so that it is shut down before the services that it uses.
  registry_ = &asio::use_service<CurlRegistry>(asio::query(executor_, asio::execution::context));
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::runtime_error("libcurl gives no multi handle");
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  // One exchange a connection: curl 7.88 stops reading a shared HTTP/2 connection, and spins on
  // it, while one of its streams is paused.
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options.connections_kept_max));
}

CurlMulti::~CurlMulti() { close(); }

void CurlMulti::close() {
  if (is_closed_) return;
  is_closed_ = true;
  while (!active_.empty()) active_.back()->cancel();
  disarm();
  for (CURL* easy : spare_easies_) curl_easy_cleanup(easy);
  spare_easies_.clear();
  curl_multi_cleanup(std::exchange(multi_, nullptr));
  sockets_.reset();
  timer_.reset();
  registry_->remove(*this);
}

Result<std::shared_ptr<CurlExchange>> CurlMulti::start(HttpRequest request) {
  if (is_closed_) return fail(RuntimeErrorCode::harness_closed, "the HTTP client is closed");
  if (active_.size() >= streams_max_) {
    return fail(RuntimeErrorCode::limit_exceeded,
                "more than " + std::to_string(streams_max_) + " HTTP exchanges at once");
  }
  auto made = CurlRequest::make(std::move(request), settings_);
  if (!made) return std::unexpected(std::move(made.error()));
  auto exchange = std::make_shared<CurlExchange>(std::move(*made), buffers_);
  CURL* const easy = take_easy();
  if (easy == nullptr || !exchange->attach(*this, easy, settings_)) {
    if (easy != nullptr) give_back(easy);
    return fail(RuntimeErrorCode::internal, "libcurl refused an option of the request");
  }
  exchange->active_index = active_.size();
  active_.push_back(exchange.get());
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) {
    return fail(RuntimeErrorCode::internal, "libcurl refused the request");
  }
  if (const auto next = exchange->next_deadline()) schedule(*exchange, *next);
  if (!is_driving_) arm_sockets();
  return exchange;
}

void CurlMulti::release(CurlExchange& exchange, Connection connection) {
  deadlines_.remove(exchange.deadline_entry);
  CurlExchange* const last = active_.back();
  last->active_index = exchange.active_index;
  active_[exchange.active_index] = last;
  active_.pop_back();
  CURL* const easy = exchange.detach();
  if (connection == Connection::close) curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_multi_remove_handle(multi_, easy);
  give_back(easy);
  if (active_.empty() && !is_driving_) disarm();
}

CURL* CurlMulti::take_easy() {
  if (spare_easies_.empty()) return curl_easy_init();
  CURL* const easy = spare_easies_.back();
  spare_easies_.pop_back();
  return easy;
}

// A used handle keeps its TLS session, which makes the next connection cheaper.
void CurlMulti::give_back(CURL* easy) {
  if (spare_easies_.size() >= kSpareEasiesMax || is_closed_) {
    curl_easy_cleanup(easy);
    return;
  }
  curl_easy_reset(easy);
  spare_easies_.push_back(easy);
}

// ---- what curl asks for ----------------------------------------------------------------------

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* is_known) {
  static_cast<CurlMulti*>(self)->watch(socket, what, is_known != nullptr);
  return 0;
}

// The sockets are curl's: a closed one leaves the set by itself, so a late removal may fail, even when
// the number is another thread's by now (tools/dev/tsan.supp says why).
void CurlMulti::watch(curl_socket_t socket, int what, bool is_known) {
  const int epoll = sockets_->native_handle();
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nullptr);
    return;
  }
  epoll_event event{};
  event.data.fd = socket;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  if (!is_known) curl_multi_assign(multi_, socket, this);
  const int operation = is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(epoll, operation, socket, &event) == 0) return;
  if (errno == ENOENT)
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
  else if (errno == EEXIST)
    epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event);
}

int CurlMulti::on_timer(CURLM*, long timeout_ms, void* self) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (timeout_ms < 0) {
    multi.curl_due_.reset();
    return 0;
  }
  multi.curl_due_ = timeout_ms == 0 ? kAtOnce : Clock::now() + std::chrono::milliseconds(timeout_ms);
  if (multi.is_driving_ || multi.is_closed_) return 0;
  if (timeout_ms == 0)
    multi.post_timeouts();
  else
    multi.arm_timer();
  return 0;
}

// ---- what Asio calls -------------------------------------------------------------------------

void CurlMulti::arm_sockets() {
  if (is_waiting_for_sockets_ || is_closed_ || active_.empty()) return;
  is_waiting_for_sockets_ = true;
  const auto handler = [self = shared_from_this(), wait = ++socket_waits_](boost::system::error_code failed) {
    if (failed || wait != self->socket_waits_ || self->is_closed_) return;
    self->is_waiting_for_sockets_ = false;
    self->drive_sockets();
  };
  sockets_->async_wait(asio::posix::stream_descriptor::wait_read, handler);
}

void CurlMulti::arm_timer() {
  if (is_closed_) return;
  std::optional<Clock::time_point> due = deadlines_.earliest();
  if (curl_due_ && *curl_due_ != kAtOnce && (!due || *curl_due_ < *due)) due = curl_due_;
  if (!due || (timer_due_ && *timer_due_ <= *due)) return;
  timer_due_ = due;
  timer_->expires_at(*due);
  const auto handler = [self = shared_from_this(), wait = ++timer_waits_](boost::system::error_code failed) {
    if (failed || wait != self->timer_waits_ || self->is_closed_) return;
    self->timer_due_.reset();
    self->drive_timeouts();
  };
  timer_->async_wait(handler);
}

void CurlMulti::post_timeouts() {
  if (std::exchange(is_timeout_posted_, true)) return;
  const auto handler = [self = shared_from_this()] {
    self->is_timeout_posted_ = false;
    if (!self->is_closed_) self->drive_timeouts();
  };
  asio::post(executor_, handler);
}

// An idle client lets the context run out of work.
void CurlMulti::disarm() {
  ++socket_waits_;
  ++timer_waits_;
  timer_due_.reset();
  if (std::exchange(is_waiting_for_sockets_, false)) sockets_->cancel();
  timer_->cancel();
}

void CurlMulti::drive_sockets() {
  const Turn turn(*this);
  std::array<epoll_event, kEventsPerRound> events;
  const int count = epoll_wait(sockets_->native_handle(), events.data(), kEventsPerRound, 0);
  for (int i = 0; i < count && !is_closed_; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    int what = 0;
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) what |= CURL_CSELECT_IN;
    if ((event.events & (EPOLLOUT | EPOLLERR)) != 0) what |= CURL_CSELECT_OUT;
    act(event.data.fd, what);
    resume_ready();
  }
  run_immediate_timeouts();
}

void CurlMulti::drive_timeouts() {
  const Turn turn(*this);
  const Clock::time_point now = Clock::now();
  if (curl_due_ && *curl_due_ <= now) {
    curl_due_.reset();
    act(CURL_SOCKET_TIMEOUT, 0);
  }
  while (CurlExchange* const exchange = deadlines_.due(now)) {
    deadlines_.remove(exchange->deadline_entry);
    if (const auto next = exchange->check_deadlines(now)) schedule(*exchange, *next);
  }
  resume_ready();
  run_immediate_timeouts();
}

// Curl asks for a call with a timeout of zero when it can go on without the network.
void CurlMulti::run_immediate_timeouts() {
  for (int round = 0; round < kTimeoutRoundsMax && !is_closed_; ++round) {
    if (curl_due_ != kAtOnce) return;
    curl_due_.reset();
    act(CURL_SOCKET_TIMEOUT, 0);
    resume_ready();
  }
}

void CurlMulti::arm() {
  if (is_closed_) return;
  if (active_.empty()) {
    disarm();
    return;
  }
  const bool has_left_overs = !ready_.empty();  // of a turn that ended in an exception
  if (curl_due_ == kAtOnce || has_left_overs) post_timeouts();
  arm_timer();
  arm_sockets();
}

void CurlMulti::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  take_completed();
}

void CurlMulti::take_completed() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* owner = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    auto& exchange = *static_cast<CurlExchange*>(static_cast<void*>(owner));
    exchange.complete(code);
    release(exchange, Connection::keep);
  }
}

void CurlMulti::mark_ready(CurlExchange& exchange) {
  if (std::exchange(exchange.is_marked_ready, true)) return;
  ready_.push_back(exchange.shared_from_this());
}

// Coroutines run here: they may start, cancel and destroy exchanges, and close this client.
void CurlMulti::resume_ready() {
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    const std::shared_ptr<CurlExchange> exchange = std::move(ready_[i]);
    if (!exchange) continue;  // of a turn that ended in an exception
    exchange->is_marked_ready = false;
    exchange->resume();
  }
  ready_.clear();
}

void CurlMulti::schedule(CurlExchange& exchange, Clock::time_point at) {
  deadlines_.schedule(exchange.deadline_entry, exchange, at);
  if (!is_driving_) arm_timer();
}

}  // namespace orchestrator::harness::runtime
