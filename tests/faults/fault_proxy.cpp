// SPDX-License-Identifier: Apache-2.0
#include "faults/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace orchestrator::harness::faults {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void reset(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// The answer's way through the fault.
class Damage {
 public:
  Damage(int client, Fault fault) : client_(client), fault_(fault) {}

  // False once nothing more is to be passed on.
  bool pass(std::string bytes) {
    const std::size_t start = std::exchange(passed_, passed_ + bytes.size());
    const bool is_reached = passed_ > fault_.at;
    const std::size_t offset = fault_.at > start ? fault_.at - start : 0;
    if (fault_.kind == FaultKind::drip) {
      for (const char& byte : bytes) {
        if (!send_all(client_, {&byte, 1})) return false;
      }
      return true;
    }
    if (fault_.kind == FaultKind::none || !is_reached) return send_all(client_, bytes);
    if (fault_.kind == FaultKind::garbage) {
      if (offset < bytes.size() && !is_damaged_) bytes[offset] = static_cast<char>(bytes[offset] ^ 0x55);
      is_damaged_ = true;
      return send_all(client_, bytes);
    }
    if (offset < bytes.size()) send_all(client_, std::string_view(bytes).substr(0, offset));
    if (fault_.kind == FaultKind::reset) reset(client_);
    return fault_.kind == FaultKind::stall;
  }
  // The rest of a stalled answer goes nowhere.
  [[nodiscard]] bool is_stalled() const { return fault_.kind == FaultKind::stall && passed_ > fault_.at; }

 private:
  int client_;
  Fault fault_;
  std::size_t passed_ = 0;
  bool is_damaged_ = false;
};

}  // namespace

FaultProxy::FaultProxy(std::uint16_t upstream_port, Plan plan)
    : upstream_port_(upstream_port), plan_(std::move(plan)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool listens = ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                       ::listen(listener_, 64) == 0 &&
                       ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!listens || stop_ < 0) throw std::runtime_error("the fault proxy cannot listen on loopback");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FaultProxy::~FaultProxy() {
  ::eventfd_write(stop_, 1);
  acceptor_.join();
  for (std::thread& relay : relays_) relay.join();
  ::close(listener_);
  ::close(stop_);
}

std::string FaultProxy::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

void FaultProxy::accept_all() {
  for (;;) {
    std::array<pollfd, 2> waits{pollfd{listener_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), -1) < 0 || waits[1].revents != 0) return;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const Fault fault = plan_(accepted_++);
    relays_.emplace_back([this, client, fault] { relay(client, fault); });
  }
}

void FaultProxy::relay(int client, Fault fault) {
  const int no_delay = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(upstream_port_);
  bool goes_on = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  Damage damage(client, fault);
  std::string buffer(16'384, '\0');
  while (goes_on) {
    std::array<pollfd, 3> waits{pollfd{client, POLLIN, 0}, pollfd{damage.is_stalled() ? -1 : server, POLLIN, 0},
                                pollfd{stop_, POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), -1) < 0 || waits[2].revents != 0) break;
    for (const bool from_client : {true, false}) {
      if (waits[from_client ? 0 : 1].revents == 0 || !goes_on) continue;
      const ssize_t received = ::recv(from_client ? client : server, buffer.data(), buffer.size(), 0);
      const auto size = static_cast<std::size_t>(std::max<ssize_t>(received, 0));
      goes_on =
          size > 0 && (from_client ? send_all(server, {buffer.data(), size}) : damage.pass(buffer.substr(0, size)));
    }
  }
  ::close(server);
  ::close(client);
}

}  // namespace orchestrator::harness::faults
