// SPDX-License-Identifier: Apache-2.0
// Goal: a torn tail is cut and said so, every other damage is noticed, located and left as it is, and harms no other
// run. Method: a small real journal, cut at every length, changed at every byte, its lines lost, swapped and repeated.

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "event/step.hpp"
#include "journal/testing/jsonl_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::HasSubstr;

// What a reader finds: the lines before the trouble, and the trouble.
struct Found {
  std::vector<JournalLine> lines;
  std::string code = "ok";
  std::string message;
};

class JsonlDamage : public JsonlTest {
 protected:
  void SetUp() override {
    whole_ = finished_run(lines_, 2);
    RunLines other(run_id(2), session_id(1));
    finished_run(other, 1);
    for (std::size_t at = 0; at < whole_.size(); at = whole_.find('\n', at) + 1) starts_.push_back(at);
    store_ = open_store();
  }
  void TearDown() override {
    // Whatever was done to one run, the other is served.
    if (!HasFatalFailure()) EXPECT_EQ(decode_run(read_all(*open_store(), run_id(2))).size(), 3U);
  }

  // Reads as a careful reader does: page by page, each line decoded, the chain verified.
  Found read_carefully() {
    Found found;
    const auto fresh = open_store();
    event::JournalHead head;
    for (;;) {
      auto page = await(fresh->read(run_id(1), head.seq, 1'000));
      if (!page) {
        found.code = page.error().code;
        found.message = page.error().message;
        return found;
      }
      if (page->empty()) return found;
      for (JournalLine& line : *page) {
        const auto step = event::decode_step(line.bytes, head);
        if (!step) {
          found.code = step.error().code;
          found.message = step.error().message;
          return found;
        }
        head = step->head;
        found.lines.push_back(std::move(line));
      }
    }
  }
  void put(const std::string& text) { write_file(journal_path(run_id(1)), text); }
  // The number of the step that byte `at` of the journal belongs to.
  std::uint64_t step_at(std::size_t at) const {
    return static_cast<std::uint64_t>(std::ranges::upper_bound(starts_, at) - starts_.begin());
  }
  std::string line(std::size_t step) const {
    const std::size_t end = step < starts_.size() ? starts_[step] : whole_.size();
    return whole_.substr(starts_[step - 1], end - starts_[step - 1]);
  }

  RunLines lines_{run_id(1), session_id(1)};
  std::string whole_;                // four lines
  std::vector<std::size_t> starts_;  // of each
  std::shared_ptr<JsonlStore> store_;
};

TEST_F(JsonlDamage, ATailTornAtAnyLengthIsCut) {
  const std::size_t last = starts_.back();
  for (std::size_t size = last; size < whole_.size(); ++size) {
    put(whole_.substr(0, size));
    std::filesystem::remove(run_path(run_id(1), "epoch"));
    const Found found = read_carefully();
    EXPECT_EQ(found.code, "ok") << size << " " << found.message;
    EXPECT_EQ(found.lines.size(), 3U) << size;
    EXPECT_FALSE(await(store_->list({})).value().at(1).damaged);
    {
      const auto opened = await(store_->open(run_id(1)));
      ASSERT_TRUE(opened) << opened.error().message;
      EXPECT_EQ(opened->cut_bytes, size - last);
      EXPECT_EQ(opened->writer->epoch(), size == last ? 1U : 2U);
    }
    EXPECT_EQ(read_file(journal_path(run_id(1))), whole_.substr(0, last));
    if (size > last) EXPECT_EQ(read_file(run_path(run_id(1), "cut-2")), whole_.substr(last, size - last));
  }
}

TEST_F(JsonlDamage, AfterACutTheRunGoesOn) {
  RunLines again(run_id(1), session_id(1));
  again.start();
  again.delta();
  again.delta();
  put(whole_.substr(0, whole_.size() - 10));
  auto opened = await(store_->open(run_id(1)));
  ASSERT_TRUE(opened);
  append(*opened->writer, again.abort_request());
  append(*opened->writer, again.aborted());
  opened->writer.reset();
  EXPECT_EQ(decode_run(read_all(*store_, run_id(1))).size(), 5U);
  // What was discarded once stays told: the epoch lasts.
  EXPECT_EQ(await(store_->open(run_id(1)))->writer->epoch(), 2U);
}

TEST_F(JsonlDamage, ATornFirstLineLeavesAnEmptyRun) {
  put(whole_.substr(0, 100));
  EXPECT_EQ(read_carefully().lines.size(), 0U);
  EXPECT_EQ(await(store_->open(run_id(1)))->cut_bytes, 100U);
  EXPECT_EQ(read_file(journal_path(run_id(1))), "");
}

TEST_F(JsonlDamage, EveryChangedByteIsNoticedAndLocated) {
  for (std::size_t at = 0; at < whole_.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0x20U}) {
      std::string changed = whole_;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
      put(changed);
      const Found found = read_carefully();
      const bool is_last_end = at == whole_.size() - 1;
      if (is_last_end) {
        // Without its end the last line is one that was never finished: not shown, and cut by the next writer.
        EXPECT_EQ(found.lines.size(), 3U);
        continue;
      }
      ASSERT_NE(found.code, "ok") << "byte " << at << " changed by " << flip << " was not noticed";
      const std::uint64_t step = step_at(at);
      EXPECT_EQ(found.lines.size(), step - 1) << at;
      if (at > 0) {
        EXPECT_EQ(found.code, "journal_damaged") << at;
        EXPECT_THAT(found.message, HasSubstr("step " + std::to_string(step) + " ")) << at;
        EXPECT_THAT(found.message, HasSubstr(run_id(1).str()));
      }
    }
  }
}

