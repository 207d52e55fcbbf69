// SPDX-License-Identifier: Apache-2.0
#include "kills/victim_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

extern char** environ;

namespace orchestrator::harness::kills {

Fate run_victim(const Victim& victim) {
  std::vector<std::string> texts = victim.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) texts.emplace_back(*entry);
  if (victim.kill_at > 0) texts.push_back("ORCHESTRATOR_KILL_AT=" + std::to_string(victim.kill_at));
  std::vector<char*> environment;
  for (std::string& text : texts) environment.push_back(text.data());
  environment.push_back(nullptr);
  std::string program = "/proc/self/exe";
  std::string filter = "--gtest_filter=" + victim.test;
  std::string brief = "--gtest_brief=1";
  std::vector<char*> arguments{program.data(), filter.data(), brief.data(), nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (victim.folder + "/output").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
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
