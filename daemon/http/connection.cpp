// SPDX-License-Identifier: Apache-2.0
// The one file that includes Beast, which takes long to compile. Heads are read by `head_form` and once more by Beast:
// a head that only one of the two understands is refused.
#include "daemon/http/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using namespace std::chrono_literals;

using Stream = beast::basic_stream<asio::generic::stream_protocol>;
using Parser = http::request_parser<http::string_body>;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16UL << 10;
constexpr std::size_t kDrainedBytesMax = 256UL << 10;

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::string head_text(const Reply& reply, bool is_chunked, bool keeps) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  const auto reason = http::obsolete_reason(http::int_to_status(reply.status));
  text.append(reason.data(), reason.size()).append("\r\n");
  text.append("Date: ").append(date_now()).append("\r\n");
  for (const auto& [name, value] : reply.fields.all()) text.append(name).append(": ").append(value).append("\r\n");
  if (is_chunked) {
    text.append("Transfer-Encoding: chunked\r\n");
  } else if (reply.status != 204 && reply.status != 304) {
    text.append("Content-Length: ").append(std::to_string(reply.body.size())).append("\r\n");
  }
  if (!keeps) text.append("Connection: close\r\n");
  return text.append("\r\n");
}

std::string_view method_of(const Parser& parser) {
  const auto word = parser.get().method_string();
  return {word.data(), word.size()};
}

std::string hexadecimal(std::size_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (; number > 0; number /= 16) text.insert(text.begin(), kDigits[number % 16]);
  return text;
}

class BeastConnection final : public Connection, public BodyWriter {
 public:
  BeastConnection(Socket socket, bool is_local, Context context)
      : stream_(std::move(socket)), is_local_(is_local), context_(context), bounds_(context.bounds) {}

  asio::awaitable<void> serve() override;
  void close_if_idle() override {
    if (is_idle_) cut_off();
  }
  void cut_off() override { stream_.close(); }
  asio::awaitable<bool> write(std::vector<SharedText> pieces) override;

 private:
  asio::awaitable<std::expected<std::size_t, HeadFault>> wait_for_head(bool is_first);
  asio::awaitable<bool> serve_one(bool is_first);
  asio::awaitable<bool> send(Reply reply, bool keeps, bool without_body);
  asio::awaitable<bool> send_stream(Reply reply);
  asio::awaitable<std::expected<std::string, HeadFault>> read_body(Parser* parser);
  asio::awaitable<void> close_gently();
  asio::awaitable<void> drain();

  [[nodiscard]] std::string_view buffered() const {
    return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
  }

  Stream stream_;
  const bool is_local_;
  Context context_;
  const ServerBounds& bounds_;
  beast::flat_buffer buffer_;
  bool is_idle_ = false;
  bool leaves_unread_ = false;  // of what the peer sent
};

asio::awaitable<void> BeastConnection::serve() {
  for (std::uint32_t served = 0; served < bounds_.requests_max && !context_.is_stopping; ++served) {
    const bool goes_on = co_await serve_one(served == 0);
    if (!goes_on) break;
  }
  co_await close_gently();
}

asio::awaitable<void> BeastConnection::close_gently() {
  error_code error;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, error);
  // Closing at once would reset a connection whose peer still sends, and it might never see the answer.
  if (!error && leaves_unread_) co_await drain();
  stream_.close();
}

asio::awaitable<void> BeastConnection::drain() {
  stream_.expires_after(2s);
  std::vector<char> sink(kReadBytes);
  for (std::size_t drained = 0; drained < kDrainedBytesMax;) {
    const auto [error, count] = co_await stream_.async_read_some(asio::buffer(sink), kTuple);
    if (error) co_return;
    drained += count;
  }
}

asio::awaitable<std::expected<std::size_t, HeadFault>> BeastConnection::wait_for_head(bool is_first) {
  bool has_begun = buffer_.size() > 0;
  is_idle_ = !has_begun;
  stream_.expires_after(has_begun || is_first ? bounds_.head_wait : bounds_.idle_wait);
  for (std::size_t seen = 0;;) {
    auto end = find_head_end(buffered(), seen, bounds_.head);
    if (!end || *end > 0) co_return end;
    seen = buffer_.size();
    const auto space = buffer_.prepare(kReadBytes);
    const auto [error, count] = co_await stream_.async_read_some(space, kTuple);
    is_idle_ = false;
    if (error) {
      // A peer that goes before it has asked for anything is no fault.
      if (!has_begun || error != beast::error::timeout) co_return 0;
      co_return std::unexpected(HeadFault{408, "head_timeout", "the head of the request did not come in time"});
    }
    buffer_.commit(count);
    if (!has_begun && !is_first) stream_.expires_after(bounds_.head_wait);
    has_begun = true;
  }
}

asio::awaitable<std::expected<std::string, HeadFault>> BeastConnection::read_body(Parser* reading) {
  Parser& parser = *reading;
  const auto begun = std::chrono::steady_clock::now();
  while (!parser.is_done()) {
    stream_.expires_at(begun + bounds_.body_wait + std::chrono::seconds(parser.get().body().size() >> 10U));
    const auto [error, count] = co_await http::async_read_some(stream_, buffer_, parser, kTuple);
    static_cast<void>(count);
    if (!error) continue;
    if (error == http::error::body_limit) {
      co_return std::unexpected(HeadFault{413, "body_too_large", "the body is larger than this route takes"});
    }
    if (error == beast::error::timeout) {
      co_return std::unexpected(HeadFault{408, "body_timeout", "the body did not come in time"});
    }
    if (error.category() == http::make_error_code(http::error::bad_chunk).category() &&
        error != http::error::partial_message && error != http::error::end_of_stream) {
      co_return std::unexpected(HeadFault{400, "bad_framing", "the chunks of the body are malformed"});
    }
    co_return std::unexpected(HeadFault{0, "", ""});  // the peer is gone
  }
  co_return std::move(parser.get().body());
}