TEST_F(JsonlDamage, AChangedByteIsNeverCutOffByAWriter) {
  for (std::size_t at = 0; at + 1 < whole_.size(); at += 7) {
    std::string changed = whole_;
    changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ 0x01U);
    put(changed);
    const auto opened = await(store_->open(run_id(1)));
    ASSERT_FALSE(opened) << at;
    EXPECT_EQ(opened.error().code, at == 0 ? "not_a_journal" : "journal_damaged") << at;
    EXPECT_EQ(read_file(journal_path(run_id(1))), changed);
    EXPECT_FALSE(std::filesystem::exists(run_path(run_id(1), "epoch")));
  }
}

TEST_F(JsonlDamage, AListMarksWhatItCannotRead) {
  for (const std::size_t at : {std::size_t{40}, whole_.size() - 40}) {
    std::string changed = whole_;
    changed[at] = '~';
    put(changed);
    const auto runs = await(store_->list({})).value();
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_TRUE(runs[1].damaged) << at;
    EXPECT_FALSE(runs[0].damaged);
  }
}

TEST_F(JsonlDamage, ALostLineIsNamed) {
  put(line(1) + line(3) + line(4));
  const Found found = read_carefully();
  EXPECT_EQ(found.lines.size(), 1U);
  EXPECT_EQ(found.code, "journal_damaged");
  EXPECT_THAT(found.message, HasSubstr("step 2 (after event 2): found step 3 in its place"));
}

TEST_F(JsonlDamage, LinesThatAreSwappedRepeatedOrForeignAreNamed) {
  RunLines other(run_id(3), session_id(1));
  other.start();
  const std::string foreign = other.delta()->bytes + "\n";
  // A line of the same run with the same numbers, from before the run was rewritten.
  RunLines rewritten(run_id(1), session_id(1));
  rewritten.start();
  rewritten.delta("Rome, ");
  const std::string stale = rewritten.delta()->bytes + "\n";
  for (const auto& [text, good, flaw] :
       {std::tuple{line(1) + line(3) + line(2) + line(4), 1U, "found step 3"},
        std::tuple{line(1) + line(2) + line(2) + line(3) + line(4), 2U, "found step 2"},
        std::tuple{line(2) + line(3) + line(4), 0U, "found step 2"},
        std::tuple{line(1) + foreign + line(3) + line(4), 1U, "of another run"},
        std::tuple{line(1) + line(2) + stale + line(4), 2U, "hash chain is broken at event 4"},
        std::tuple{line(1) + "\n" + line(2) + line(3) + line(4), 1U, "checksum mismatch"}}) {
    put(text);
    const Found found = read_carefully();
    EXPECT_EQ(found.lines.size(), good) << flaw;
    EXPECT_EQ(found.code, "journal_damaged") << flaw;
    EXPECT_THAT(found.message, HasSubstr(flaw));
  }
}

