// SPDX-License-Identifier: Apache-2.0
#include "runtime/curl_exchange.hpp"

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "runtime/curl_failure.hpp"
#include "runtime/curl_multi.hpp"

namespace orchestrator::harness::runtime {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

Error cancelled() {
  return RuntimeError{.code = RuntimeErrorCode::cancelled, .message = "the HTTP exchange was cancelled", .at = {}};
}

}  // namespace

CurlExchange::CurlExchange(CurlRequest request, std::shared_ptr<CurlBuffers> buffers)
    : request_(std::move(request)),
      buffers_(std::move(buffers)),
      began_(Clock::now()),
      head_reader_(request_.limits()),
      idle_(milliseconds(request_.timeouts().idle_ms)) {}

CurlExchange::~CurlExchange() {
  if (multi_ != nullptr) multi_->release(*this, CurlMulti::Connection::close);
}

bool CurlExchange::attach(CurlMulti& multi, CURL* easy, const CurlSettings& settings) {
  const auto set = [easy](CURLoption option, auto value) { return curl_easy_setopt(easy, option, value) == CURLE_OK; };
  if (!request_.configure(easy, settings)) return false;
  if (!set(CURLOPT_PRIVATE, static_cast<void*>(this)) || !set(CURLOPT_ERRORBUFFER, &detail_[0]) ||
      !set(CURLOPT_HEADERFUNCTION, &CurlExchange::on_header) || !set(CURLOPT_HEADERDATA, static_cast<void*>(this)) ||
      !set(CURLOPT_WRITEFUNCTION, &CurlExchange::on_body) || !set(CURLOPT_WRITEDATA, static_cast<void*>(this)) ||
      !set(CURLOPT_PREREQFUNCTION, &CurlExchange::on_connected) || !set(CURLOPT_PREREQDATA, static_cast<void*>(this))) {
    return false;
  }
  multi_ = &multi;
  easy_ = easy;
  return true;
}

CURL* CurlExchange::detach() {
  multi_ = nullptr;
  return std::exchange(easy_, nullptr);
}

// ---- what curl calls -------------------------------------------------------------------------

int CurlExchange::on_connected(void* self, char*, char*, int, int) {
  static_cast<CurlExchange*>(self)->is_connected_ = true;
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlExchange::on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  const std::size_t bytes = size * count;
  return static_cast<CurlExchange*>(self)->take_header({data, bytes}) ? bytes : 0;
}

std::size_t CurlExchange::on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  return static_cast<CurlExchange*>(self)->take_body({data, size * count});
}

bool CurlExchange::take_header(std::string_view line) {
  const bool had_head = head_reader_.is_complete();
  switch (head_reader_.feed(line)) {
    case HttpHeadReader::Outcome::more:
      return true;
    case HttpHeadReader::Outcome::complete:
      break;
    case HttpHeadReader::Outcome::too_large:
      failure_ = provider_error(ProviderErrorCode::provider_response_too_large,
                                request_.place() + " sent " + head_reader_.problem());
      return false;
    case HttpHeadReader::Outcome::broken:
      failure_ =
          provider_error(ProviderErrorCode::provider_bad_framing, request_.place() + " sent " + head_reader_.problem());
      return false;
  }
  if (had_head) return true;
  const Clock::time_point now = Clock::now();
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now - began_);
  since_request_us_ = static_cast<std::uint64_t>(since.count());
  long connects = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &connects);
  is_reused_ = connects == 0;
  curl_off_t uploaded = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  request_.forget_body_sent(uploaded);
  if (waiter_ && want_ == Want::body) {  // idleness is counted from here on
    idle_.wait_began(now);
    multi_->schedule(*this, idle_.deadline());
  }
  mark_ready();
  return true;
}

