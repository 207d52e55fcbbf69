// SPDX-License-Identifier: Apache-2.0
#include "kills/store_writing.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace orchestrator::harness::kills {
namespace {

namespace asio = boost::asio;

std::size_t count_of(const SampleRun& run, std::size_t lines_max) { return std::min(run.lines.size(), lines_max); }

asio::awaitable<Result<std::unique_ptr<RunWriter>>> open_or_make(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                 SessionId session_id) {
  auto opened = co_await store->open(run_id);
  if (opened) co_return std::move(opened->writer);
  if (opened.error().code != name_of(RuntimeErrorCode::run_not_found)) co_return std::unexpected(opened.error());
  co_return co_await store->create(run_id, session_id);
}

// What the child does: 0 when all is well.
int write_all(const std::string& folder, const SampleRun& run, std::size_t lines) {
  const auto store = store_in(folder);
  if (!store) return 1;
  const auto writer = await((*store)->create(run.run_id, run.session_id));
  if (!writer) return 2;
  for (std::size_t i = 0; i < lines; ++i) {
    if (!await((*writer)->append(run.lines[i]))) return 3;
  }
  ::_exit(await((*writer)->sync()) ? 0 : 4);
}

}  // namespace

std::string database_in(const std::string& folder) { return folder + "/runs.db"; }

SampleRun golden_run(const std::string& name) { return journal::testing::golden_runs(name).front(); }

Result<std::shared_ptr<JournalStore>> store_in(const std::string& folder) {
  return open_store("sqlite:" + database_in(folder));
}

asio::awaitable<Result<void>> write_run(std::shared_ptr<JournalStore> store, SampleRun run, std::size_t lines_max,
                                        std::atomic<std::uint64_t>* shown) {
  const auto writer = co_await open_or_make(store, run.run_id, run.session_id);
  if (!writer) co_return std::unexpected(writer.error());
  for (const SharedBytes& content : run.contents) {
    if (auto put = co_await (*writer)->put_blob(content); !put) co_return put;
  }
  const auto present = co_await store->read(run.run_id, 0, kPageBytes);
  if (!present) co_return std::unexpected(present.error());
  for (std::size_t i = present->size(); i < count_of(run, lines_max); ++i) {
    if (auto appended = co_await (*writer)->append(run.lines[i]); !appended) co_return appended;
    if (shown != nullptr) *shown = i + 1;
    if (!run.lines[i]->strict) continue;
    if (auto synced = co_await (*writer)->sync(); !synced) co_return synced;
  }
  co_return co_await (*writer)->sync();
}

void write_now(const std::string& folder, const SampleRun& run, std::size_t lines_max) {
  const auto store = store_in(folder);
  ASSERT_TRUE(store) << store.error().message;
  const auto written = await(write_run(*store, run, lines_max, nullptr));
  ASSERT_TRUE(written) << written.error().message;
}

void write_and_leave(const std::string& folder, const SampleRun& run, std::size_t lines_max) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(write_all(folder, run, count_of(run, lines_max)));
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  ASSERT_GT(std::filesystem::file_size(database_in(folder) + "-wal"), 0U);
}

void expect_whole(const std::string& folder, const SampleRun& run) {
  const auto store = store_in(folder);
  ASSERT_TRUE(store) << store.error().message;
  const auto found = await((*store)->read(run.run_id, 0, kPageBytes));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), run.lines.size());
  for (std::size_t i = 0; i < run.lines.size(); ++i) EXPECT_EQ((*found)[i].bytes, run.lines[i]->bytes);
  for (const SharedBytes& content : run.contents) {
    const auto kept = await((*store)->blob(sha256(content.view())));
    EXPECT_TRUE(kept && kept->view() == content.view());
  }
}

std::set<RunId> runs_in(const std::string& folder) {
  std::set<RunId> runs;
  const auto store = store_in(folder);
  if (!store) return runs;
  for (const RunSummary& run : await((*store)->list(RunFilter{})).value_or(std::vector<RunSummary>())) {
    runs.insert(run.run_id);
  }
  return runs;
}

StoreScenario writing(std::string name, const SampleRun& run, std::function<void(const std::string& folder)> prepare) {
  StoreScenario scenario;
  scenario.name = std::move(name);
  scenario.prepare = std::move(prepare);
  scenario.written = {run.run_id};
  scenario.act = [run](const std::string& folder, Shown& shown) -> Result<void> {
    const auto store = store_in(folder);
    if (!store) return std::unexpected(store.error());
    return await(write_run(*store, run, SIZE_MAX, &shown.lines[0]));
  };
  scenario.check_end = [run](const std::string& folder) { expect_whole(folder, run); };
  return scenario;
}

}  // namespace orchestrator::harness::kills
