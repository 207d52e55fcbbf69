// SPDX-License-Identifier: Apache-2.0
// Runs that come into a store from elsewhere, or leave it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "journal/journal_schema.hpp"
#include "journal/jsonl_import.hpp"
#include "journal/run_export.hpp"
#include "journal/run_import.hpp"
#include "journal/sqlite_store.hpp"
#include "kills/store_writing.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::kills {
namespace {

namespace fs = std::filesystem;
using journal::testing::golden_runs;
using journal::testing::picture_run;

constexpr const char* kPicture = "not really a picture";

// All lines but the last one are good.
StoreScenario salvaging() {
  const SampleRun run = golden_run("tools_and_hint");
  StoreScenario scenario;
  scenario.name = "salvage";
  scenario.prepare = [run](const std::string& folder) {
    const auto damaged = open_store("jsonl:" + folder + "/damaged").value();
    ASSERT_TRUE(await(write_run(damaged, run, SIZE_MAX, nullptr)));
    for (const auto& entry : fs::recursive_directory_iterator(folder + "/damaged")) {
      if (entry.path().extension() != ".jsonl") continue;
      std::string text = runtime::testing::read_file(entry.path().string());
      text[text.size() - run.lines.back()->bytes.size() / 2] ^= 1;
      runtime::testing::write_file(entry.path().string(), text);
    }
  };
  scenario.act = [run](const std::string& folder, Shown&) -> Result<void> {
    auto damaged = open_store("jsonl:" + folder + "/damaged");
    if (!damaged) return std::unexpected(damaged.error());
    auto store = store_in(folder);
    if (!store) return std::unexpected(store.error());
    const auto copied = await(journal::copy_run(*damaged, *store, run.run_id));
    return copied ? Result<void>() : std::unexpected(copied.error());
  };
  const auto expect_all = [run](const std::string& folder) {
    const auto found = await(store_in(folder).value()->read(run.run_id, 0, kPageBytes));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), run.lines.size() - 1);
  };
  scenario.check_always = [=](const std::string& folder) {
    if (!runs_in(folder).empty()) expect_all(folder);
  };
  scenario.check_end = expect_all;
  return scenario;
}

StoreScenario importing() {
  const std::vector<SampleRun> runs = {golden_run("tools_and_hint"), picture_run(kPicture)};
  StoreScenario scenario;
  scenario.name = "import";
  const auto file_of = [](const std::string& folder, const SampleRun& run) {
    return folder + "/" + run.run_id.str() + ".orun";
  };
  scenario.prepare = [=](const std::string& folder) {
    const auto from = open_store("memory:").value();
    for (const SampleRun& run : runs) {
      ASSERT_TRUE(await(write_run(from, run, SIZE_MAX, nullptr)));
      std::ofstream file(file_of(folder, run), std::ios::binary);
      const auto sink = [&file](std::string_view bytes) -> Result<void> {
        file << bytes;
        return {};
      };
      ASSERT_TRUE(await(journal::export_run(from, run.run_id, {}, sink)));
    }
  };
  scenario.act = [=](const std::string& folder, Shown&) -> Result<void> {
    auto store = store_in(folder);
    if (!store) return std::unexpected(store.error());
    for (const SampleRun& run : runs) {
      const auto imported = await(journal::import_runs(*store, journal::ExportPlace::of(file_of(folder, run))));
      if (!imported) return std::unexpected(imported.error());
    }
    return {};
  };
  scenario.check_always = [=](const std::string& folder) {
    const std::set<RunId> present = runs_in(folder);
    for (const SampleRun& run : runs) {
      if (present.contains(run.run_id)) expect_whole(folder, run);
    }
  };
  scenario.check_end = [=](const std::string& folder) {
    for (const SampleRun& run : runs) expect_whole(folder, run);
  };
  return scenario;
}