std::size_t CurlExchange::take_body(std::string_view bytes) {
  const HttpLimits& limits = request_.limits();
  if (buffer_.size() >= limits.pause_above_bytes) {
    is_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  const std::size_t before = buffer_.size();
  if (before == 0) buffer_ = buffers_->take();
  if (!head_reader_.is_chunked()) {
    buffer_.append(bytes);
  } else if (!chunks_.decode(bytes, buffer_)) {
    failure_ = provider_error(ProviderErrorCode::provider_bad_framing, request_.place() + " sent a broken chunk");
  } else if (chunks_.has_extra()) {
    curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
  }
  body_bytes_ += buffer_.size() - before;
  if (body_bytes_ > limits.body_bytes) {
    buffer_.resize(buffer_.size() - static_cast<std::size_t>(body_bytes_ - limits.body_bytes));
    failure_ =
        provider_error(ProviderErrorCode::provider_response_too_large,
                       request_.place() + " sent a body of more than " + std::to_string(limits.body_bytes) + " bytes");
  }
  mark_ready();
  return failure_ ? 0 : bytes.size();
}

void CurlExchange::complete(CURLcode code) {
  has_ended_ = true;
  if (!failure_ && code != CURLE_OK) {
    const std::string proxy = request_.proxy_place();
    failure_ = describe({.code = code,
                         .detail = &detail_[0],
                         .place = request_.place(),
                         .proxy = proxy,
                         .connected = is_connected_,
                         .has_head = head_reader_.is_complete()});
  } else if (!failure_ && !head_reader_.is_complete()) {
    failure_ = provider_error(ProviderErrorCode::provider_bad_framing, request_.place() + " sent no complete head");
  }
  mark_ready();
}

// ---- deadlines -------------------------------------------------------------------------------

std::optional<CurlExchange::Clock::time_point> CurlExchange::next_deadline() const {
  std::optional<Clock::time_point> next;
  const auto consider = [&next](Clock::time_point at) { next = next ? std::min(*next, at) : at; };
  if (multi_ != nullptr) {
    const HttpTimeouts& timeouts = request_.timeouts();
    if (!is_connected_) consider(began_ + milliseconds(timeouts.connect_ms));
    if (!head_reader_.is_complete()) consider(began_ + milliseconds(timeouts.first_byte_ms));
    if (timeouts.total_ms) consider(began_ + milliseconds(*timeouts.total_ms));
    if (waiter_ && want_ == Want::body) {
      if (head_reader_.is_complete()) consider(idle_.deadline());
      if (flush_ && !flush_passed_) consider(*flush_);
    }
  }
  return next;
}

std::optional<CurlExchange::Clock::time_point> CurlExchange::check_deadlines(Clock::time_point now) {
  if (multi_ == nullptr) return std::nullopt;
  const HttpTimeouts& timeouts = request_.timeouts();
  const bool has_head = head_reader_.is_complete();
  const bool is_waiting = waiter_ && want_ == Want::body;
  if (!is_connected_ && now >= began_ + milliseconds(timeouts.connect_ms)) {
    end_late(ProviderErrorCode::provider_connect_timeout, "no connection to ", timeouts.connect_ms);
  } else if (!has_head && now >= began_ + milliseconds(timeouts.first_byte_ms)) {
    end_late(ProviderErrorCode::provider_first_byte_timeout, "no answer from ", timeouts.first_byte_ms);
  } else if (timeouts.total_ms && now >= began_ + milliseconds(*timeouts.total_ms)) {
    end_late(has_head ? ProviderErrorCode::provider_stalled : ProviderErrorCode::provider_first_byte_timeout,
             "no complete answer from ", *timeouts.total_ms);
  } else if (is_waiting && has_head && now >= idle_.deadline()) {
    end_late(ProviderErrorCode::provider_stalled, "no progress in the answer of ", timeouts.idle_ms);
  } else if (is_waiting && flush_ && now >= *flush_) {
    flush_passed_ = true;
    mark_ready();
  }
  return next_deadline();
}

void CurlExchange::end_late(ProviderErrorCode code, std::string_view what, std::uint64_t after_ms) {
  std::string message(what);
  message.append(request_.place()).append(" within ").append(std::to_string(after_ms)).append(" ms");
  end_with(provider_error(code, std::move(message)));
}

// Closes the socket; not for use inside a callback of curl.
void CurlExchange::end_with(Error error) {
  failure_ = std::move(error);
  has_ended_ = true;
  mark_ready();
  multi_->release(*this, CurlMulti::Connection::close);
}

void CurlExchange::cancel() {
  failure_ = cancelled();
  has_ended_ = true;
  std::string().swap(buffer_);
  if (multi_ == nullptr) return;
  if (waiter_) {
    asio::post(multi_->executor(), std::exchange(waiter_, nullptr));
  }
  multi_->release(*this, CurlMulti::Connection::close);
}

Error CurlExchange::provider_error(ProviderErrorCode code, std::string message) const {
  return ProviderError{.code = code, .message = std::move(message), .at = request_.place()};
}

// ---- waiting ---------------------------------------------------------------------------------

void CurlExchange::mark_ready() {
  if (waiter_ && multi_ != nullptr) multi_->mark_ready(*this);
}

bool CurlExchange::is_waited_for_ready() const {
  if (failure_ || has_ended_) return true;
  if (want_ == Want::head) return head_reader_.is_complete();
  return !buffer_.empty() || flush_passed_;
}

void CurlExchange::resume() {
  if (!waiter_ || !is_waited_for_ready()) return;
  if (want_ == Want::body) idle_.wait_ended(Clock::now());
  Waiter waiter = std::exchange(waiter_, nullptr);
  waiter();
}

void CurlExchange::park(Waiter waiter, Want want, std::optional<Clock::time_point> flush) {
  waiter_ = std::move(waiter);
  want_ = want;
  flush_ = flush;
  flush_passed_ = false;
  if (want != Want::body) return;
  idle_.wait_began(Clock::now());
  if (const auto next = next_deadline()) multi_->schedule(*this, *next);
}

// Suspends the caller until `resume` or `cancel` runs its handler, which takes no allocation.
auto CurlExchange::wait(CurlExchange* self, Want want, std::optional<Clock::time_point> flush) {
  const auto initiate = [](auto handler, CurlExchange* exchange, Want wanted, std::optional<Clock::time_point> until) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([weak = exchange->weak_from_this()](asio::cancellation_type type) {
        const auto alive = weak.lock();
        if (alive && type != asio::cancellation_type::none) alive->cancel();
      });
    }
    exchange->park(Waiter(std::move(handler)), wanted, until);
  };
  return asio::async_initiate<const asio::deferred_t, void()>(initiate, asio::deferred, self, want, flush);
}

