// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/postgres_server.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include "runtime/testing/gate.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using std::chrono::steady_clock;

// The folder of the newest server's programs, where Debian puts them.
std::string find_programs() {
  constexpr int kOldest = 15;
  constexpr int kNewest = 40;
  for (int version = kNewest; version >= kOldest; --version) {
    const std::string folder = "/usr/lib/postgresql/" + std::to_string(version) + "/bin";
    if (::access((folder + "/postgres").c_str(), X_OK) == 0) return folder;
  }
  return {};
}

// The processes that a process has started.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos || name_end + 4 > text.size()) continue;
    if (std::stol(text.substr(name_end + 4)) == parent) children.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return children;
}

template <class Condition>
bool wait_until(Condition condition) {
  const auto deadline = steady_clock::now() + runtime::testing::kTestPatience;
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace

PostgresServer::PostgresServer(std::string programs, uid_t user, gid_t group)
    : programs_(std::move(programs)), user_(user), group_(group) {}

std::unique_ptr<PostgresServer> PostgresServer::start() {
  const std::string programs = find_programs();
  if (programs.empty()) return nullptr;
  uid_t user = ::geteuid();
  gid_t group = ::getegid();
  if (user == 0) {
    // It refuses to run as root.
    const passwd* entry = ::getpwnam("postgres");
    if (entry == nullptr) return nullptr;
    user = entry->pw_uid;
    group = entry->pw_gid;
  }
  std::unique_ptr<PostgresServer> self(new PostgresServer(programs, user, group));
  if (self->make_data() && self->restart()) return self;
  ADD_FAILURE() << "the PostgreSQL server does not start: " << runtime::testing::read_file(self->folder_.path("log"));
  return nullptr;
}

PostgresServer* PostgresServer::shared() {
  static const std::unique_ptr<PostgresServer> server = start();
  return server.get();
}

// Ended in an orderly way, it leaves no shared memory behind.
PostgresServer::~PostgresServer() {
  if (server_ < 0) return;
  ::kill(server_, SIGQUIT);
  const bool has_ended = wait_until([this] { return ::waitpid(server_, nullptr, WNOHANG) == server_; });
  if (!has_ended) kill();
}

bool PostgresServer::make_data() {
  if (::geteuid() == 0 && ::chown(folder_.path().c_str(), user_, group_) != 0) return false;
  const pid_t child = spawn("initdb", {"-D", folder_.path("data"), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                                       "--no-locale", "--no-sync"});
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

pid_t PostgresServer::spawn(const std::string& program, const std::vector<std::string>& arguments) const {
  const std::string path = programs_ + "/" + program;
  std::vector<const char*> raw{path.c_str()};
  for (const std::string& argument : arguments) raw.push_back(argument.c_str());
  raw.push_back(nullptr);
  const std::string log = folder_.path("log");
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (::geteuid() == 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0)) ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent) ::_exit(126);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (::chdir("/") == 0) ::execv(path.c_str(), const_cast<char**>(raw.data()));  // execv does not write
  ::_exit(127);
}

std::string PostgresServer::url(const std::string& schema, const std::string& socket_folder) const {
  return "postgres://postgres@/postgres?host=" + (socket_folder.empty() ? folder_.path() : socket_folder) +
         "&options=-csearch_path%3D" + schema;
}

std::unique_ptr<PostgresConnection> PostgresServer::connect(const std::string& schema) const {
  const auto address = parse_postgres_address(url(schema));
  if (!address) return nullptr;
  auto connection = PostgresConnection::open(*address);
  return connection ? *std::move(connection) : nullptr;
}

void PostgresServer::execute(const std::string& schema, const std::string& sql) {
  const auto connection = connect(schema);
  ASSERT_NE(connection, nullptr);
  const auto done = connection->execute(sql);
  EXPECT_TRUE(done) << done.error().message;
}

std::int64_t PostgresServer::number(const std::string& schema, const std::string& sql) {
  const auto connection = connect(schema);
  const auto rows = connection ? connection->run(PostgresQuery(sql))
                               : Result<PostgresRows>(fail(RuntimeErrorCode::storage_unavailable, "no connection"));
  if (rows && rows->size() == 1) return rows->integer(0, 0);
  ADD_FAILURE() << (rows ? "one row was expected" : rows.error().message);
  return -1;
}

std::string PostgresServer::make_schema() {
  std::string schema = "journal_" + std::to_string(++schemas_);
  execute("public", "CREATE SCHEMA " + schema);
  return schema;
}

void PostgresServer::drop_schema(const std::string& schema) { execute("public", "DROP SCHEMA " + schema + " CASCADE"); }

void PostgresServer::kill() {
  if (server_ < 0) return;
  // Stopped first, so that it starts nothing while its processes are listed.
  ::kill(server_, SIGSTOP);
  const std::vector<pid_t> children = children_of(server_);
  // They come to this process when their parent is gone: the first process of a container may never wait for them.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::kill(server_, SIGKILL);
  for (const pid_t child : children) ::kill(child, SIGKILL);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
  const auto has_ended = [](pid_t one) { return ::waitpid(one, nullptr, WNOHANG) == one || ::kill(one, 0) != 0; };
  EXPECT_TRUE(wait_until([&] { return std::ranges::all_of(children, has_ended); }));
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

bool PostgresServer::restart() {
  server_ =
      spawn("postgres", {"-D", folder_.path("data"), "-k", folder_.path(), "-c", "listen_addresses=", "-c",
                         "shared_buffers=16MB", "-c", "dynamic_shared_memory_type=mmap", "-c", "max_connections=60"});
  return wait_until([this] { return connect("public") != nullptr; });
}

}  // namespace orchestrator::harness::journal::testing
