// SPDX-License-Identifier: Apache-2.0
// Goal: the file tools do what they say on a real file system, and nothing outside of the workspace, nothing protected,
// nothing that has changed since it was shown.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "event/json_writer.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "tools/built_in.hpp"
#include "tools/files/file_change.hpp"
#include "tools/files/file_state.hpp"
#include "tools/files/folder_walk.hpp"
#include "tools/files/ignore_rules.hpp"
#include "tools/files/line_diff.hpp"
#include "tools/files/workspace_path.hpp"

namespace orchestrator::harness::tools {
namespace {

namespace fs = std::filesystem;

template <class T>
T block(boost::asio::awaitable<T> operation) {
  boost::asio::io_context context;
  auto result = boost::asio::co_spawn(context, std::move(operation), boost::asio::use_future);
  context.run();
  return result.get();
}

std::string quoted(const std::string& text) { return boost::json::serialize(boost::json::value(text)); }

class FileTools : public testing::Test {
 protected:
  FileTools() {
    std::string name = (fs::temp_directory_path() / "orchestrator-files-XXXXXX").string();
    base_ = ::mkdtemp(name.data());
    fs::create_directories(base_ / "ws/sub");
    fs::create_directories(base_ / "ws-evil");
    put("ws/a.txt", "one\ntwo\nthree\n");
    put("secret.txt", "secret");
    put("ws-evil/b.txt", "evil");
    context_.workspace = Workspace::open((base_ / "ws").string()).value();
  }
  ~FileTools() override {
    std::error_code ignored;
    fs::remove_all(base_, ignored);
  }

  void put(const std::string& path, const std::string& content) {
    fs::create_directories((base_ / path).parent_path());
    std::ofstream(base_ / path, std::ios::binary) << content;
  }
  std::string get(const std::string& path) const {
    std::ifstream file(base_ / path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }

  std::expected<ToolPreparation, ToolError> prepare(Tool& tool, const std::string& arguments) {
    return block(tool.prepare(ToolCall{"c", tool.spec().name, {arguments}}, context_));
  }
  ToolResult execute(Tool& tool, const std::string& arguments, ToolPreparation preparation) {
    return block(tool.execute(ToolCall{"c", tool.spec().name, {arguments}}, std::move(preparation), context_));
  }
  // Prepared, then carried out: the code of what went wrong, or the result's text.
  std::string call(const std::shared_ptr<Tool>& tool, const std::string& arguments) {
    auto prepared = prepare(*tool, arguments);
    if (!prepared) return std::string(harness::name_of(prepared.error().code));
    const ToolResult result = execute(*tool, arguments, *prepared);
    if (result.error) return std::string(harness::name_of(result.error->code));
    const auto* text = result.parts.empty() ? nullptr : std::get_if<TextPart>(&result.parts.front());
    return text == nullptr ? "(no text)" : text->text;
  }
  VerifiedState verified(const std::shared_ptr<Tool>& tool, const UndoRecord& undo) {
    return block(tool->verify(ToolCall{"c", tool->spec().name, {"{}"}}, undo, context_)).state;
  }
  std::string read(const std::string& path) {
    return call(make_read_file(config_), R"({"path":)" + quoted(path) + "}");
  }
  std::string write(const std::string& path, const std::string& content = "new") {
    return call(make_write_file(config_), R"({"path":)" + quoted(path) + R"(,"content":)" + quoted(content) + "}");
  }

  fs::path base_;
  BuiltInToolsConfig config_;
  ToolContext context_;
};

TEST_F(FileTools, ReadAllOrSomeLines) {
  EXPECT_EQ(read("a.txt"), "one\ntwo\nthree\n");
  EXPECT_EQ(read((base_ / "ws/a.txt").string()), "one\ntwo\nthree\n");
  EXPECT_EQ(call(make_read_file(config_), R"({"path":"a.txt","first_line":2,"lines":1})"), "two\n");
  EXPECT_EQ(call(make_read_file(config_), R"({"path":"a.txt","first_line":9})"), "");
  put("ws/b.bin", std::string("a\0b", 3));
  EXPECT_TRUE(read("b.bin").starts_with("'b.bin' is not text: 3 bytes, SHA-256 "));
  put("ws/i.png", "\x89PNG\r\n\x1a\nxx");
  EXPECT_EQ(read("i.png"), "(no text)");
}

TEST_F(FileTools, WriteMakesAndReplaces) {
  EXPECT_EQ(write("sub/n.txt", "hi"), "created sub/n.txt: 2 bytes");
  EXPECT_EQ(get("ws/sub/n.txt"), "hi");
  ::chmod((base_ / "ws/a.txt").c_str(), 0640);
  EXPECT_EQ(write("a.txt", "x"), "wrote a.txt: 1 bytes");
  struct stat found{};
  ::stat((base_ / "ws/a.txt").c_str(), &found);
  EXPECT_EQ(found.st_mode & 07777U, 0640U);
  EXPECT_EQ(write("no/such/n.txt"), "not_found");
  EXPECT_EQ(write("sub"), "not_a_regular_file");
  // Nothing is left lying about.
  for (const auto& entry : fs::recursive_directory_iterator(base_ / "ws")) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".orchestrator-")) << entry.path();
  }
}

