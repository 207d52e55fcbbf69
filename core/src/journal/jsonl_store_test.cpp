// SPDX-License-Identifier: Apache-2.0
// Goal: the jsonl store passes the suite, lays its files out as documented, and tells what is no store of its own.
// Method: the suite, the files after known operations, folders of other contents, and users without rights.

#include "journal/jsonl_store.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "journal/testing/jsonl_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::HasSubstr;

INSTANTIATE_TEST_SUITE_P(Jsonl, StoreConformance, ::testing::Values(jsonl_kind()), kind_name);

class JsonlStoreFiles : public JsonlTest {
 protected:
  static mode_t mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
  Error open_error(const std::string& path) {
    const auto store = JsonlStore::open(path);
    EXPECT_FALSE(store);
    return store ? Error() : store.error();
  }
};

TEST_F(JsonlStoreFiles, LieWhereTheyAreDocumented) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(2));
  const auto writer = write_run(*store, lines, 1);
  ASSERT_TRUE(await(writer->put_blob(SharedBytes("cat"))));
  EXPECT_EQ(read_file(path("format")), "{\"format\":\"orchestrator-journal\",\"version\":1}\n");
  const std::string journal = read_file(journal_path(run_id(1)));
  const auto read = read_all(*store, run_id(1));
  EXPECT_EQ(journal, read.at(0).bytes + "\n" + read.at(1).bytes + "\n");
  EXPECT_EQ(read_file(path("sessions/" + session_id(2).str() + "/" + run_id(1).str())), "");
  EXPECT_TRUE(std::filesystem::exists(path("sessions/" + session_id(2).str() + "/" + run_id(1).str())));
  const std::string hash = sha256("cat").str();
  EXPECT_EQ(read_file(path("blobs/" + hash.substr(0, 2) + "/" + hash)), "cat");
  EXPECT_THAT(read_file(run_path(run_id(1), "holder")), ::testing::StartsWith(std::to_string(::getpid()) + " "));
}

TEST_F(JsonlStoreFiles, AreForTheirOwnerOnly) {
  const mode_t before = ::umask(0);
  const std::string fresh = path("made/by/us");
  const auto store = JsonlStore::open(fresh).value();
  RunLines lines(run_id(1), session_id(2));
  const auto writer = write_run(*store, lines);
  ASSERT_TRUE(await(writer->put_blob(SharedBytes("cat"))));
  ::umask(before);
  EXPECT_EQ(mode_of(fresh), 0700U);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fresh)) {
    EXPECT_EQ(mode_of(entry.path().string()), entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
}

TEST_F(JsonlStoreFiles, AreGoneWithTheirRun) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(2));
  write_run(*store, lines).reset();
  ASSERT_TRUE(await(store->remove(run_id(1))));
  EXPECT_FALSE(std::filesystem::exists(path("runs/" + run_id(1).str())));
  EXPECT_FALSE(std::filesystem::exists(path("sessions/" + session_id(2).str())));
  EXPECT_TRUE(std::filesystem::is_empty(path("removed")));
}

TEST_F(JsonlStoreFiles, AreFoundAfterAChangeOfFolder) {
  const std::string here = std::filesystem::current_path().string();
  ASSERT_EQ(::chdir(folder_.path().c_str()), 0);
  const auto store = JsonlStore::open("relative").value();
  ASSERT_EQ(::chdir("/"), 0);
  RunLines lines(run_id(1), session_id(2));
  write_run(*store, lines).reset();
  EXPECT_EQ(read_all(*store, run_id(1)).size(), 1U);
  EXPECT_EQ(store->url(), "jsonl:" + std::filesystem::canonical(path("relative")).string());
  ASSERT_EQ(::chdir(here.c_str()), 0);
}

TEST_F(JsonlStoreFiles, LinksAreNotFollowed) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const std::string journal = finished_run(lines, 1);
  write_file(path("elsewhere"), journal);
  std::filesystem::remove(journal_path(run_id(1)));
  std::filesystem::create_symlink(path("elsewhere"), journal_path(run_id(1)));
  EXPECT_EQ(await(store->read(run_id(1), 0, 1)).error().code, "storage_failed");
  EXPECT_EQ(await(store->open(run_id(1))).error().code, "storage_failed");
  EXPECT_EQ(read_file(path("elsewhere")), journal);
}

TEST_F(JsonlStoreFiles, APipeInPlaceOfAJournalIsRefused) {
  const auto store = open_store();
  std::filesystem::create_directory(path("runs/" + run_id(1).str()));
  ASSERT_EQ(::mkfifo(journal_path(run_id(1)).c_str(), 0600), 0);
  EXPECT_EQ(await(store->read(run_id(1), 0, 1)).error().code, "storage_failed");
}

