// SPDX-License-Identifier: Apache-2.0
// Goal: P9 and P10. Whatever twelve operations did to a folder, taking them back makes it what it was, byte for byte,
// to any point, and back again; what somebody else changed is never overwritten unasked; a death in the middle changes
// nothing of that. Method: all sequences of up to three operations, and random longer ones, on a real folder.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/testing/temporary_folder.hpp"
#include "tools/files/path_record.hpp"
#include "tools/files/path_restore.hpp"
#include "tools/files/paths_ahead.hpp"
#include "tools/files/testing/path_operations.hpp"
#include "tools/files/workspace_path.hpp"

namespace orchestrator::harness::tools {
namespace {

namespace fs = std::filesystem;
using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;
using testing::kOperations;
using testing::Operation;
using testing::PathOperations;
using testing::Snapshot;

using Sequence = std::vector<Operation>;

std::vector<Sequence> sequences_up_to(std::size_t length) {
  std::vector<Sequence> sequences;
  std::vector<Sequence> last{{}};
  for (std::size_t i = 0; i < length; ++i) {
    std::vector<Sequence> longer;
    for (const Sequence& sequence : last) {
      for (std::size_t operation = 0; operation < kOperations; ++operation) {
        longer.push_back(sequence);
        longer.back().push_back(static_cast<Operation>(operation));
      }
    }
    sequences.insert(sequences.end(), longer.begin(), longer.end());
    last = std::move(longer);
  }
  return sequences;
}

std::string name_of(const Sequence& sequence) {
  std::string name;
  for (const Operation operation : sequence)
    name += (name.empty() ? "" : ",") + std::to_string(static_cast<int>(operation));
  return name;
}

// What a sequence did: a record for each operation, and the folder before each and after the last.
struct Trail {
  std::vector<PathRecord> records;
  std::vector<Snapshot> snapshots;
};

Trail carry_out_all(PathOperations& operations, const Sequence& sequence) {
  Trail trail;
  operations.forget();
  trail.snapshots.push_back(operations.snapshot());
  for (const Operation operation : sequence) {
    trail.records.push_back(read_record(operations.apply(operation)).value());
    trail.snapshots.push_back(operations.snapshot());
  }
  return trail;
}

struct Restored {
  CompensationLook look;
  CompensationResult result;
};

Restored take_back(const Workspace& workspace, const PathRecord& record, const std::string& key,
                   const std::vector<UndoConflict>& agreed = {}) {
  auto look = look_at_record(workspace, record);
  Restored restored{look.value_or(CompensationLook{}), {}};
  restored.result = restore_record(workspace, record, agreed, key);
  return restored;
}

enum class Twice : std::uint8_t { no, yes };

// Takes the sequence back step by step, each perhaps twice, then the steps back, then once more; nothing may be left
// over.
void check_sequence(PathOperations& operations, const Sequence& sequence, Twice twice) {
  SCOPED_TRACE(name_of(sequence));
  const Trail trail = carry_out_all(operations, sequence);
  const Workspace& workspace = operations.workspace();
  PathsAhead ahead(workspace);
  for (auto record = trail.records.rbegin(); record != trail.records.rend(); ++record) {
    const CompensationLook look = ahead.take_back(*record, {});
    ASSERT_TRUE(look.verdict == UndoVerdict::restorable || look.verdict == UndoVerdict::nothing_to_do)
        << (look.conflicts.empty() ? look.reason : look.conflicts.front().target + look.conflicts.front().reason);
  }
  std::vector<PathRecord> steps(trail.records.size());
  for (std::size_t i = trail.records.size(); i-- > 0;) {
    const Restored restored = take_back(workspace, trail.records[i], "undo" + std::to_string(i));
    ASSERT_EQ(restored.result.outcome, CompensationOutcome::restored)
        << (restored.result.error ? restored.result.error->message : "");
    ASSERT_EQ(operations.snapshot(), trail.snapshots[i]) << "step " << i;
    if (restored.look.undo) steps[i] = read_record(*restored.look.undo).value();
    if (twice == Twice::no) continue;
    ASSERT_EQ(restore_record(workspace, trail.records[i], {}, "again").outcome, CompensationOutcome::restored);
    ASSERT_EQ(operations.snapshot(), trail.snapshots[i]) << "step " << i << " twice";
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].entries.empty()) continue;
    ASSERT_EQ(take_back(workspace, steps[i], "redo" + std::to_string(i)).result.outcome, CompensationOutcome::restored);
    ASSERT_EQ(operations.snapshot(), trail.snapshots[i + 1]) << "undoing the undo of step " << i;
  }
  for (std::size_t i = trail.records.size(); i-- > 0;) {
    ASSERT_EQ(take_back(workspace, trail.records[i], "last" + std::to_string(i)).result.outcome,
              CompensationOutcome::restored);
  }
  ASSERT_EQ(operations.snapshot(), trail.snapshots.front());
}

