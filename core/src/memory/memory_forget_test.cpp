// SPDX-License-Identifier: Apache-2.0
// Goal: what is forgotten is gone from the bytes on disk, not only from answers. Method: the raw bytes of the database
// and its log are searched for words, stems and vectors of what was forgotten; and for what stays, so that the search
// is known to find something.

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "memory/memory_database.hpp"
#include "memory/testing/memory_conformance.hpp"
#include "memory/vector_bytes.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::memory::testing {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::read_file;
using runtime::testing::TemporaryFolder;

using ::testing::HasSubstr;

class MemoryForget : public ::testing::Test {
 protected:
  std::unique_ptr<MemoryDatabase> open() {
    return MemoryDatabase::open(file_, MemoryBounds(), std::chrono::milliseconds(50)).value();
  }
  [[nodiscard]] bool holds(const std::string& bytes) const {
    return read_file(file_).find(bytes) != std::string::npos ||
           read_file(file_ + "-wal").find(bytes) != std::string::npos;
  }

  TemporaryFolder folder_{FolderPlace::memory};
  std::string file_ = folder_.path("memory.db");
};

TEST_F(MemoryForget, LeavesNoByteOfIt) {
  const auto database = open();
  Memory secret = fact(1, "Her password was Quxzibbling all along");  // its stem is quxzibbl
  secret.user = "zelda-wyvern";
  secret.embedding = embedding({12345.678F, -0.0625F, 3e7F}, "vendor/xylo-embed");
  const std::string vector = vector_bytes(secret.embedding->values);
  Memory kept = fact(2, "The garden has frumplicious tulips");  // its stem is frumplici
  ASSERT_TRUE(database->put(secret));
  ASSERT_TRUE(database->put(kept));
  for (const std::string& bytes : {std::string("Quxzibbling"), std::string("quxzibbl"), secret.user, secret.id.str(),
                                   vector, secret.embedding->model}) {
    EXPECT_TRUE(holds(bytes)) << bytes;
  }
  EXPECT_EQ(database->forget({.id = secret.id}), Result<std::uint64_t>(1U));
  // An index holds what a word does not share with the one before it.
  for (const std::string& bytes : {std::string("Quxzibbling"), std::string("quxzibbl"), std::string("xzibbl"),
                                   secret.user, secret.id.str(), vector, secret.embedding->model}) {
    EXPECT_FALSE(holds(bytes)) << bytes;
  }
  EXPECT_TRUE(holds("frumplicious"));
  EXPECT_TRUE(holds("frumplici"));
}

TEST_F(MemoryForget, LeavesNoByteOfAnEvictedOneEither) {
  const auto database = MemoryDatabase::open(file_, {.working_items_max = 1}).value();
  ASSERT_TRUE(database->put(note(1, "quxzibbling")));
  ASSERT_EQ(database->put(note(2, "x")).value().evicted.size(), 1U);
  EXPECT_EQ(database->forget({.id = memory_id(2)}), Result<std::uint64_t>(1U));
  EXPECT_FALSE(holds("quxzibbl"));
}