TEST_F(FileTools, WriteShowsItsDiffAndItsUndo) {
  auto tool = make_write_file(config_);
  const auto prepared = prepare(*tool, R"({"path":"a.txt","content":"one\n2\nthree\n"})");
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->preview, "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
  ASSERT_EQ(prepared->targets.size(), 1U);
  EXPECT_EQ(prepared->targets[0], (ToolTarget{"a.txt", sha256("one\ntwo\nthree\n")}));
  ASSERT_TRUE(prepared->undo);
  ASSERT_EQ(prepared->undo->blobs.size(), 1U);
  EXPECT_EQ(prepared->undo->blobs[0].view(), "one\ntwo\nthree\n");
  EXPECT_EQ(get("ws/a.txt"), "one\ntwo\nthree\n");  // looking changed nothing
}

// TA4, TA5
TEST_F(FileTools, EditIsExact) {
  auto edit = make_edit_file(config_);
  EXPECT_EQ(call(edit, R"({"path":"a.txt","old":"two","new":"2"})"), "wrote a.txt: 12 bytes");
  EXPECT_EQ(get("ws/a.txt"), "one\n2\nthree\n");
  EXPECT_EQ(call(edit, R"({"path":"a.txt","old":"two","new":"2"})"), "edit_no_match");
  EXPECT_EQ(call(edit, R"({"path":"a.txt","old":"","new":"2"})"), "edit_empty");
  EXPECT_EQ(call(edit, R"({"path":"none","old":"a","new":"2"})"), "not_found");
  const auto twice = prepare(*edit, R"({"path":"a.txt","old":"e\n","new":"E\n"})");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ToolErrorCode::edit_ambiguous);
  EXPECT_NE(twice.error().message.find("2 times, in lines 1, 3"), std::string::npos) << twice.error().message;
  EXPECT_EQ(call(edit, R"({"path":"a.txt","old":"e\n","new":"E\n","all":true})"), "wrote a.txt: 12 bytes");
  EXPECT_EQ(get("ws/a.txt"), "onE\n2\nthreE\n");
}

TEST_F(FileTools, WhatChangedSinceItWasShownIsNotTouched) {
  for (const auto& [tool, arguments] : {std::pair{make_write_file(config_), R"({"path":"a.txt","content":"mine"})"},
                                        std::pair{make_edit_file(config_), R"({"path":"a.txt","old":"two","new":"2"})"},
                                        std::pair{make_delete_file(config_), R"({"path":"a.txt"})"},
                                        std::pair{make_move_file(config_), R"({"from":"a.txt","to":"b.txt"})"}}) {
    put("ws/a.txt", "one\ntwo\n");
    const auto prepared = prepare(*tool, arguments);
    ASSERT_TRUE(prepared) << tool->spec().name;
    put("ws/a.txt", "theirs two\n");
    const ToolResult result = execute(*tool, arguments, *prepared);
    ASSERT_TRUE(result.error) << tool->spec().name;
    EXPECT_EQ(result.error->code, ToolErrorCode::stale_file) << tool->spec().name;
    EXPECT_EQ(get("ws/a.txt"), "theirs two\n") << tool->spec().name;
  }
}

TEST_F(FileTools, MoveDeleteAndMakeFolders) {
  EXPECT_EQ(call(make_make_directory(config_), R"({"path":"new"})"), "made new");
  EXPECT_EQ(call(make_make_directory(config_), R"({"path":"new"})"), "already_exists");
  EXPECT_EQ(call(make_move_file(config_), R"({"from":"a.txt","to":"new/c.txt"})"), "moved a.txt to new/c.txt");
  EXPECT_EQ(get("ws/new/c.txt"), "one\ntwo\nthree\n");
  put("ws/a.txt", "again");
  EXPECT_EQ(call(make_move_file(config_), R"({"from":"a.txt","to":"new/c.txt"})"), "already_exists");
  EXPECT_EQ(call(make_delete_file(config_), R"({"path":"new"})"), "not_a_regular_file");  // not empty
  EXPECT_EQ(call(make_delete_file(config_), R"({"path":"new/c.txt"})"), "deleted new/c.txt");
  EXPECT_EQ(call(make_delete_file(config_), R"({"path":"new"})"), "deleted new");
  EXPECT_EQ(call(make_delete_file(config_), R"({"path":"new"})"), "not_found");
}

