// SPDX-License-Identifier: Apache-2.0
#include "kills/victim.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

extern char** environ;

namespace orchestrator::harness::kills {

Fate spawn_victim(const std::string& wanted, const std::string& store_kind, const std::string& folder, int kill_at) {
  std::vector<std::string> texts;
  for (char** entry = environ; *entry != nullptr; ++entry) texts.emplace_back(*entry);
  texts.push_back("ORCHESTRATOR_KILL_FOLDER=" + folder);
  texts.push_back("ORCHESTRATOR_KILL_STORE=" + store_kind);
  if (kill_at > 0) texts.push_back("ORCHESTRATOR_KILL_AT=" + std::to_string(kill_at));
  std::vector<char*> environment;
  for (std::string& text : texts) environment.push_back(text.data());
  environment.push_back(nullptr);
  std::string program = "/proc/self/exe";
  std::string filter = "--gtest_filter=" + wanted;
  std::string brief = "--gtest_brief=1";
  std::vector<char*> arguments{program.data(), filter.data(), brief.data(), nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (folder + "/output").c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int spawned = ::posix_spawn(&child, program.c_str(), &files, nullptr, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&files);
  if (spawned != 0) return Fate::failed;
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return Fate::killed;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Fate::ended : Fate::failed;
}

}  // namespace orchestrator::harness::kills