TEST_F(JsonlDamage, ARunThatWasNeverAJournalIsLeftAlone) {
  for (const std::string& text : {std::string("hello\n"), std::string("hello"), std::string("\n"),
                                  std::string("<html>\n</html>\n"), std::string("\xEF\xBB\xBF") + whole_}) {
    put(text);
    EXPECT_EQ(read_carefully().code, "not_a_journal") << text.substr(0, 20);
    const auto opened = await(store_->open(run_id(1)));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, "not_a_journal");
    EXPECT_EQ(read_file(journal_path(run_id(1))), text);
  }
}

TEST_F(JsonlDamage, AnEmptyFileIsARunInWhichNothingHappened) {
  put("");
  EXPECT_EQ(read_carefully().code, "ok");
  const auto opened = await(store_->open(run_id(1)));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->cut_bytes, 0U);
}

// What power loss may leave of lines that were never synced: any of their sectors as zeros, or a shorter file.
TEST_F(JsonlDamage, LostSectorsOfUnsyncedLinesAreCutAndNothingBefore) {
  constexpr std::size_t kSector = 512;
  RunLines lines(run_id(4), session_id(1));
  std::string text = lines.start()->bytes + "\n";
  const std::size_t synced = text.size();
  for (int i = 0; i < 6; ++i) text += lines.delta(std::string(static_cast<std::size_t>(i) * 150, 'x'))->bytes + "\n";
  for (std::size_t sector = synced / kSector + 1; sector * kSector < text.size(); ++sector) {
    std::string torn = text;
    const std::size_t begin = sector * kSector;
    const std::size_t size = std::min(kSector, torn.size() - begin);
    torn.replace(begin, size, size, '\0');
    std::filesystem::create_directories(path("runs/" + run_id(4).str()));
    std::filesystem::remove(run_path(run_id(4), "epoch"));
    write_file(journal_path(run_id(4)), torn);
    const auto before = await(store_->read(run_id(4), 0, 1 << 20));
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_GE(before->size(), 1U);
    const auto opened = await(store_->open(run_id(4)));
    ASSERT_TRUE(opened) << "sector " << sector << ": " << opened.error().message;
    const std::string left = read_file(journal_path(run_id(4)));
    EXPECT_GE(left.size(), synced);
    EXPECT_LE(left.size(), begin);
    EXPECT_TRUE(text.starts_with(left));
    EXPECT_EQ(read_file(run_path(run_id(4), "cut-2")), torn.substr(left.size()));
    EXPECT_EQ(opened->writer->epoch(), 2U);
  }
}

TEST_F(JsonlDamage, AfterARebootTheEpochRises) {
  write_file(run_path(run_id(1), "holder"), "123 another-boot\n");
  EXPECT_EQ(await(store_->open(run_id(1)))->writer->epoch(), 2U);
  EXPECT_EQ(await(store_->open(run_id(1)))->writer->epoch(), 2U);
}

TEST_F(JsonlDamage, ADamagedEpochIsNotGuessed) {
  write_file(run_path(run_id(1), "epoch"), "two\n");
  const auto opened = await(store_->open(run_id(1)));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "journal_damaged");
  EXPECT_EQ(read_carefully().lines.size(), 4U);
}

TEST_F(JsonlDamage, AChangedBlobIsNoticed) {
  RunLines lines(run_id(5), session_id(1));
  const auto writer = write_run(*store_, lines);
  ASSERT_TRUE(await(writer->put_blob(SharedBytes("cat"))));
  const std::string hash = sha256("cat").str();
  write_file(path("blobs/" + hash.substr(0, 2) + "/" + hash), "cut");
  EXPECT_EQ(await(store_->blob(sha256("cat"))).error().code, "journal_damaged");
}

TEST_F(JsonlDamage, ABlobThatACrashLeftShortIsWrittenAnew) {
  RunLines lines(run_id(5), session_id(1));
  const auto writer = write_run(*store_, lines);
  const std::string hash = sha256("cat").str();
  std::filesystem::create_directories(path("blobs/" + hash.substr(0, 2)));
  write_file(path("blobs/" + hash.substr(0, 2) + "/" + hash), "");
  ASSERT_TRUE(await(writer->put_blob(SharedBytes("cat"))));
  EXPECT_EQ(await(store_->blob(sha256("cat")))->view(), "cat");
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