// A file that was not written to its end is refused.
StoreScenario exporting() {
  const SampleRun run = golden_run("tools_and_hint");
  StoreScenario scenario;
  scenario.name = "export";
  scenario.prepare = [run](const std::string& folder) { write_now(folder, run); };
  scenario.act = [run](const std::string& folder, Shown&) -> Result<void> {
    auto store = store_in(folder);
    if (!store) return std::unexpected(store.error());
    std::ofstream file(folder + "/run.orun", std::ios::binary | std::ios::trunc);
    const auto sink = [&file](std::string_view bytes) -> Result<void> {
      file << bytes << std::flush;
      return {};
    };
    const auto exported = await(journal::export_run(*store, run.run_id, {}, sink));
    return exported ? Result<void>() : std::unexpected(exported.error());
  };
  scenario.check_always = [run](const std::string& folder) {
    expect_whole(folder, run);
    const auto checked = journal::check_export(journal::ExportPlace::of(folder + "/run.orun"));
    EXPECT_TRUE(!checked || checked->is_ended);
  };
  scenario.check_end = [](const std::string& folder) {
    const auto checked = journal::check_export(journal::ExportPlace::of(folder + "/run.orun"));
    EXPECT_TRUE(checked) << checked.error().message;
  };
  return scenario;
}

// A journal with the tables of its first version, and a run in it.
void make_older_journal(const std::string& folder, const SampleRun& run) {
  write_now(folder, run);
  const std::string path = database_in(folder);
  fs::rename(path, path + ".new");
  runtime::testing::write_file(path, "");
  auto older = storage::SqliteConnection::open({.path = path}).value();
  ASSERT_TRUE(journal::prepare_journal(*older, journal::journal_migrations().first(1)));
  const auto copied = older->execute("ATTACH '" + path + ".new' AS newer;" + R"sql(
    INSERT INTO run(number, id, session_id, status, steps, events, bytes, epoch, boot, sealed)
      SELECT number, id, session_id, status, steps, events, bytes, epoch, boot, sealed FROM newer.run;
    INSERT INTO line SELECT place, step, first_seq, bytes FROM newer.line;
    INSERT INTO chunk SELECT place, step, first_seq, size, bytes FROM newer.chunk;
    DETACH newer;)sql");
  ASSERT_TRUE(copied) << copied.error().message;
}

StoreScenario migrating() {
  const SampleRun old = golden_run("tools_and_hint");
  StoreScenario scenario =
      writing("migration", golden_run("plain"), [old](const std::string& folder) { make_older_journal(folder, old); });
  scenario.check_always = [old](const std::string& folder) { expect_whole(folder, old); };
  return scenario;
}

StoreScenario taking_over() {
  std::vector<SampleRun> runs = golden_runs("session_with_history");
  runs.push_back(picture_run(kPicture));
  StoreScenario scenario;
  scenario.name = "take_over";
  scenario.prepare = [runs](const std::string& folder) {
    const auto older = open_store("jsonl:" + folder + "/journal").value();
    for (const SampleRun& run : runs) ASSERT_TRUE(await(write_run(older, run, SIZE_MAX, nullptr)));
  };
  scenario.act = [](const std::string& folder, Shown&) -> Result<void> {
    const auto store = journal::SqliteStore::open({database_in(folder)});
    if (!store) return std::unexpected(store.error());
    const auto taken = await(journal::import_jsonl((*store)->file(), folder + "/journal"));
    return taken ? Result<void>() : std::unexpected(taken.error());
  };
  scenario.check_always = [runs](const std::string& folder) {
    const std::set<RunId> present = runs_in(folder);
    for (const SampleRun& run : runs) {
      if (present.contains(run.run_id)) expect_whole(folder, run);
    }
  };
  scenario.check_end = [runs](const std::string& folder) {
    for (const SampleRun& run : runs) expect_whole(folder, run);
  };
  return scenario;
}

}  // namespace

std::vector<StoreScenario> transfer_scenarios() {
  return {salvaging(), importing(), exporting(), migrating(), taking_over()};
}

}  // namespace orchestrator::harness::kills