TEST(PathRestore, EverySequenceOfUpToThreeOperations) {
  const TemporaryFolder folder(FolderPlace::memory);
  PathOperations operations(folder.path());
  const auto sequences = sequences_up_to(3);
  ASSERT_EQ(sequences.size(), 1'884U);
  for (const Sequence& sequence : sequences) {
    check_sequence(operations, sequence, Twice::yes);
    if (HasFatalFailure()) return;
  }
}

// 5,000 unless ORCHESTRATOR_UNDO_SEQUENCES says more.
TEST(PathRestore, RandomSequences) {
  const char* wanted = std::getenv("ORCHESTRATOR_UNDO_SEQUENCES");
  const int count = wanted == nullptr ? 5'000 : std::atoi(wanted);
  const TemporaryFolder folder(FolderPlace::memory);
  PathOperations operations(folder.path());
  for (int seed = 0; seed < count; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    operations.choose_by(random());
    Sequence sequence(4 + random() % 3);
    for (Operation& operation : sequence) operation = static_cast<Operation>(random() % kOperations);
    check_sequence(operations, sequence, Twice::no);
    if (HasFatalFailure()) return;
  }
}

// What somebody else may have put at a path.
struct Foreign {
  const char* name;
  void (*put)(const std::string& path);
};
void put_file(const std::string& path) { std::ofstream(path) << "foreign"; }
constexpr std::array kForeign{
    Foreign{"nothing", [](const std::string&) {}},
    Foreign{"file", put_file},
    Foreign{"private file",
            [](const std::string& path) {
              put_file(path);
              ::chmod(path.c_str(), 0400);
            }},
    Foreign{"folder", [](const std::string& path) { fs::create_directory(path); }},
    Foreign{"link", [](const std::string& path) { fs::create_symlink("foreign", path); }},
};

TEST(PathRestore, WhatOthersChangedIsAConflictAndStays) {
  const TemporaryFolder folder(FolderPlace::memory);
  PathOperations operations(folder.path());
  std::size_t conflicts = 0;
  for (const Sequence& sequence : sequences_up_to(2)) {
    for (std::size_t step = 0; step < sequence.size(); ++step) {
      std::size_t kinds = 0;
      for (const Foreign& foreign : kForeign) {
        SCOPED_TRACE(name_of(sequence) + " step " + std::to_string(step) + " " + foreign.name);
        operations.reset();
        const Trail trail = carry_out_all(operations, sequence);
        const Workspace& workspace = operations.workspace();
        for (std::size_t i = trail.records.size(); --i > step;) take_back(workspace, trail.records[i], "k");
        const PathRecord& record = trail.records[step];
        const PathEntry& entry = record.is_move ? record.entries.back() : record.entries.front();
        const std::string path = operations.folder() + "/" + entry.path;
        fs::remove_all(path);
        foreign.put(path);
        const Snapshot changed = operations.snapshot();
        if (changed == trail.snapshots[step] || changed == trail.snapshots[step + 1]) continue;
        // Where nothing was before, nothing is to be done when nothing is there.
        const Restored unasked = take_back(workspace, record, "k");
        if (unasked.look.verdict == UndoVerdict::nothing_to_do) continue;
        kinds += 1;
        conflicts += 1;
        ASSERT_EQ(unasked.look.verdict, UndoVerdict::conflict) << unasked.look.reason;
        ASSERT_EQ(unasked.look.conflicts.at(0).target, entry.path);
        ASSERT_FALSE(unasked.look.conflicts.at(0).reason.empty());
        ASSERT_EQ(unasked.result.outcome, CompensationOutcome::conflict);
        ASSERT_EQ(unasked.result.conflicts, unasked.look.conflicts);
        ASSERT_EQ(operations.snapshot(), changed);
        // Consent to something else is none.
        auto other = unasked.look.conflicts;
        other.front().found = sha256("other");
        ASSERT_EQ(restore_record(workspace, record, other, "k").outcome, CompensationOutcome::conflict);
        ASSERT_EQ(operations.snapshot(), changed);
        if (!unasked.look.can_overwrite) continue;
        const Restored agreed = take_back(workspace, record, "k", unasked.look.conflicts);
        ASSERT_EQ(agreed.result.outcome, CompensationOutcome::restored)
            << (agreed.result.error ? agreed.result.error->message : "");
        ASSERT_EQ(operations.snapshot(), trail.snapshots[step]);
        // Nothing was lost by it.
        const auto back = read_record(agreed.look.undo.value()).value();
        ASSERT_EQ(take_back(workspace, back, "b").result.outcome, CompensationOutcome::restored);
        ASSERT_EQ(operations.snapshot(), changed);
      }
      ASSERT_GE(kinds, 4U) << name_of(sequence) << " step " << step;
    }
  }
  EXPECT_GT(conflicts, 1'000U);
}

TEST(PathRestore, AModeThatOthersChangedIsAConflict) {
  const TemporaryFolder folder(FolderPlace::memory);
  PathOperations operations(folder.path());
  const auto record = read_record(operations.apply(Operation::write)).value();
  ::chmod((folder.path() + "/" + record.entries.front().path).c_str(), 0777);
  const auto look = look_at_record(operations.workspace(), record).value();
  ASSERT_EQ(look.conflicts.size(), 1U);
  EXPECT_EQ(look.conflicts[0].expected, look.conflicts[0].found);
  EXPECT_EQ(look.conflicts[0].reason, "its mode is 0777, the call left 0640");
}

TEST(PathRestore, AFolderWithSomethingForeignInItStays) {
  const TemporaryFolder folder(FolderPlace::memory);
  PathOperations operations(folder.path());
  const auto record = read_record(operations.apply(Operation::make_folder)).value();
  put_file(folder.path() + "/folder/mine");
  const Restored restored = take_back(operations.workspace(), record, "k");
  ASSERT_EQ(restored.look.verdict, UndoVerdict::conflict);
  EXPECT_EQ(restored.look.conflicts.at(0).target, "folder/mine");
  EXPECT_FALSE(restored.look.can_overwrite);
  EXPECT_EQ(restored.result.outcome, CompensationOutcome::conflict);
  EXPECT_TRUE(fs::exists(folder.path() + "/folder/mine"));
}

TEST(PathRestore, NothingOutsideAndNothingProtectedIsTouched) {
  const TemporaryFolder folder(FolderPlace::memory);
  fs::create_directories(folder.path() + "/ws/d");
  fs::create_directories(folder.path() + "/outside");
  put_file(folder.path() + "/ws/d/f");
  put_file(folder.path() + "/outside/f");
  const auto workspace = Workspace::open(folder.path() + "/ws").value();
  const auto record = read_record(record_paths(*workspace, {{"d/f", PathState{}}}).value()).value();
  // A folder on the way becomes a link, out of the workspace or to another place in it.
  for (const char* target : {"../outside", "other"}) {
    fs::remove_all(folder.path() + "/ws/d");
    fs::create_directories(folder.path() + "/ws/other");
    fs::create_symlink(target, folder.path() + "/ws/d");
    const Snapshot before = testing::snapshot_of(folder.path());
    EXPECT_NE(restore_record(*workspace, record, {}, "k").outcome, CompensationOutcome::restored);
    EXPECT_EQ(testing::snapshot_of(folder.path()), before);
  }
  EXPECT_EQ(record_paths(*workspace, {{"../outside/f", PathState{}}}).error().code,
            ToolErrorCode::path_outside_workspace);
  EXPECT_EQ(record_paths(*workspace, {{".git/config", PathState{}}}).error().code, ToolErrorCode::not_found);
  fs::create_directory(folder.path() + "/ws/.git");
  EXPECT_EQ(record_paths(*workspace, {{".git/config", PathState{}}}).error().code, ToolErrorCode::protected_path);
  PathRecord forged = record;
  forged.entries.front().path = ".git/config";
  EXPECT_FALSE(reason_against(*workspace, forged).empty());
}

TEST(PathRestore, RecordsThatDoNotReadAreNone) {
  for (const char* text : {"", "[]", "{}", R"({"action":"change","paths":[]})", R"({"action":"move","paths":[]})",
                           R"({"action":"change","paths":[{"path":1,"before":{},"after":null}]})",
                           R"({"action":"change","paths":[{"path":"a"}]})"}) {
    EXPECT_FALSE(read_record(UndoRecord{{text}, {}})) << text;
  }
}

// Runs `act` in another process. As that enters its n-th system call `meddle` is called, and `later` calls on it is
// killed; false once it came to its end.
template <class Act, class Meddle>
bool killed_after(int n, int later, const Act& act, const Meddle& meddle) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(3);
    ::raise(SIGSTOP);
    act();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  for (int stops = 0; WIFSTOPPED(status); ++stops) {
    if (stops == n) meddle();
    if (stops == n + later) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return true;
    }
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  return false;
}

template <class Act>
bool killed_at(int n, const Act& act) {
  return killed_after(n, 0, act, [] {});
}

bool is_leftover(const std::string& path) { return fs::path(path).filename().string().starts_with(kTemporaryPrefix); }

// What is left beside a path is what a conflict names.
void expect_leftovers_are_named(const Snapshot& snapshot, const CompensationResult& result) {
  for (const auto& [path, content] : snapshot) {
    if (!is_leftover(path)) continue;
    EXPECT_TRUE(
        std::ranges::any_of(result.conflicts, [&](const UndoConflict& conflict) { return conflict.target == path; }))
        << path << ": " << content;
  }
}

// Where the content lies: at the path or beside it.
bool is_kept(const Snapshot& snapshot, const std::string& path, const std::string& content) {
  return std::ranges::any_of(snapshot, [&](const auto& entry) {
    return entry.second == content && (entry.first == path || is_leftover(entry.first));
  });
}

TEST(PathRestore, AKillAtAnySystemCallIsFinishedByTheNextAttempt) {
  for (std::size_t operation = 0; operation < kOperations; ++operation) {
    const TemporaryFolder folder(FolderPlace::memory);
    PathOperations operations(folder.path());
    bool was_killed = true;
    int n = 1;
    for (; was_killed; ++n) {
      SCOPED_TRACE("operation " + std::to_string(operation) + ", system call " + std::to_string(n));
      operations.reset();
      const Trail trail = carry_out_all(operations, {static_cast<Operation>(operation)});
      was_killed = killed_at(n, [&] { (void)restore_record(operations.workspace(), trail.records[0], {}, "k"); });
      const CompensationResult result = restore_record(operations.workspace(), trail.records[0], {}, "k");
      ASSERT_EQ(result.outcome, CompensationOutcome::restored) << (result.error ? result.error->message : "");
      ASSERT_EQ(operations.snapshot(), trail.snapshots[0]);
    }
    EXPECT_GT(n, 5) << operation;
  }
}

TEST(PathRestore, WhatIsPutAtAPathAfterAKillStays) {
  for (std::size_t operation = 0; operation < kOperations; ++operation) {
    const TemporaryFolder folder(FolderPlace::memory);
    PathOperations operations(folder.path());
    const std::size_t paths = carry_out_all(operations, {static_cast<Operation>(operation)}).records[0].entries.size();
    for (std::size_t choice = 0; choice < paths; ++choice) {
      bool was_killed = true;
      for (int n = 1; was_killed; ++n) {
        SCOPED_TRACE("operation " + std::to_string(operation) + ", system call " + std::to_string(n));
        operations.reset();
        const Trail trail = carry_out_all(operations, {static_cast<Operation>(operation)});
        const PathRecord& record = trail.records[0];
        was_killed = killed_at(n, [&] { (void)restore_record(operations.workspace(), record, {}, "k"); });
        const std::string& path = record.entries[choice].path;
        fs::remove_all(operations.folder() + "/" + path);
        put_file(operations.folder() + "/" + path);
        const Snapshot changed = operations.snapshot();
        const CompensationResult result = restore_record(operations.workspace(), record, {}, "k");
        const Snapshot after = operations.snapshot();
        ASSERT_TRUE(is_kept(after, path, changed.at(path)));
        ASSERT_EQ(result.outcome, CompensationOutcome::conflict) << (result.error ? result.error->message : "");
        expect_leftovers_are_named(after, result);
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

TEST(PathRestore, WhoRestoresAPathAfterAKillKeepsIt) {
  for (const Operation operation : {Operation::write, Operation::remove, Operation::edit}) {
    const TemporaryFolder folder(FolderPlace::memory);
    PathOperations operations(folder.path());
    bool was_killed = true;
    for (int n = 1; was_killed; ++n) {
      SCOPED_TRACE("operation " + std::to_string(static_cast<int>(operation)) + ", system call " + std::to_string(n));
      operations.reset();
      const Trail trail = carry_out_all(operations, {operation});
      const PathRecord& record = trail.records[0];
      was_killed = killed_at(n, [&] { (void)restore_record(operations.workspace(), record, {}, "k"); });
      const PathEntry& entry = record.entries[0];
      const std::string path = operations.folder() + "/" + entry.path;
      fs::remove(path);
      std::ofstream(path, std::ios::binary) << record.content(entry.before.content.value())->view();
      ::chmod(path.c_str(), entry.before.mode);
      EXPECT_EQ(restore_record(operations.workspace(), record, {}, "k").outcome, CompensationOutcome::restored);
      ASSERT_EQ(operations.snapshot(), trail.snapshots[0]);
    }
  }
}

// Somebody writes in the moment of the restoring, which is then killed, and perhaps once more before the next attempt.
TEST(PathRestore, WhatIsPutAtAPathInTheMomentOfItsRestoringStays) {
  std::size_t leftovers = 0;
  for (const Operation operation : {Operation::create, Operation::write}) {
    for (int choice = 0; choice < 8; ++choice) {
      const int later = 1 + 2 * (choice / 2);
      const bool is_twice = choice % 2 == 1;
      const TemporaryFolder folder(FolderPlace::memory);
      PathOperations operations(folder.path());
      bool was_killed = true;
      for (int n = 1; was_killed; ++n) {
        SCOPED_TRACE("operation " + std::to_string(static_cast<int>(operation)) + ", system call " + std::to_string(n) +
                     " and " + std::to_string(later) + (is_twice ? " twice" : ""));
        operations.reset();
        const Trail trail = carry_out_all(operations, {operation});
        const PathRecord& record = trail.records[0];
        const std::string& path = record.entries[0].path;
        const std::string whole = operations.folder() + "/" + path;
        std::string first;
        was_killed = killed_after(
            n, later, [&] { (void)restore_record(operations.workspace(), record, {}, "k"); },
            [&] {
              fs::remove(whole);
              put_file(whole);
              first = operations.snapshot().at(path);
            });
        const Snapshot between = operations.snapshot();
        const bool is_first_aside = !between.contains(path) || between.at(path) != first;
        if (is_twice) {
          fs::remove(whole);
          std::ofstream(whole) << "foreign too";
        }
        const std::string second = is_twice ? operations.snapshot().at(path) : std::string();
        const CompensationResult result = restore_record(operations.workspace(), record, {}, "k");
        const Snapshot after = operations.snapshot();
        if (!first.empty() && (!is_twice || is_first_aside)) ASSERT_TRUE(is_kept(after, path, first));
        if (is_twice) ASSERT_TRUE(is_kept(after, path, second));
        if (is_twice || !first.empty()) ASSERT_EQ(result.outcome, CompensationOutcome::conflict);
        expect_leftovers_are_named(after, result);
        ASSERT_FALSE(HasFailure());
        for (const auto& [name, content] : after) leftovers += is_leftover(name) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(leftovers, 0U);
}

TEST(PathRestore, AFullDiskFailsTheStepAndChangesNothing) {
  const TemporaryFolder folder(FolderPlace::memory);
  const auto on_a_small_disk = [&] {
    const bool is_mounted = ::unshare(CLONE_NEWNS) == 0 &&
                            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                            ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=256k") == 0;
    if (!is_mounted) ::_exit(77);
    std::ofstream(folder.path() + "/big") << std::string(100'000, 'x');
    const auto workspace = Workspace::open(folder.path()).value();
    const PathState after{PathKind::file, {}, sha256("small"), {}};
    const auto record = read_record(record_paths(*workspace, {{"big", after}}).value()).value();
    std::ofstream(folder.path() + "/big") << "small";
    std::ofstream(folder.path() + "/filler") << std::string(250'000, 'y');
    const Snapshot before = testing::snapshot_of(folder.path());
    const auto full = restore_record(*workspace, record, {}, "k");
    if (full.outcome != CompensationOutcome::failed || !full.error) ::_exit(1);
    if (full.error->message.find("No space left") == std::string::npos) ::_exit(2);
    if (testing::snapshot_of(folder.path()) != before) ::_exit(3);
    fs::remove(folder.path() + "/filler");
    if (restore_record(*workspace, record, {}, "k").outcome != CompensationOutcome::restored) ::_exit(4);
    ::_exit(fs::file_size(folder.path() + "/big") == 100'000 ? 0 : 5);
  };
  const pid_t child = ::fork();
  if (child == 0) on_a_small_disk();
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this process may not mount";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace orchestrator::harness::tools
