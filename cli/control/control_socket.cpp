// SPDX-License-Identifier: Apache-2.0
#include "cli/control/control_socket.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <future>
#include <utility>

#include "cli/control/control_folder.hpp"
#include "cli/control/control_message.hpp"
#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::cli {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

struct ControlSocket::Listener : std::enable_shared_from_this<Listener> {
  Listener(asio::any_io_executor executor, harness::RunId id, harness::ControlHandle handle,
           std::chrono::milliseconds time)
      : acceptor(std::move(executor)), run_id(id), control(std::move(handle)), connection_time(time) {}

  stream_protocol::acceptor acceptor;
  harness::RunId run_id;
  harness::ControlHandle control;
  std::chrono::milliseconds connection_time;
  int connections = 0;
};

namespace {

constexpr int kConnectionsMax = 16;
constexpr int kBacklog = 16;
constexpr std::chrono::seconds kCloseTime{2};
constexpr auto kAnswer = asio::as_tuple(asio::use_awaitable);

/// One connection and its deadline.
struct Connection {
  explicit Connection(stream_protocol::socket accepted)
      : socket(std::move(accepted)), deadline(socket.get_executor()) {}
  stream_protocol::socket socket;
  asio::steady_timer deadline;
  std::string line;
};

/// Only this user and root may speak, whatever the folder's mode has become.
bool is_our_user(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == ::geteuid() || peer.uid == 0);
}

asio::awaitable<Result<ControlAnswer>> carry_out(harness::ControlHandle control, ControlRequest request) {
  Result<void> done;
  ControlAnswer answer;
  switch (request.verb) {
    case ControlVerb::abort: {
      harness::AbortOptions options;
      options.mode = request.after_turn ? harness::AbortMode::after_turn : harness::AbortMode::now;
      options.by = request.by;
      done = co_await control.async_abort(std::move(options));
      break;
    }
    case ControlVerb::hint: {
      harness::HintOptions options;
      options.priority = request.after_turn ? harness::HintPriority::after_turn : harness::HintPriority::asap;
      options.by = request.by;
      Result<harness::HintId> hint = co_await control.async_hint(std::move(request.text), std::move(options));
      if (!hint) {
        co_return std::unexpected(hint.error());
      }
      answer.hint_id = hint->str();
      break;
    }
    case ControlVerb::pause:
      done = co_await control.async_pause(request.by);
      break;
    case ControlVerb::resume:
      done = co_await control.async_resume(request.by);
      break;
    case ControlVerb::checkpoint:
      done = co_await control.async_checkpoint(std::move(request.text), request.by);
      break;
    case ControlVerb::approve:
    case ControlVerb::deny: {
      harness::InterruptAnswer decided;
      decided.interrupt_id = request.interrupt_id.value_or(harness::InterruptId());
      decided.decision = request.verb == ControlVerb::deny ? harness::InterruptDecision::deny
                         : request.for_run                 ? harness::InterruptDecision::allow_run
                                                           : harness::InterruptDecision::allow_once;
      decided.by = request.by;
      decided.reason = request.text;
      done = co_await control.async_resolve(std::move(decided));
      break;
    }
  }
  if (!done) {
    co_return std::unexpected(done.error());
  }
  co_return answer;
}

asio::awaitable<Result<ControlAnswer>> answer_of(harness::RunId run_id, harness::ControlHandle control,
                                                 std::string line) {
  Result<ControlRequest> request = parse_request(line);
  if (!request) {
    co_return std::unexpected(request.error());
  }
  if (request->run_id != run_id) {
    co_return fail(RuntimeErrorCode::run_not_found, "this socket is of run " + run_id.str(), request->run_id.str());
  }
  ControlRequest wanted = *std::move(request);
  co_return co_await carry_out(std::move(control), std::move(wanted));
}

void start_deadline(const std::shared_ptr<Connection>& connection, std::chrono::milliseconds time) {
  connection->deadline.expires_after(time);
  connection->deadline.async_wait([connection](boost::system::error_code error) {
    if (!error) {
      connection->socket.close(error);
    }
  });
}

