// SPDX-License-Identifier: Apache-2.0
// Goal: a connection that says nothing, or never ends its line, is closed at its deadline and costs nobody else their
// answer. Method: a socket on a thread of its own with a short deadline; every wait is for the peer's own action.

#include "cli/control/control_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "cli/control/control_client.hpp"
#include "cli/control/control_folder.hpp"
#include "cli/testing/temporary_folder.hpp"

namespace orchestrator::cli {
namespace {

const harness::RunId kRun = harness::RunId::make(1'700'000'000'000, 3, 4);

class ControlSocketTest : public ::testing::Test {
 protected:
  ControlSocketTest() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
  ~ControlSocketTest() override {
    work_.reset();
    thread_.join();
  }

  std::unique_ptr<ControlSocket> open(std::chrono::milliseconds connection_time) {
    auto socket = ControlSocket::open(context_.get_executor(), folders_, kRun, {}, connection_time);
    EXPECT_TRUE(socket) << (socket ? "" : socket.error().message);
    return socket ? *std::move(socket) : nullptr;
  }

  /// A connection to the socket, or -1.
  int connect() {
    const int folder = open_control_folder(control_folders(folders_).front());
    const int number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = socket_address(folder, socket_name(kRun));
    const int done = ::connect(number, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::close(folder);
    EXPECT_EQ(done, 0);
    return number;
  }

  testing::TemporaryFolder folder_;
  UserFolders folders_{std::nullopt, folder_.path("state"), std::nullopt};
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

TEST_F(ControlSocketTest, ClosesAConnectionThatSaysNothing) {
  const auto socket = open(std::chrono::milliseconds(20));
  const int silent = connect();
  ASSERT_EQ(::send(silent, "{\"v\":1", 6, MSG_NOSIGNAL), 6);
  std::array<char, 16> block{};
  EXPECT_LE(::recv(silent, block.data(), block.size(), 0), 0) << "closed, without an answer";
  ::close(silent);
}

TEST_F(ControlSocketTest, AnswersWhileOthersAreSilent) {
  const auto socket = open(std::chrono::hours(1));
  const int silent = connect();
  const auto answer = send_control(folders_, {ControlVerb::pause, kRun, false, {}, "test"});
  ASSERT_FALSE(answer) << "there is no run behind it";
  EXPECT_THAT(answer.error().message, ::testing::HasSubstr("of this harness")) << "the answer is the socket's";
  ::close(silent);
}

TEST_F(ControlSocketTest, IsGoneOnceDestroyed) {
  auto socket = open(std::chrono::hours(1));
  const std::string path = socket->path();
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  socket.reset();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
  EXPECT_EQ(send_control(folders_, {ControlVerb::pause, kRun, false, {}, "test"}).error().code, "run_not_active");
}

}  // namespace
}  // namespace orchestrator::cli