asio::awaitable<bool> BeastConnection::serve_one(bool is_first) {
  auto end = co_await wait_for_head(is_first);
  if (end && *end == 0) co_return false;
  std::expected<RequestHead, HeadFault> head = std::unexpected(HeadFault{});
  Parser parser;
  if (end) {
    head = read_head(buffered().substr(0, *end), bounds_.head);
  } else {
    head = std::unexpected(std::move(end.error()));
  }
  if (head) {
    parser.body_limit(boost::none);
    parser.header_limit(static_cast<std::uint32_t>(bounds_.head.bytes_max + 1));
    error_code error;
    const std::size_t taken = parser.put(asio::buffer(buffered().data(), *end), error);
    const bool agrees = !error && taken == *end && parser.is_header_done() && parser.chunked() == head->is_chunked &&
                        method_of(parser) == name_of(head->method);
    if (!agrees) head = std::unexpected(HeadFault{400, "bad_framing", "the head of the request is malformed"});
  }
  if (!head) {
    leaves_unread_ = true;
    Reply refusal = context_.handler.refuse(head.error());
    co_await send(std::move(refusal), false, false);
    co_return false;
  }
  buffer_.consume(*end);
  head->is_local = is_local_;
  const bool without_body = head->method == Method::head;
  const bool keeps = wants_keep_alive(*head) && !context_.is_stopping;
  auto body_max = context_.handler.admit(*head);
  if (body_max && head->content_length.value_or(0) > *body_max) {
    const HeadFault fault{413, "body_too_large", "the body has more than " + std::to_string(*body_max) + " bytes"};
    body_max = std::unexpected(context_.handler.refuse(fault));
  }
  if (!body_max) {
    leaves_unread_ = head->has_body();
    const bool goes_on = keeps && !leaves_unread_;  // a body that was not read cannot be told from a request
    Reply refusal = std::move(body_max.error());
    const bool sent = co_await send(std::move(refusal), goes_on, without_body);
    co_return sent&& goes_on;
  }
  if (head->has_body() && head->fields.find("Expect")) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_.expires_after(bounds_.write_wait);
    const auto [error, count] = co_await asio::async_write(stream_, asio::buffer(kContinue), kTuple);
    static_cast<void>(count);
    if (error) co_return false;
  }
  parser.body_limit(*body_max);
  auto body = co_await read_body(&parser);
  if (!body) {
    if (body.error().status == 0) co_return false;
    leaves_unread_ = true;
    Reply refusal = context_.handler.refuse(body.error());
    co_await send(std::move(refusal), false, without_body);
    co_return false;
  }
  Request request{*std::move(head), *std::move(body)};
  auto answering = context_.handler.answer(std::move(request));
  Reply reply = co_await std::move(answering);
  if (reply.stream && !without_body) co_return co_await send_stream(std::move(reply));
  co_return co_await send(std::move(reply), keeps, without_body) && keeps;
}

asio::awaitable<bool> BeastConnection::send(Reply reply, bool keeps, bool without_body) {
  context_.counts.requests[std::min(reply.status / 100, 5U)] += 1;
  const bool keeps_now = keeps && !context_.is_stopping;
  const std::string head = head_text(reply, false, keeps_now);
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head),
                                                asio::buffer(without_body ? std::string_view() : reply.body)};
  stream_.expires_after(bounds_.write_wait);
  const auto [error, count] = co_await asio::async_write(stream_, parts, kTuple);
  static_cast<void>(count);
  co_return !error && keeps_now;
}

asio::awaitable<bool> BeastConnection::send_stream(Reply reply) {
  context_.counts.requests[std::min(reply.status / 100, 5U)] += 1;
  const std::string head = head_text(reply, true, false);
  stream_.expires_after(bounds_.write_wait);
  const auto [error, count] = co_await asio::async_write(stream_, asio::buffer(head), kTuple);
  static_cast<void>(count);
  if (error) co_return false;
  auto streaming = reply.stream(*this);
  co_await std::move(streaming);
  constexpr std::string_view kLastChunk = "0\r\n\r\n";
  stream_.expires_after(bounds_.write_wait);
  co_await asio::async_write(stream_, asio::buffer(kLastChunk), kTuple);
  co_return false;
}

asio::awaitable<bool> BeastConnection::write(std::vector<SharedText> pieces) {
  std::size_t bytes = 0;
  for (const SharedText& piece : pieces) bytes += piece->size();
  if (bytes == 0) co_return true;
  const std::string size = hexadecimal(bytes) + "\r\n";
  constexpr std::string_view kEnd = "\r\n";
  std::vector<asio::const_buffer> parts;
  parts.reserve(pieces.size() + 2);
  parts.push_back(asio::buffer(size));
  for (const SharedText& piece : pieces) parts.push_back(asio::buffer(*piece));
  parts.push_back(asio::buffer(kEnd));
  stream_.expires_after(bounds_.write_wait);
  const auto [error, count] = co_await asio::async_write(stream_, parts, kTuple);
  static_cast<void>(count);
  co_return !error;
}

}  // namespace

std::shared_ptr<Connection> make_connection(Connection::Socket socket, bool is_local, Connection::Context context) {
  return std::make_shared<BeastConnection>(std::move(socket), is_local, context);
}

}  // namespace orchestrator::daemon
