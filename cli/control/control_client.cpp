// SPDX-License-Identifier: Apache-2.0
#include "cli/control/control_client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "cli/control/control_folder.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::string_view kUnknownCommand = "an unknown command";  // as a peer says it
constexpr time_t kWaitSeconds = 12;                                 // a little more than the server gives a connection

class Socket {
 public:
  explicit Socket(int number) : number_(number) {}
  Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// Connects to the run's socket in one folder; nothing where nobody listens there.
std::optional<Socket> connect_in(const std::string& folder, const harness::RunId& run_id) {
  const int folder_number = open_control_folder(folder);
  if (folder_number < 0) {
    return std::nullopt;
  }
  const Socket folder_owner(folder_number);
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) {
    return std::nullopt;
  }
  const timeval wait{kWaitSeconds, 0};
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  const std::string name = socket_name(run_id);
  const sockaddr_un address = socket_address(folder_number, name);
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return socket;
  }
  if (errno == ECONNREFUSED) {
    ::unlinkat(folder_number, name.c_str(), 0);  // left by a process that was killed
  }
  return std::nullopt;
}

bool send_all(int number, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(number, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

/// One line with its end; empty where none came. `is_closed`: the other side went away, as a process does that is
/// killed while a child of it, not yet a program of its own, still has the socket.
std::string receive_line(int number, bool& is_closed) {
  std::string line;
  std::array<char, 4'096> block{};
  while (line.size() < kControlLineBytesMax && !line.ends_with('\n')) {
    const ssize_t got = ::recv(number, block.data(), block.size(), 0);
    if (got > 0) {
      line.append(block.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      is_closed = got == 0 || errno == ECONNRESET;
      return {};
    }
  }
  return line;
}

}  // namespace

Result<ControlAnswer> send_control(const UserFolders& folders, const ControlRequest& request) {
  for (const std::string& folder : control_folders(folders)) {
    const auto socket = connect_in(folder, request.run_id);
    if (!socket) {
      continue;
    }
    bool is_closed = !send_all(socket->number(), encode_request(request));
    const std::string line = is_closed ? "" : receive_line(socket->number(), is_closed);
    if (line.empty() && is_closed) {
      continue;
    }
    if (line.empty()) {
      return fail(RuntimeErrorCode::run_locked,
                  "the process that holds run " + request.run_id.str() + " does not answer", request.run_id.str());
    }
    auto answer = parse_answer(line);
    if (!answer && answer.error().message.ends_with(kUnknownCommand)) {
      return fail(RuntimeErrorCode::precondition_failed,
                  "the process that holds run " + request.run_id.str() + " is of a version that does not know '" +
                      std::string(name_of(request.verb)) + "'",
                  request.run_id.str());
    }
    return answer;
  }
  return fail(RuntimeErrorCode::run_not_active, "no process listens for run " + request.run_id.str(),
              request.run_id.str());
}

}  // namespace orchestrator::cli
