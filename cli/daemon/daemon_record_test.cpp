// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/daemon_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "cli/daemon/daemon_client.hpp"
#include "cli/daemon/daemon_token.hpp"
#include "cli/exit_status.hpp"
#include "cli/testing/temporary_folder.hpp"

namespace orchestrator::cli {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

const std::string kToken = "orc_" + std::string(64, 'a');

TEST(DaemonRecord, ComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  const DaemonRecord record = own_record("127.0.0.1:7717", "sqlite:/a/b");
  ASSERT_TRUE(write_record(folder.path("daemon"), record));
  struct stat status{};
  ASSERT_EQ(::stat(folder.path("daemon/running.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto read = read_record(folder.path("daemon"));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(**read, record);
  EXPECT_TRUE(is_running(**read));
}

TEST(DaemonRecord, IsNotTakenForAnotherProcessOfItsNumber) {
  DaemonRecord record = own_record("127.0.0.1:7717", "memory:");
  record.begun += "1";
  EXPECT_FALSE(is_running(record));
  record.pid = 1 << 30U;
  EXPECT_FALSE(is_running(record));
}

TEST(DaemonRecord, IsRemovedByItsOwnDaemonAlone) {
  const TemporaryFolder folder;
  const DaemonRecord record = own_record("127.0.0.1:7717", "memory:");
  ASSERT_TRUE(write_record(folder.path(), record));
  DaemonRecord other = record;
  other.begun += "1";
  remove_record(folder.path(), other);
  EXPECT_TRUE(read_record(folder.path())->has_value());
  remove_record(folder.path(), record);
  EXPECT_FALSE(read_record(folder.path())->has_value());
}

TEST(DaemonRecord, RefusesWhatIsNone) {
  for (const auto* text : {"", "7", "{}", R"({"pid":1,"begun":"1","address":"a"})", R"({"pid":-1,"begun":"1"})",
                           R"({"pid":70,"begun":"","address":"a"})", R"({"pid":70,"begun":"1","address":""})",
                           R"({"pid":9999999999,"begun":"1","address":"a"})"}) {
    EXPECT_FALSE(parse_record(text)) << text;
  }
  const TemporaryFolder folder;
  const std::string path = folder.write("running.json", encode_record(own_record("a:1", "memory:")), 0644);
  EXPECT_THAT(read_record(folder.path()).error().message, HasSubstr("mode 0600"));
  folder.write("running.json", std::string(17UL << 10U, ' '));
  EXPECT_THAT(read_record(folder.path()).error().message, HasSubstr("longer"));
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder.write("other", "{}"), path);
  EXPECT_FALSE(read_record(folder.path()));
}

TEST(DaemonRecord, NamesStoresByWholePathsAndWithoutPasswords) {
  const std::string here = std::filesystem::weakly_canonical(std::filesystem::current_path()).string();
  EXPECT_EQ(store_name("sqlite:a/../b.db"), "sqlite:" + here + "/b.db");
  EXPECT_EQ(store_name("jsonl:b"), "jsonl:" + here + "/b");
  EXPECT_EQ(store_name("memory:"), "memory:");
  EXPECT_THAT(store_name("postgres://u:hush@h/d"), ::testing::Not(HasSubstr("hush")));
}

TEST(DaemonClient, FindsNoneWhereNoneRuns) {
  const TemporaryFolder folder;
  EXPECT_EQ(find_daemon(folder.path()).error().code, kDaemonUnreachable);
  DaemonRecord record = own_record("127.0.0.1:7717", "memory:");
  record.begun += "1";
  ASSERT_TRUE(write_record(folder.path(), record));
  EXPECT_EQ(exit_status_of(find_daemon(folder.path()).error()), ExitStatus::unreachable);
}

TEST(DaemonClient, SendsItsTokenToNoOtherMachine) {
  const TemporaryFolder folder;
  folder.write("token", kToken + "\n");
  for (const auto* address : {"192.0.2.1:80", "127.0.0.1.evil.test:80", "[2001:db8::1]:80", "evil.test:80", ""}) {
    const auto client = DaemonClient::open(folder.path(), own_record(address, "memory:"));
    ASSERT_FALSE(client) << address;
    EXPECT_THAT(client.error().message, HasSubstr("no token goes there"));
  }
  EXPECT_TRUE(DaemonClient::open(folder.path(), own_record("127.0.0.1:80", "memory:")));
  EXPECT_TRUE(DaemonClient::open(folder.path(), own_record("[::1]:80", "memory:")));
}

TEST(DaemonToken, IsReadFromAFileOfItsOwnerAlone) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_token(folder.path("token"))->has_value());
  EXPECT_EQ(read_token(folder.write("token", kToken + "\n")), kToken);
  EXPECT_FALSE(read_token(folder.write("token", kToken + "\n", 0640)));
  EXPECT_THAT(read_token(folder.write("short", "orc_12\n")).error().message, HasSubstr("holds no token"));
}

}  // namespace
}  // namespace orchestrator::cli