TEST_F(FileTools, TheRecordTellsWhetherACallHasHappened) {
  for (const auto& [tool, arguments] : {std::pair{make_write_file(config_), R"({"path":"a.txt","content":"w"})"},
                                        std::pair{make_write_file(config_), R"({"path":"n.txt","content":"w"})"},
                                        std::pair{make_edit_file(config_), R"({"path":"a.txt","old":"w","new":"x"})"},
                                        std::pair{make_move_file(config_), R"({"from":"a.txt","to":"m.txt"})"},
                                        std::pair{make_delete_file(config_), R"({"path":"m.txt"})"},
                                        std::pair{make_make_directory(config_), R"({"path":"d"})"}}) {
    const auto prepared = prepare(*tool, arguments);
    ASSERT_TRUE(prepared) << arguments << ": " << prepared.error().message;
    EXPECT_EQ(verified(tool, *prepared->undo), VerifiedState::not_happened) << arguments;
    EXPECT_FALSE(execute(*tool, arguments, *prepared).error) << arguments;
    EXPECT_EQ(verified(tool, *prepared->undo), VerifiedState::happened) << arguments;
  }
  auto tool = make_write_file(config_);
  const auto prepared = prepare(*tool, R"({"path":"n.txt","content":"half"})");
  put("ws/n.txt", "ha");
  EXPECT_EQ(verified(tool, *prepared->undo), VerifiedState::unknown);
}