asio::awaitable<Result<HttpResponseHead>> CurlExchange::head(std::shared_ptr<CurlExchange> self) {
  if (self->waiter_) co_return fail(RuntimeErrorCode::internal, "two waits on one HTTP stream");
  const bool is_there = self->head_reader_.is_complete() || self->has_ended_;
  if (!is_there) co_await wait(self.get(), Want::head, std::nullopt);
  const bool was_cancelled = self->failure_ && self->failure_->category == ErrorCategory::runtime;
  if (self->failure_ && (was_cancelled || !self->head_reader_.is_complete())) {
    co_return std::unexpected(*self->failure_);
  }
  HttpResponseHead head = self->head_reader_.head();
  head.since_request_us = self->since_request_us_;
  head.connection_reused = self->is_reused_;
  co_return head;
}

asio::awaitable<Result<bool>> CurlExchange::read(std::shared_ptr<CurlExchange> self, std::string* buffer,
                                                 std::optional<Clock::time_point> deadline) {
  if (self->waiter_) co_return fail(RuntimeErrorCode::internal, "two waits on one HTTP stream");
  buffer->clear();
  if (self->buffer_.empty() && !self->has_ended_) {
    if (deadline && *deadline <= Clock::now()) co_return true;
    self->buffers_->give_back(*buffer);
    co_await wait(self.get(), Want::body, deadline);
  }
  co_return self->hand_out(*buffer);
}

Result<bool> CurlExchange::hand_out(std::string& buffer) {
  if (!buffer_.empty()) {
    buffer.swap(buffer_);
    buffers_->give_back(buffer_);
    if (is_paused_) unpause();
    return true;
  }
  buffers_->give_back(buffer);
  if (failure_ && has_ended_) return std::unexpected(*failure_);
  return !has_ended_;
}

// Curl may hand over what it held back before it returns, and may find that the transfer has failed.
void CurlExchange::unpause() {
  is_paused_ = false;
  if (easy_ == nullptr) return;
  const CURLcode code = curl_easy_pause(easy_, CURLPAUSE_CONT);
  if (code == CURLE_OK || multi_ == nullptr) return;
  complete(code);
  multi_->release(*this, CurlMulti::Connection::close);
}

}  // namespace orchestrator::harness::runtime