asio::awaitable<void> serve(harness::RunId run_id, harness::ControlHandle control,
                            std::shared_ptr<Connection> connection) {
  auto buffer = asio::dynamic_buffer(connection->line, kControlLineBytesMax);
  const auto [read_error, size] = co_await asio::async_read_until(connection->socket, buffer, '\n', kAnswer);
  Result<ControlAnswer> answer;
  if (read_error) {
    answer = fail(RuntimeErrorCode::invalid_argument, "the control socket got no whole line: " + read_error.message());
  } else {
    std::string line = connection->line.substr(0, size);
    answer = co_await answer_of(run_id, std::move(control), std::move(line));
  }
  connection->line = encode_answer(answer);
  co_await asio::async_write(connection->socket, asio::buffer(connection->line), kAnswer);
  connection->deadline.cancel();
}

/// A bug in one connection must not end the run; the peer sees its connection close.
void ignore_failure(const std::exception_ptr& failure) { static_cast<void>(failure); }

}  // namespace

namespace {

template <class Listener>
asio::awaitable<void> accept_connections(std::shared_ptr<Listener> listener) {
  while (listener->acceptor.is_open()) {
    auto [error, socket] = co_await listener->acceptor.async_accept(kAnswer);
    if (error == asio::error::operation_aborted || !listener->acceptor.is_open()) {
      co_return;
    }
    if (error || listener->connections >= kConnectionsMax || !is_our_user(socket.native_handle())) {
      if (error) {  // out of descriptors: look again a little later
        asio::steady_timer pause(listener->acceptor.get_executor(), std::chrono::milliseconds(100));
        co_await pause.async_wait(kAnswer);
      }
      continue;
    }
    auto connection = std::make_shared<Connection>(std::move(socket));
    start_deadline(connection, listener->connection_time);
    ++listener->connections;
    asio::co_spawn(listener->acceptor.get_executor(), serve(listener->run_id, listener->control, connection),
                   [listener](const std::exception_ptr& failure) {
                     --listener->connections;
                     ignore_failure(failure);
                   });
  }
}

/// A listening socket of mode 0600 under `name`, or -1 with errno.
int listen_at(int folder, const std::string& name) {
  const int number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (number < 0) {
    return -1;
  }
  const sockaddr_un address = socket_address(folder, name);
  // The folder keeps everybody else out until the mode is set.
  if (::bind(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::fchmodat(folder, name.c_str(), 0600, 0) != 0 || ::listen(number, kBacklog) != 0) {
    const int error = errno;
    ::close(number);
    errno = error;
    return -1;
  }
  return number;
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(asio::any_io_executor executor, const UserFolders& folders,
                                                           const harness::RunId& run_id, harness::ControlHandle control,
                                                           std::chrono::milliseconds connection_time) {
  auto folder = make_control_folder(folders);
  if (!folder) {
    return std::unexpected(std::move(folder.error()));
  }
  remove_stale_sockets(*folder);
  const std::string name = socket_name(run_id);
  const std::string path = *folder + "/" + name;
  const int folder_number = open_control_folder(*folder);
  const int number = folder_number < 0 ? -1 : listen_at(folder_number, name);
  const int error = errno;
  if (folder_number >= 0) {
    ::close(folder_number);
  }
  if (number < 0) {
    return fail(RuntimeErrorCode::storage_failed, "no control socket at " + path + ": " + std::strerror(error), path);
  }
  auto listener = std::make_shared<Listener>(std::move(executor), run_id, std::move(control), connection_time);
  listener->acceptor.assign(stream_protocol(), number);
  asio::co_spawn(listener->acceptor.get_executor(), accept_connections(listener), ignore_failure);
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(listener), path));
}

ControlSocket::ControlSocket(std::shared_ptr<Listener> listener, std::string path)
    : listener_(std::move(listener)), path_(std::move(path)) {}

ControlSocket::~ControlSocket() {
  ::unlink(path_.c_str());
  auto closed = std::make_shared<std::promise<void>>();
  asio::post(listener_->acceptor.get_executor(), [listener = listener_, closed] {
    boost::system::error_code ignored;
    listener->acceptor.close(ignored);
    closed->set_value();
  });
  closed->get_future().wait_for(kCloseTime);
}

}  // namespace orchestrator::cli