TEST_F(JsonlStoreFiles, AFolderOfSomethingElseIsLeftAlone) {
  write_file(path("thesis.txt"), "important");
  const Error error = open_error(folder_.path());
  EXPECT_EQ(error.code, "not_a_journal");
  EXPECT_THAT(error.message, HasSubstr("thesis.txt"));
  EXPECT_EQ(read_file(path("thesis.txt")), "important");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(JsonlStoreFiles, AFormatFileOfSomethingElseIsLeftAlone) {
  for (const std::string& text : {std::string(), std::string("hello\n"), std::string("{}"), std::string("[1]"),
                                  std::string(R"({"format":"other","version":1})"),
                                  std::string(R"({"format":"orchestrator-journal","version":"1"})"),
                                  std::string(R"({"format":"orchestrator-journal")"), std::string(100'000, ' ')}) {
    write_file(path("format"), text);
    EXPECT_EQ(open_error(folder_.path()).code, "not_a_journal") << text.substr(0, 80);
    EXPECT_EQ(read_file(path("format")), text);
  }
}

TEST_F(JsonlStoreFiles, ANewerFormatIsNamedAndLeftAlone) {
  const std::string text = "{\"format\":\"orchestrator-journal\",\"version\":7}\n";
  write_file(path("format"), text);
  const Error error = open_error(folder_.path());
  EXPECT_EQ(error.code, "version_too_new");
  EXPECT_THAT(error.message, HasSubstr("version 7"));
  EXPECT_THAT(error.message, HasSubstr("up to 1"));
  EXPECT_EQ(read_file(path("format")), text);
  EXPECT_FALSE(std::filesystem::exists(path("runs")));
}

TEST_F(JsonlStoreFiles, AFileIsNoStore) {
  write_file(path("file"), "");
  EXPECT_EQ(open_error(path("file")).code, "not_a_journal");
  EXPECT_EQ(open_error(path("file/below")).code, "not_a_journal");
  EXPECT_EQ(read_file(path("file")), "");
}

TEST_F(JsonlStoreFiles, ADraftOfAFormatThatACrashLeftDoesNotMatter) {
  write_file(path(".format-12345"), "{\"for");
  EXPECT_NE(open_store(), nullptr);
}

TEST_F(JsonlStoreFiles, StoresAreOpenedByTheirAddress) {
  EXPECT_EQ((*orchestrator::harness::open_store("memory:"))->url(), "memory:");
  EXPECT_TRUE(orchestrator::harness::open_store("memory:5000"));
  EXPECT_EQ((*orchestrator::harness::open_store("jsonl:" + path("new")))->url(), "jsonl:" + path("new"));
  EXPECT_EQ((*orchestrator::harness::open_store("sqlite:" + path("new.db")))->url(), "sqlite:" + path("new.db"));
  for (const char* url : {"", "jsonl", "jsonl:", "memory", "memory:big", "memory:0", "memory:-1", "sqlite:", "/a/path",
                          "JSONL:/x", "mysql://host/db", "postgres:host/db"}) {
    const auto store = orchestrator::harness::open_store(url);
    ASSERT_FALSE(store) << url;
    EXPECT_EQ(store.error().code, "configuration_invalid") << url;
  }
}

TEST_F(JsonlStoreFiles, ARunWhoseCreationWasCutShortIsNotListed) {
  const auto store = open_store();
  std::filesystem::create_directories(path("runs/" + run_id(1).str()));
  std::filesystem::create_directories(path("runs/" + run_id(2).str()));
  write_file(journal_path(run_id(2)), "");
  std::filesystem::create_directories(path("runs/.nonsense"));
  EXPECT_TRUE(await(store->list({})).value().empty());
  EXPECT_EQ(await(store->read(run_id(1), 0, 1)).error().code, "run_not_found");
  EXPECT_TRUE(await(store->read(run_id(2), 0, 1)).value().empty());
}

// The body in a process of its own, as the user nobody; true when the body was.
bool holds_as_nobody(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(JsonlStoreFiles, AReadOnlyStoreIsReadAndSaysSoWhenWritten) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody without rights";
  RunLines lines(run_id(1), session_id(1));
  finished_run(lines, 3);
  const std::string made = path("");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
    ::chmod(entry.path().c_str(), entry.is_directory() ? 0555 : 0444);
  }
  ::chmod(folder_.path().c_str(), 0555);
  EXPECT_TRUE(holds_as_nobody([&] {
    const auto store = open_store();
    if (!store || read_all(*store, run_id(1)).size() != 5 || await(store->list({})).value().size() != 1) return false;
    const auto created = await(store->create(run_id(2), session_id(1)));
    const auto opened = await(store->open(run_id(1)));
    const auto removed = await(store->remove(run_id(1)));
    return !created && created.error().code == "storage_readonly" &&
           created.error().message.find(path("runs")) != std::string::npos && !opened &&
           opened.error().code == "storage_readonly" && !removed && removed.error().code == "storage_readonly";
  }));
  ::chmod(folder_.path().c_str(), 0755);
}

TEST_F(JsonlStoreFiles, AFolderThatMayNotBeMadeIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody without rights";
  ::chmod(folder_.path().c_str(), 0555);
  EXPECT_TRUE(holds_as_nobody([&] {
    const Error error = open_error(path("store"));
    return error.code == "storage_readonly" && error.message.find(path("store")) != std::string::npos;
  }));
  ::chmod(folder_.path().c_str(), 0755);
}

// How much this process has read so far, in bytes.
std::uint64_t bytes_read() {
  std::ifstream file("/proc/self/io");
  std::string key;
  std::uint64_t value = 0;
  while (file >> key >> value) {
    if (key == "rchar:") return value;
  }
  return 0;
}

TEST_F(JsonlStoreFiles, ReadingInPagesCostsTheSizeOfTheRunOnce) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines, 4'000);
  const std::uint64_t size = read_file(journal_path(run_id(1))).size();
  ASSERT_GT(bytes_read(), 0U);

  std::uint64_t before = bytes_read();
  EXPECT_EQ(read_all(*store, run_id(1), 0, 60'000).size(), 4'001U);
  EXPECT_LT(bytes_read() - before, 3 * size);

  // A reader that comes from nowhere finds its place without reading what is before it.
  const auto fresh = open_store();
  before = bytes_read();
  EXPECT_EQ(read_all(*fresh, run_id(1), lines.head().seq - 10).size(), 10U);
  EXPECT_LT(bytes_read() - before, size / 2);

  // A list reads both ends only.
  before = bytes_read();
  EXPECT_EQ(await(fresh->list({})).value().at(0).events, lines.head().seq);
  EXPECT_LT(bytes_read() - before, size / 4);
}

TEST_F(JsonlStoreFiles, APlaceThatIsNoLongerThereIsLookedForAnew) {
  const auto reader = open_store();
  const auto other = open_store();
  RunLines first(run_id(1), session_id(1));
  write_run(*other, first, 20).reset();
  for (std::uint64_t after = 0; after < first.head().seq; after += 1) {
    ASSERT_EQ(await(reader->read(run_id(1), after, 1)).value().size(), 1U);
  }
  // Another process puts a run with other lines in its place.
  ASSERT_TRUE(await(other->remove(run_id(1))));
  RunLines second(run_id(1), session_id(1));
  const auto writer = await(other->create(run_id(1), session_id(1))).value();
  append(*writer, second.start("another question"));
  for (int i = 0; i < 20; ++i) append(*writer, second.delta("a longer piece of text than before"));
  for (std::uint64_t after = 0; after < second.head().seq; after += 1) {
    const auto page = await(reader->read(run_id(1), after, 1));
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->size(), 1U);
    EXPECT_LE(page->front().first_seq, after + 1);
    EXPECT_GT(page->front().last_seq, after);
  }
}

TEST_F(JsonlStoreFiles, APlaceWhereAnotherLineBeginsNowIsLookedForAnew) {
  const auto reader = open_store();
  const auto other = open_store();
  RunLines first(run_id(1), session_id(1));
  auto writer = write_run(*other, first);
  const std::size_t start_bytes = read_file(journal_path(run_id(1))).size();
  append(*writer, first.delta());
  append(*writer, first.delta());
  const std::size_t end_bytes = read_file(journal_path(run_id(1))).size();
  writer.reset();
  EXPECT_EQ(read_all(*reader, run_id(1)).size(), 3U);  // leaves its place after step 3 and event 4
  ASSERT_TRUE(await(other->remove(run_id(1))));
  // Now step 2 alone ends there.
  RunLines measured(run_id(1), session_id(1));
  measured.start();
  const std::size_t empty_bytes = measured.delta("")->bytes.size() + 1;
  RunLines second(run_id(1), session_id(1));
  writer = write_run(*other, second);
  append(*writer, second.delta(std::string(end_bytes - start_bytes - empty_bytes, 'x')));
  ASSERT_EQ(read_file(journal_path(run_id(1))).size(), end_bytes);
  for (int i = 0; i < 3; ++i) append(*writer, second.delta());
  const auto page = await(reader->read(run_id(1), 4, 1 << 20));
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->size(), 2U);
  EXPECT_EQ(page->front().first_seq, 5U);
}

TEST_F(JsonlStoreFiles, EveryPlaceInALongRunIsFoundFromNowhere) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store, lines);
  for (int i = 0; i < 600; ++i)
    append(*writer, lines.delta(std::string(static_cast<std::size_t>(i * 37 % 3'000), 'x')));
  append(*writer, lines.delta(std::string(500'000, 'y')));
  for (int i = 0; i < 20; ++i) append(*writer, lines.delta());
  for (std::uint64_t after = 0; after < lines.head().seq; after += 7) {
    const auto fresh = open_store();
    const auto page = await(fresh->read(run_id(1), after, 1)).value();
    ASSERT_EQ(page.size(), 1U) << after;
    EXPECT_LE(page[0].first_seq, after + 1);
    EXPECT_GT(page[0].last_seq, after);
  }
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