// M1, TA1
TEST_F(FileTools, NoPathLeadsOut) {
  for (const char* path :
       {"../secret.txt", "sub/../../secret.txt", "/etc/passwd", "//etc/passwd", "sub/../../ws-evil/b.txt"}) {
    EXPECT_EQ(read(path), "path_outside_workspace") << path;
    EXPECT_EQ(write(path), "path_outside_workspace") << path;
  }
  EXPECT_EQ(read((base_ / "ws-evil/b.txt").string()), "path_outside_workspace");  // a sibling with the same beginning
  EXPECT_EQ(read((base_ / "ws/../secret.txt").string()), "path_outside_workspace");
  for (const std::string& path : {std::string(), std::string("~/x"), std::string("a\nb"), std::string("a\0b", 3),
                                  std::string(256, 'x'), std::string(4'097, 'y')}) {
    EXPECT_EQ(read(path), "path_invalid") << path;
  }
  EXPECT_EQ(read("."), "not_a_regular_file");
  EXPECT_EQ(write("."), "path_invalid");
  EXPECT_EQ(write("sub/.."), "path_invalid");
  EXPECT_EQ(get("secret.txt"), "secret");
}

// M2
TEST_F(FileTools, LinksLeadNowhereElse) {
  fs::create_symlink("../secret.txt", base_ / "ws/leaf");
  fs::create_directory_symlink("..", base_ / "ws/up");
  fs::create_symlink("nowhere", base_ / "ws/dangling");
  fs::create_directory_symlink("sub", base_ / "ws/inside");
  put("ws/sub/s.txt", "s");
  EXPECT_EQ(read("leaf"), "path_outside_workspace");
  EXPECT_EQ(read("up/secret.txt"), "path_outside_workspace");
  EXPECT_EQ(read("dangling"), "not_found");
  EXPECT_EQ(read("inside/s.txt"), "s");
  EXPECT_EQ(write("leaf"), "not_a_regular_file");
  EXPECT_EQ(write("dangling"), "not_a_regular_file");
  EXPECT_EQ(write("up/secret.txt"), "path_outside_workspace");
  EXPECT_EQ(call(make_edit_file(config_), R"({"path":"leaf","old":"secret","new":"x"})"), "not_a_regular_file");
  EXPECT_EQ(call(make_move_file(config_), R"({"from":"up/secret.txt","to":"s"})"), "path_outside_workspace");
  EXPECT_EQ(call(make_delete_file(config_), R"({"path":"leaf"})"), "deleted leaf");  // the link itself
  EXPECT_EQ(get("secret.txt"), "secret");
}

// M4, M5
TEST_F(FileTools, ProtectedPathsStayAsTheyAre) {
  fs::create_directories(base_ / "ws/.git/hooks");
  put("ws/.git/config", "git");
  fs::create_directory_symlink(".git", base_ / "ws/alias");
  config_.protected_paths = {"deploy/keys"};
  fs::create_directories(base_ / "ws/deploy");
  for (const char* path : {".git/config", ".git/hooks/pre-commit", ".GIT/config", "sub/../.git/config", "alias/config",
                           ".bashrc", ".profile", "orchestrator.toml", "deploy/keys", ".git", "lib/.git/hooks/x",
                           ".gitconfig", ".npmrc", ".ssh/config"}) {
    EXPECT_EQ(write(path), "protected_path") << path;
    EXPECT_EQ(write((base_ / "ws" / path).string()), "protected_path") << path;
  }
  for (const char* form : {"./deploy/keys", "Deploy/Keys/", "deploy//x/../keys"}) {
    config_.protected_paths = {form};
    EXPECT_EQ(write("deploy/keys"), "protected_path") << form;
    // A folder above it would take it along.
    EXPECT_EQ(call(make_move_file(config_), R"({"from":"deploy","to":"other"})"), "protected_path") << form;
  }
  EXPECT_EQ(write("deploy/free"), "created deploy/free: 3 bytes");
  EXPECT_EQ(call(make_move_file(config_), R"({"from":"a.txt","to":".git/hooks/x"})"), "protected_path");
  EXPECT_EQ(call(make_delete_file(config_), R"({"path":".git/config"})"), "protected_path");
  EXPECT_EQ(get("ws/.git/config"), "git");
  EXPECT_EQ(read(".git/config"), "git");  // reading is another matter
  // What is not there yet is protected all the same.
  fs::remove_all(base_ / "ws/.git");
  EXPECT_EQ(write(".git/config"), "protected_path");
  EXPECT_EQ(call(make_make_directory(config_), R"({"path":".git"})"), "protected_path");
}

TEST_F(FileTools, ARepositoryElsewhereIsProtectedToo) {
  fs::create_directories(base_ / "ws/store/meta/hooks");
  fs::create_directory_symlink("store/meta", base_ / "ws/.git");
  EXPECT_EQ(write("store/meta/hooks/post-commit"), "protected_path");
  EXPECT_EQ(call(make_move_file(config_), R"({"from":"store","to":"x"})"), "protected_path");
  fs::remove(base_ / "ws/.git");
  EXPECT_EQ(write("store/meta/config"), "created store/meta/config: 3 bytes");
  put("ws/.git", "gitdir: store/meta\n");
  EXPECT_EQ(write("store/meta/config"), "protected_path");
  fs::remove(base_ / "ws/.git");
  fs::create_directory_symlink("later/repo", base_ / "ws/.git");
  EXPECT_EQ(call(make_make_directory(config_), R"({"path":"later"})"), "made later");
  EXPECT_EQ(call(make_make_directory(config_), R"({"path":"later/repo"})"), "protected_path");
  fs::remove(base_ / "ws/.git");
  put("ws/.git", "gitdir: ../outside\n");
  EXPECT_EQ(write("store/meta/config"), "wrote store/meta/config: 3 bytes");
}

// A few bytes could otherwise ask for gigabytes.
TEST_F(FileTools, AnEditIsNoLargerThanAFileMayBe) {
  put("ws/many.txt", std::string(100'000, 'a'));
  const std::string arguments =
      R"({"path":"many.txt","old":"a","new":")" + std::string(1'000, 'b') + R"(","all":true})";
  EXPECT_EQ(call(make_edit_file(config_), arguments), "file_too_large");
  EXPECT_EQ(get("ws/many.txt").size(), 100'000U);
}

TEST_F(FileTools, PlacesThatOverlapAreAmbiguous) {
  put("ws/o.txt", "aaa");
  EXPECT_EQ(call(make_edit_file(config_), R"({"path":"o.txt","old":"aa","new":"b"})"), "edit_ambiguous");
  EXPECT_EQ(call(make_edit_file(config_), R"({"path":"o.txt","old":"aa","new":"b","all":true})"),
            "wrote o.txt: 2 bytes");
}

TEST_F(FileTools, WhatIsStaleNamesBothContents) {
  const auto tool = make_edit_file(config_);
  const std::string arguments = R"({"path":"a.txt","old":"two","new":"2"})";
  const auto prepared = prepare(*tool, arguments);
  put("ws/a.txt", "other two\n");
  ToolResult result = execute(*tool, arguments, *prepared);
  EXPECT_EQ(result.error->message, "'a.txt' is not what it was: expected " + sha256("one\ntwo\nthree\n").str() +
                                       ", found " + sha256("other two\n").str() + "; nothing was done");
  put("ws/a.txt", "nothing of it\n");
  result = execute(*tool, arguments, *prepared);
  EXPECT_EQ(result.error->code, ToolErrorCode::stale_file);
  // Another name of the same file changes nothing.
  put("ws/a.txt", "one\ntwo\nthree\n");
  fs::create_hard_link(base_ / "ws/a.txt", base_ / "ws/b.txt");
  EXPECT_FALSE(execute(*tool, arguments, *prepared).error);
}

// What is deleted or moved is what was looked at, however its name is swapped meanwhile.
TEST_F(FileTools, ASwappedFileIsNeitherDeletedNorMoved) {
  const std::string one = (base_ / "ws/a.txt").string();
  const std::string other = (base_ / "ws/other.txt").string();
  std::atomic<bool> is_over = false;
  put("ws/other.txt", "keep");
  std::thread swapper([&] {
    while (!is_over) ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
  });
  const auto kept = [&] { return get("ws/a.txt") == "keep" || get("ws/other.txt") == "keep" || get("ws/m") == "keep"; };
  FileRead before;
  before.state = {FileKind::file, 0644, 14, 1, sha256("one\ntwo\nthree\n"), {}};
  struct stat found{};
  ::stat(one.c_str(), &found);
  before.state.mode = found.st_mode & 07777U;
  int refused = 0;
  // On a busy machine the two threads may take long to meet.
  const auto until = std::chrono::steady_clock::now() + runtime::testing::kTestPatience;
  for (int i = 0; i < 300 || (refused == 0 && std::chrono::steady_clock::now() < until); ++i) {
    FileChange change;
    change.action = i % 2 == 0 ? FileChange::Action::remove : FileChange::Action::move;
    change.paths.push_back({"a.txt", before, {}});
    if (i % 2 != 0) change.paths.push_back({"m", {}, before.state});
    if (const auto done = carry_out(*context_.workspace, change); !done) {
      ++refused;
      continue;
    }
    // The swapper may find one of the two names missing: then both are made anew.
    is_over = true;
    swapper.join();
    ASSERT_TRUE(kept()) << i;
    fs::remove(base_ / "ws/m");
    put("ws/a.txt", "one\ntwo\nthree\n");
    put("ws/other.txt", "keep");
    is_over = false;
    swapper = std::thread([&] {
      while (!is_over) ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
    });
  }
  is_over = true;
  swapper.join();
  EXPECT_TRUE(kept());
  EXPECT_GT(refused, 0);
  for (const auto& entry : fs::directory_iterator(base_ / "ws")) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(kTemporaryPrefix)) << entry.path();
  }
}

// TA2, TA3
TEST_F(FileTools, WhatIsNoPlainFileIsNotOpened) {
  ASSERT_EQ(::mkfifo((base_ / "ws/fifo").c_str(), 0600), 0);
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  (base_ / "ws/socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(server);
  for (const auto& tool : {make_delete_file(config_), make_edit_file(config_)}) {
    EXPECT_EQ(call(tool, R"({"path":"socket","old":"a","new":"b"})"), "not_a_regular_file");
  }
  EXPECT_EQ(write("socket"), "not_a_regular_file");
  EXPECT_NE(read("socket"), "");                  // ENXIO: it cannot be opened at all
  EXPECT_EQ(read("fifo"), "not_a_regular_file");  // and it does not hang
  EXPECT_EQ(write("fifo"), "not_a_regular_file");
  EXPECT_EQ(call(make_delete_file(config_), R"({"path":"fifo"})"), "not_a_regular_file");
  const int sparse = ::open((base_ / "ws/sparse").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  ASSERT_EQ(::ftruncate(sparse, 10LL << 30), 0);
  ::close(sparse);
  EXPECT_EQ(read("sparse"), "file_too_large");
  EXPECT_EQ(write("sparse"), "file_too_large");
  EXPECT_EQ(call(make_move_file(config_), R"({"from":"sparse","to":"s"})"), "file_too_large");
  ASSERT_EQ(::truncate((base_ / "ws/sparse").c_str(), 20LL << 20), 0);
  EXPECT_EQ(call(make_move_file(config_), R"({"from":"sparse","to":"s"})"), "moved sparse to s");
  EXPECT_EQ(call(make_delete_file(config_), R"({"path":"s"})"), "file_too_large");  // it could not be brought back
  EXPECT_EQ(call(make_search_files(config_), R"({"pattern":"x"})"), "nothing matches\n");
  std::string lines;
  while (lines.size() < (11U << 20)) lines += "\xc3\xa9\xc3\xa9\n";  // the limit is inside of a character
  put("ws/lines.txt", lines + "x");
  EXPECT_EQ(call(make_search_files(config_), R"({"pattern":"x"})"),
            "[scan_limit: files that are searched in their first 10 MiB alone: 1]\n");
}

// M3: a path that is swapped all the time leads to the right file or to none.
TEST_F(FileTools, ASwappedPathNeverLeadsOut) {
  fs::create_directories(base_ / "outside");
  put("outside/f.txt", "secret");
  put("ws/dir/f.txt", "inside");
  fs::create_directory_symlink(base_ / "outside", base_ / "ws/link");
  std::atomic<bool> is_over = false;
  const std::string one = (base_ / "ws/dir").string();
  const std::string other = (base_ / "ws/link").string();
  std::thread swapper([&] {
    while (!is_over) ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
  });
  int inside = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto opened = open_path(*context_.workspace, "dir/f.txt");
    if (!opened) continue;
    const auto state = read_state(*opened);
    ASSERT_TRUE(!state || state->content != "secret") << i;
    if (state && state->content == "inside") ++inside;
  }
  for (int i = 0; i < 200; ++i) static_cast<void>(write("dir/f.txt", "inside"));
  is_over = true;
  swapper.join();
  EXPECT_EQ(get("outside/f.txt"), "secret");
  EXPECT_GT(inside, 0);
}

TEST_F(FileTools, AnotherNameOfAFileKeepsItsContent) {
  fs::create_hard_link(base_ / "ws/a.txt", base_ / "ws/b.txt");
  const auto prepared = prepare(*make_write_file(config_), R"({"path":"a.txt","content":"x"})");
  EXPECT_NE(prepared->preview.find("2 names"), std::string::npos);
  EXPECT_EQ(write("a.txt", "x"), "wrote a.txt: 1 bytes");
  EXPECT_EQ(get("ws/b.txt"), "one\ntwo\nthree\n");
}

TEST_F(FileTools, ListAndSearchLeaveOutWhatGitIgnores) {
  put("ws/.gitignore", "*.log\n/build/\n!keep.log\n# comment\n");
  put("ws/x.log", "needle");
  put("ws/keep.log", "needle");
  put("ws/build/out.txt", "needle");
  put("ws/sub/build/in.txt", "needle");
  put("ws/sub/.gitignore", "local*\n");
  put("ws/sub/local.txt", "needle");
  put("ws/.git/packed", "needle");
  put("ws/bin", std::string("needle\0", 7));
  const std::string found = call(make_search_files(config_), R"({"pattern":"ne+dle"})");
  EXPECT_EQ(found, "keep.log:1: needle\nsub/build/in.txt:1: needle\n");
  EXPECT_EQ(call(make_search_files(config_), R"({"pattern":"NEEDLE","ignore_case":true,"glob":"*.txt"})"),
            "sub/build/in.txt:1: needle\n");
  EXPECT_EQ(call(make_search_files(config_), R"({"pattern":"t","path":"sub"})"), "nothing matches\n");
  put("ws/sub/y.log", "text");
  EXPECT_EQ(call(make_list_files(config_), R"({"path":"sub/"})").find("y.log"), std::string::npos);
  put("ws/.orchestrator-0123456789abcdef", "needle");
  const std::string listed = call(make_list_files(config_), "{}");
  EXPECT_EQ(listed.find("x.log"), std::string::npos) << listed;
  EXPECT_NE(listed.find("a.txt  14\n"), std::string::npos) << listed;
  EXPECT_EQ(listed.find(".orchestrator-"), std::string::npos) << listed;
  EXPECT_NE(listed.find("sub/\n"), std::string::npos) << listed;
  EXPECT_NE(call(make_list_files(config_), R"({"ignored":true})").find("x.log"), std::string::npos);
  EXPECT_EQ(call(make_list_files(config_), R"({"path":"../"})"), "path_invalid");
  EXPECT_EQ(call(make_list_files(config_), R"({"path":"a.txt"})"), "not_a_directory");
}

// TA15
TEST_F(FileTools, WhatIsTooMuchToLookAtIsSaidToBePartial) {
  for (int i = 0; i < 2'001; ++i) put("ws/many/" + std::to_string(i), "");
  const std::string listed = call(make_list_files(config_), R"({"glob":"/**/**/**","path":"many"})");
  EXPECT_TRUE(call(make_list_files(config_), R"({"path":"many"})")
                  .ends_with("[scan_limit: there is more that is not listed]\n"));
  EXPECT_FALSE(listed.empty());
  WalkOptions options;
  options.entries_max = 100;
  std::uint64_t seen = 0;
  const auto see = [&seen](const WalkedEntry&) { return ++seen > 0; };
  EXPECT_EQ(walk(*context_.workspace, "many", options, see), false);
  EXPECT_EQ(seen, 100U);
  options.entries_max = 2'001;
  EXPECT_EQ(walk(*context_.workspace, "many", options, see), true);
}

// TA16: in a process with mounts of its own.
TEST_F(FileTools, AMoveToAnotherFileSystemIsRefusedByName) {
  const pid_t probe = ::fork();
  if (probe == 0) {
    const bool may_mount = ::unshare(CLONE_NEWNS) == 0 &&
                           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                           ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) == 0;
    ::_exit(may_mount ? 0 : 1);
  }
  int probed = 0;
  ASSERT_EQ(::waitpid(probe, &probed, 0), probe);
  if (probed != 0) GTEST_SKIP() << "this process may not mount";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  fs::create_directories(base_ / "ws/other");
  const auto move_to_a_mount = [this] {
    const bool is_mounted = ::unshare(CLONE_NEWNS) == 0 &&
                            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                            ::mount("tmpfs", (base_ / "ws/other").c_str(), "tmpfs", 0, nullptr) == 0;
    if (!is_mounted) ::_exit(2);
    context_.workspace = Workspace::open((base_ / "ws").string()).value();  // seen from the new mounts
    const auto tool = make_move_file(config_);
    const std::string arguments = R"({"from":"a.txt","to":"other/a.txt"})";
    const auto prepared = prepare(*tool, arguments);
    const ToolResult result = prepared ? execute(*tool, arguments, *prepared) : ToolResult();
    const bool is_named = result.error && result.error->code == ToolErrorCode::io_error &&
                          result.error->message.find("EXDEV") != std::string::npos;
    ::_exit(is_named && fs::exists(base_ / "ws/a.txt") ? 0 : 1);
  };
  EXPECT_EXIT(move_to_a_mount(), ::testing::ExitedWithCode(0), "");
}

// TA12
TEST_F(FileTools, PatternsAreCheckedAndTakeLinearTime) {
  EXPECT_EQ(call(make_search_files(config_), R"({"pattern":"("})"), "bad_pattern");
  EXPECT_EQ(call(make_search_files(config_), R"({"pattern":")" + std::string(1'001, 'a') + R"("})"),
            "pattern_too_long");
  put("ws/long.txt", std::string(1 << 20, 'a') + "!");
  EXPECT_EQ(call(make_search_files(config_), R"({"pattern":"^(a+)+$","path":"."})"), "nothing matches\n");
}

TEST_F(FileTools, WithoutAWorkspaceNothingIsDone) {
  context_.workspace = nullptr;
  EXPECT_EQ(read("a.txt"), "path_outside_workspace");
  EXPECT_EQ(write("a.txt"), "path_outside_workspace");
  EXPECT_EQ(call(make_list_files(config_), "{}"), "path_outside_workspace");
}

TEST(LineDiff, HasHunksWithContext) {
  std::string before;
  for (int i = 1; i <= 30; ++i) before += std::to_string(i) + "\n";
  std::string after = before;
  after.replace(after.find("\n5\n") + 1, 1, "five");
  after.replace(after.find("\n25\n") + 1, 2, "x");
  const std::string diff = line_diff("f", before, after);
  EXPECT_EQ(diff,
            "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -22,7 +22,7 @@\n 22\n 23\n "
            "24\n-25\n+x\n 26\n "
            "27\n 28\n");
  EXPECT_EQ(line_diff("f", "a", "a"), "");
  EXPECT_EQ(line_diff("f", "", "a"), "--- f\n+++ f\n@@ -1,0 +1,1 @@\n+a\n\\ No newline at end of file\n");
}

TEST(LineDiff, CutsLongLinesBetweenCharacters) {
  std::string line;
  for (int i = 0; i < 300; ++i) line += "\xc3\xa9";
  const std::string diff = line_diff("f", "", "x" + line);
  EXPECT_TRUE(event::is_valid_utf8(diff));
  EXPECT_NE(diff.find("[... 202 bytes more]\n"), std::string::npos) << diff;
  EXPECT_LT(diff.size(), 500U);
}

TEST(IgnoreRules, FollowGit) {
  IgnoreRules rules;
  rules.add("", "*.o\n/top\nfoo/bar\n**/deep/x\na/**/b\nonly/\n[ab].c\n\\#hash\nfoo**bar\nz[!a]d\n[!q]/w\n");
  for (const char* path : {"x.o", "d/x.o", "top", "foo/bar", "q/w/deep/x", "deep/x", "a/b", "a/1/2/b", "a.c", "#hash",
                           "foobar", "fooxbar", "zed"}) {
    EXPECT_TRUE(rules.ignores(path, false)) << path;
  }
  for (const char* path :
       {"x.oo", "d/top", "d/foo/bar", "only", "c.c", "hash", "foo/bar/baz", "z/d", "zad", "q/w", "foo^", "^.c"}) {
    EXPECT_FALSE(rules.ignores(path, false)) << path;
  }
  EXPECT_TRUE(rules.ignores("only", true));
}

// How far a call reaches decides what a person is asked after untrusted output.
TEST_F(FileTools, SayWhichOfTheirCallsReachSecrets) {
  put("ws/.env", "KEY=1\n");
  put("ws/sub/plain.txt", "KEY\n");
  fs::create_symlink("../.env", base_ / "ws/sub/settings.txt");
  fs::create_symlink("sub", base_ / "ws/way");
  fs::create_directories(base_ / "ws/keys");
  put("ws/keys/ca.pem", "KEY\n");
  const auto reach = [&](const std::shared_ptr<Tool>& tool, const std::string& arguments) {
    EXPECT_EQ(tool->spec().reach, ToolReach::inside);
    const auto prepared = prepare(*tool, arguments);
    EXPECT_TRUE(prepared) << arguments << ": " << prepared.error().message;
    return prepared ? prepared->reach.value_or(tool->spec().reach) : ToolReach::outside;
  };
  const auto secret = [&](const std::shared_ptr<Tool>& tool, const std::string& arguments) {
    EXPECT_EQ(reach(tool, arguments), ToolReach::secrets) << tool->spec().name << arguments;
  };
  const auto harmless = [&](const std::shared_ptr<Tool>& tool, const std::string& arguments) {
    EXPECT_EQ(reach(tool, arguments), ToolReach::inside) << tool->spec().name << arguments;
  };
  const auto read = make_read_file(config_);
  secret(read, R"({"path":".env"})");
  secret(read, R"({"path":"sub/../.env"})");
  secret(read, R"({"path":"sub/settings.txt"})");
  secret(read, R"({"path":"way/settings.txt"})");
  secret(read, "{\"path\":" + quoted((base_ / "ws/.env").string()) + "}");
  secret(read, R"({"path":"keys/missing.pem"})");
  harmless(read, R"({"path":"a.txt"})");
  harmless(read, R"({"path":"way/plain.txt"})");
  harmless(read, R"({"path":"missing.txt"})");
  harmless(read, R"({"path":"../secret.txt"})");
  const auto search = make_search_files(config_);
  secret(search, R"({"pattern":"KEY"})");
  secret(search, R"({"pattern":"KEY","path":"keys"})");
  secret(search, R"({"pattern":"KEY","glob":"**/*.pem"})");
  harmless(search, R"({"pattern":"KEY","path":"sub"})");
  harmless(search, R"({"pattern":"KEY","glob":"*.txt"})");
  put("ws/.gitignore", ".env\nkeys\n");
  harmless(search, R"({"pattern":"KEY"})");
  const auto list = make_list_files(config_);
  harmless(list, "{}");
  fs::create_directories(base_ / "ws/sub/.aws");
  secret(list, R"({"path":"sub/.aws"})");
  // Under another name it could be read by anybody.
  secret(make_move_file(config_), R"({"from":".env","to":"sub/b.txt"})");
  secret(make_edit_file(config_), R"({"path":".env","old":"KEY","new":"key"})");
  harmless(make_move_file(config_), R"({"from":"a.txt","to":"sub/b.txt"})");
  harmless(make_write_file(config_), R"({"path":"new.txt","content":"x"})");
  EXPECT_FALSE(read->spec().is_output_trusted);
  EXPECT_FALSE(search->spec().is_output_trusted);
  EXPECT_FALSE(list->spec().is_output_trusted);
  EXPECT_TRUE(make_write_file(config_)->spec().is_output_trusted);
}

}  // namespace
}  // namespace orchestrator::harness::tools
