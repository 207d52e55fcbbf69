// SPDX-License-Identifier: Apache-2.0
// Goal: the words of the control socket survive the way there and back, foreign words are refused, and the folder of
// the sockets is ours alone. Method: values through encoder and parser; real folders and sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/control/control_client.hpp"
#include "cli/control/control_folder.hpp"
#include "cli/control/control_message.hpp"
#include "cli/testing/temporary_folder.hpp"

namespace orchestrator::cli {
namespace {

using harness::RunId;
using harness::RuntimeErrorCode;
using ::testing::HasSubstr;

const RunId kRun = RunId::make(1'700'000'000'000, 1, 2);
constexpr std::string_view kQuestion = "0102030405060708";

TEST(ControlMessage, SurvivesTheWay) {
  for (const auto verb :
       {ControlVerb::abort, ControlVerb::hint, ControlVerb::pause, ControlVerb::resume, ControlVerb::checkpoint}) {
    const ControlRequest request{verb, kRun, true, "two\nlines \"quoted\" \xc3\xa4", "cli"};
    const std::string line = encode_request(request);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
    EXPECT_EQ(parse_request(line), request);
  }
  EXPECT_EQ(parse_answer(encode_answer(ControlAnswer{"hint_1"})), ControlAnswer{"hint_1"});
}

TEST(ControlMessage, CarriesRefusals) {
  const auto refused = parse_answer(encode_answer(harness::fail(RuntimeErrorCode::run_not_active, "it has ended")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "run_not_active");
  EXPECT_EQ(refused.error().message, "it has ended");
  EXPECT_TRUE(harness::follows_mapping(refused.error()));
}

TEST(ControlMessage, RefusesForeignWords) {
  for (const std::string line : {"", "\n", "{}", "[]", "hello", R"({"v":2,"command":"abort"})", R"({"v":1})",
                                 R"({"v":1,"command":"destroy","run_id":"x"})",
                                 R"({"v":1,"command":"abort","run_id":"x"})", R"({"v":1,"command":7})"}) {
    EXPECT_FALSE(parse_request(line)) << line;
  }
  EXPECT_FALSE(parse_request(std::string(10'000, '[')));
  EXPECT_FALSE(parse_answer(R"({"v":1,"ok":false})"));
}

TEST(ControlFolder, IsPrivateAndPrefersTheRuntimeFolder) {
  const testing::TemporaryFolder folder;
  ASSERT_EQ(::mkdir(folder.path("run").c_str(), 0755), 0);
  const UserFolders folders{std::nullopt, folder.path("state/orchestrator"), folder.path("run/orchestrator")};
  EXPECT_EQ(make_control_folder(folders), folder.path("run/orchestrator"));
  struct stat facts{};
  ASSERT_EQ(::stat(folder.path("run/orchestrator").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0700U);
  ASSERT_EQ(::chmod(folder.path("run/orchestrator").c_str(), 0777), 0);
  EXPECT_TRUE(make_control_folder(folders));
  ASSERT_EQ(::stat(folder.path("run/orchestrator").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0700U) << "made private again";
}

TEST(ControlMessage, CarriesAnAnswerToAQuestion) {
  ControlRequest request{ControlVerb::approve, kRun, false, {}, "cli"};
  request.interrupt_id = *harness::InterruptId::parse(kQuestion);
  request.for_run = true;
  EXPECT_EQ(parse_request(encode_request(request)), request);
  request.verb = ControlVerb::deny;
  request.for_run = false;
  request.text = "not here";
  EXPECT_EQ(parse_request(encode_request(request)), request);
  request.interrupt_id.reset();
  const auto parsed = parse_request(encode_request(request));
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("without the id of its question"));
}

TEST(ControlFolder, FallsBackToTheStateFolder) {
  const testing::TemporaryFolder folder;
  const UserFolders folders{std::nullopt, folder.path("state/orchestrator"), folder.path("missing/orchestrator")};
  EXPECT_EQ(make_control_folder(folders), folder.path("state/orchestrator/control"));
  const auto none = make_control_folder({});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("XDG_RUNTIME_DIR"));
}

TEST(ControlFolder, FollowsNoLink) {
  const testing::TemporaryFolder folder;
  ASSERT_EQ(::mkdir(folder.path("target").c_str(), 0700), 0);
  ASSERT_EQ(::symlink(folder.path("target").c_str(), folder.path("link").c_str()), 0);
  EXPECT_EQ(open_control_folder(folder.path("link")), -1);
  EXPECT_EQ(open_control_folder(folder.write("file", "")), -1);
}

TEST(ControlFolder, HoldsSocketsBelowLongPaths) {
  const testing::TemporaryFolder folder;
  const UserFolders folders{std::nullopt, folder.path(std::string(100, 'a') + "/" + std::string(100, 'b')),
                            std::nullopt};
  const auto made = make_control_folder(folders);
  ASSERT_TRUE(made);
  const int number = open_control_folder(*made);
  ASSERT_GE(number, 0);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = socket_address(number, socket_name(kRun));
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string path = *made + "/" + socket_name(kRun);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);

  ASSERT_EQ(::listen(listener, 1), 0);
  remove_stale_sockets(*made);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0) << "somebody listens";
  ::close(listener);
  remove_stale_sockets(*made);
  EXPECT_NE(::access(path.c_str(), F_OK), 0) << "nobody listens any more";
  ::close(number);
}

TEST(ControlClient, SaysThatNobodyListens) {
  const testing::TemporaryFolder folder;
  const UserFolders folders{std::nullopt, folder.path("state"), std::nullopt};
  const auto answer = send_control(folders, {ControlVerb::pause, kRun, false, {}, "cli"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "run_not_active");
}

}  // namespace
}  // namespace orchestrator::cli