// Many memories of many sizes, so that pages are split, merged and rearranged before something is forgotten. With this
// seed SQLite 3.40 leaves, where it only overwrites what it deletes, the copy of a word in the unused part of a page.
TEST_F(MemoryForget, LeavesNoByteInARearrangedFile) {
  std::minstd_rand random(80);
  const auto below = [&](std::uint64_t end) { return random() % end; };
  const auto rare_word = [&] {
    std::string word = "zq";
    for (int i = 0; i < 10; ++i) word += "bcdfghjklmnpqrstvwxz"[below(20)];
    return word;
  };
  constexpr std::uint64_t kWords[] = {1, 5, 20, 100, 1'200};
  const auto database = open();
  std::map<std::uint64_t, std::string> words;
  for (std::uint64_t i = 1; i <= 150; ++i) {
    std::string text;
    for (std::uint64_t left = kWords[below(5)]; left > 0; --left) text += "common" + std::to_string(below(200)) + " ";
    Memory memory = fact(below(100'000'000), text);
    words[i] = rare_word();
    memory.text += words[i];
    memory.user = "user" + std::to_string(i);
    memory.created_at = {static_cast<std::int64_t>(below(1'000'000))};
    ASSERT_TRUE(database->put(memory));
    if (below(15) != 0) continue;
    const auto gone = std::next(words.begin(), static_cast<std::ptrdiff_t>(below(words.size())));
    ASSERT_EQ(database->forget({.user = "user" + std::to_string(gone->first)}), Result<std::uint64_t>(1U));
    EXPECT_FALSE(holds(gone->second)) << i;
    EXPECT_FALSE(holds(gone->second.substr(1))) << i;
    words.erase(gone);
  }
  for (const auto& [number, word] : words) EXPECT_TRUE(holds(word));
}

TEST_F(MemoryForget, SaysWhereAReaderKeepsTheBytesAndGoesOnWhenAskedAgain) {
  const auto database = open();
  ASSERT_TRUE(database->put(fact(1, "quxzibbling")));
  ASSERT_TRUE(database->put(fact(2, "tulips")));
  const auto reader =
      storage::SqliteConnection::open({.path = file_, .patience = std::chrono::milliseconds(50)}).value();
  ASSERT_TRUE(reader->execute("BEGIN; SELECT count(*) FROM memory"));
  const auto forgotten = database->forget({.id = memory_id(1)});
  ASSERT_EQ(code_of(forgotten), "storage_failed");
  EXPECT_THAT(forgotten.error().message, HasSubstr("forget them again"));
  EXPECT_THAT(database->search(question("quxzibbling")).value(), ::testing::IsEmpty()) << "it is found no more";
  EXPECT_TRUE(holds("quxzibbl"));
  ASSERT_TRUE(reader->execute("COMMIT"));
  EXPECT_EQ(database->forget({.id = memory_id(1)}), Result<std::uint64_t>(0U));
  EXPECT_FALSE(holds("quxzibbl"));
}

// SQLite does not wait where two connections empty the log at once; a store does.
TEST_F(MemoryForget, WaitsForOthersThatEmptyTheLog) {
  const auto database = MemoryDatabase::open(file_, MemoryBounds()).value();
  std::atomic<bool> is_done = false;
  std::thread other([&] {
    const auto connection = storage::SqliteConnection::open({.path = file_}).value();
    while (!is_done) EXPECT_TRUE(connection->empty_write_ahead_log());
  });
  for (std::uint64_t i = 1; i <= 40; ++i) {
    EXPECT_TRUE(database->put(fact(i, "quxzibbling")));
    EXPECT_EQ(database->forget({.id = memory_id(i)}), Result<std::uint64_t>(1U)) << i;
  }
  is_done = true;
  other.join();
}

TEST_F(MemoryForget, ByTwoAtOnceLeavesNoByteOfEither) {
  const auto forget_many = [this](std::uint64_t first, const std::string& prefix) {
    const auto database = MemoryDatabase::open(file_, MemoryBounds()).value();
    for (std::uint64_t i = first; i < first + 60; ++i) {
      const std::string word = prefix + std::to_string(i);
      EXPECT_TRUE(database->put(fact(i, word)));
      EXPECT_EQ(database->forget({.id = memory_id(i)}), Result<std::uint64_t>(1U)) << i;
      EXPECT_FALSE(holds(word)) << word;
    }
  };
  std::thread other(forget_many, 1'000, "quxzibbling");
  forget_many(1, "frumplicious");
  other.join();
}

// Just before the first notes that it has wiped, a second forgets something, and a reader keeps it from wiping.
TEST_F(MemoryForget, IsNotTakenForWipedByAnother) {
  const auto first = open();
  struct Meanwhile {
    std::unique_ptr<MemoryDatabase> second;
    std::unique_ptr<storage::SqliteConnection> reader;
    std::string code;
  } meanwhile{open(), storage::SqliteConnection::open({.path = file_}).value(), ""};
  ASSERT_TRUE(first->put(fact(1, "tulips")));
  ASSERT_TRUE(first->put(fact(2, "quxzibbling")));
  const auto forget_second = [](unsigned /*event*/, void* context, void* /*statement*/, void* sql) {
    auto& things = *static_cast<Meanwhile*>(context);
    if (!std::string_view(static_cast<const char*>(sql)).starts_with("UPDATE tally SET wiped")) return 0;
    EXPECT_TRUE(things.reader->execute("BEGIN; SELECT count(*) FROM memory"));
    things.code = code_of(things.second->forget({.id = memory_id(2)}));
    return 0;
  };
  sqlite3_trace_v2(first->connection().handle(), SQLITE_TRACE_STMT, forget_second, &meanwhile);
  EXPECT_EQ(first->forget({.id = memory_id(1)}), Result<std::uint64_t>(1U));
  ASSERT_EQ(meanwhile.code, "storage_failed");
  EXPECT_TRUE(holds("quxzibbl"));
  ASSERT_TRUE(meanwhile.reader->execute("COMMIT"));
  EXPECT_EQ(meanwhile.second->forget({.id = memory_id(2)}), Result<std::uint64_t>(0U));
  EXPECT_FALSE(holds("quxzibbl"));
}

TEST_F(MemoryForget, GoesOnAfterACrash) {
  {
    const auto database = open();
    ASSERT_TRUE(database->put(fact(1, "quxzibbling")));
    ASSERT_TRUE(database->put(fact(2, "tulips")));
    const auto reader =
        storage::SqliteConnection::open({.path = file_, .patience = std::chrono::milliseconds(50)}).value();
    ASSERT_TRUE(reader->execute("BEGIN; SELECT count(*) FROM memory"));
    ASSERT_EQ(code_of(database->forget({.id = memory_id(1)})), "storage_failed");
  }
  const auto database = open();
  EXPECT_EQ(database->forget({.id = memory_id(1)}), Result<std::uint64_t>(0U));
  EXPECT_FALSE(holds("quxzibbl"));
  EXPECT_EQ(database->connection().integer_of("SELECT forgotten - wiped FROM tally").value(), 0);
}

}  // namespace
}  // namespace orchestrator::harness::memory::testing
