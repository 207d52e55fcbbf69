// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/http/connection.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::local::stream_protocol;
using boost::system::error_code;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kPollWait{10};

/// Whether a process is behind a socket's file. Does not wait: one with a full queue is there, too.
bool is_listened_on(const stream_protocol::endpoint& endpoint) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return true;
  const bool is_refused =
      ::connect(probe, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return !is_refused;
}

void ignore_end(const std::exception_ptr& failure) { static_cast<void>(failure); }

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor where, RequestHandler& who, ServerBounds how)
      : executor(std::move(where)), handler(who), bounds(how) {}

  template <class Acceptor>
  asio::awaitable<void> accept(std::shared_ptr<Acceptor> acceptor, bool is_local);
  asio::awaitable<void> serve(std::shared_ptr<Connection> connection);

  template <class Acceptor>
  void begin(std::shared_ptr<Acceptor> acceptor, bool is_local) {
    closers.emplace_back([acceptor] {
      error_code ignored;
      acceptor->close(ignored);
    });
    auto accepting = accept(acceptor, is_local);
    asio::co_spawn(executor, std::move(accepting), [self = shared_from_this()](const std::exception_ptr&) {});
  }

  asio::any_io_executor executor;
  RequestHandler& handler;
  ServerBounds bounds;
  ServerCounts counts;
  bool is_stopping = false;
  std::vector<std::move_only_function<void()>> closers;  // of the acceptors
  std::vector<std::shared_ptr<Connection>> connections;  // at most bounds.connections_max
  std::string local_path;
};

template <class Acceptor>
asio::awaitable<void> Server::State::accept(std::shared_ptr<Acceptor> acceptor, bool is_local) {
  asio::steady_timer pause(executor);
  while (!is_stopping) {
    // Full, or out of descriptors: those that come wait in the kernel's queue.
    if (connections.size() >= bounds.connections_max) {
      pause.expires_after(kPollWait);
      co_await pause.async_wait(kTuple);
      continue;
    }
    auto [error, socket] = co_await acceptor->async_accept(kTuple);
    if (error == asio::error::operation_aborted || !acceptor->is_open()) break;
    if (error) {
      pause.expires_after(kPollWait);
      co_await pause.async_wait(kTuple);
      continue;
    }
    if constexpr (std::is_same_v<Acceptor, tcp::acceptor>) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
    }
    counts.connections += 1;
    const Connection::Context context{handler, bounds, counts, is_stopping};
    auto connection = make_connection(Connection::Socket(std::move(socket)), is_local, context);
    connections.push_back(connection);
    auto serving = serve(std::move(connection));
    asio::co_spawn(executor, std::move(serving), ignore_end);
  }
}

asio::awaitable<void> Server::State::serve(std::shared_ptr<Connection> connection) {
  auto self = shared_from_this();
  counts.connections_open += 1;
  try {
    co_await connection->serve();
  } catch (const std::exception&) {
    // A bug in a route, or no memory: this connection ends, the others go on.
  }
  counts.connections_open -= 1;
  std::erase(connections, connection);
}

Server::Server(asio::any_io_executor executor, RequestHandler& handler, ServerBounds bounds)
    : state_(std::make_shared<State>(std::move(executor), handler, bounds)) {}

Server::~Server() = default;

Result<ListenAddress> Server::listen(const ListenAddress& address) {
  const auto refuse = [&](const error_code& error) {
    return fail(RuntimeErrorCode::storage_unavailable, "cannot listen on " + address.str() + ": " + error.message(),
                address.str());
  };
  error_code error;
  const tcp::endpoint endpoint(asio::ip::make_address(address.host, error), address.port);
  if (error) return refuse(error);
  auto acceptor = std::make_shared<tcp::acceptor>(state_->executor);
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return refuse(error);
  ListenAddress bound = address;
  bound.port = acceptor->local_endpoint(error).port();
  state_->begin(std::move(acceptor), false);
  return bound;
}

Result<void> Server::listen_local(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(RuntimeErrorCode::configuration_invalid, "--socket takes a path of 1 to 107 bytes", "--socket");
  }
  error_code error;
  const stream_protocol::endpoint endpoint(path);
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return fail(RuntimeErrorCode::configuration_invalid, path + " is there and is no socket", path);
    }
    if (is_listened_on(endpoint)) {
      return fail(RuntimeErrorCode::storage_unavailable, "another process listens on " + path, path);
    }
    ::unlink(path.c_str());
  }
  auto acceptor = std::make_shared<stream_protocol::acceptor>(state_->executor);
  acceptor->open(endpoint.protocol(), error);
  // The file gets the mode of the socket: for its owner alone from the beginning.
  if (!error && ::fchmod(acceptor->native_handle(), S_IRUSR | S_IWUSR) != 0) error.assign(errno, error.category());
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(RuntimeErrorCode::storage_unavailable, "cannot listen on " + path + ": " + error.message(), path);
  }
  state_->local_path = path;
  state_->begin(std::move(acceptor), true);
  return {};
}

asio::awaitable<void> Server::stop(std::chrono::milliseconds patience) {
  auto state = state_;
  state->is_stopping = true;
  for (auto& close : state->closers) close();
  state->closers.clear();
  if (!state->local_path.empty()) ::unlink(state->local_path.c_str());
  for (const auto& connection : state->connections) connection->close_if_idle();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  asio::steady_timer pause(state->executor);
  bool is_cut = false;
  while (!state->connections.empty()) {
    if (!is_cut && std::chrono::steady_clock::now() >= deadline) {
      is_cut = true;
      for (const auto& connection : state->connections) connection->cut_off();
    }
    if (is_cut && std::chrono::steady_clock::now() >= deadline + std::chrono::seconds(1)) break;
    pause.expires_after(kPollWait);
    co_await pause.async_wait(kTuple);
  }
}

const ServerCounts& Server::counts() const { return state_->counts; }

}  // namespace orchestrator::daemon
