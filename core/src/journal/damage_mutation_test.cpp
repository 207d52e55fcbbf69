// SPDX-License-Identifier: Apache-2.0
// Goal: P8. Whatever happens to the bytes of a store or of an exported file, verifying says so and names the place, or
// what is read is the same as before. Method: stores with whole runs, of which one thing is changed at random, again
// and again: bits, ranges, lines, rows, pages, whole files. Heads are kept elsewhere, as somebody would who wants to
// know. ORCHESTRATOR_MUTATIONS says how many of each kind; a failure names its number, by which it comes again.

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "journal/run_export.hpp"
#include "journal/run_import.hpp"
#include "journal/run_verification.hpp"
#include "journal/testing/jsonl_kind.hpp"
#include "journal/testing/sample_runs.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

int mutations_wanted() {
  const char* text = std::getenv("ORCHESTRATOR_MUTATIONS");
  return text == nullptr ? 150 : std::atoi(text);
}

// Draws that are the same on every machine.
class Draw {
 public:
  explicit Draw(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t count) { return count == 0 ? 0 : engine_() % count; }

 private:
  std::mt19937 engine_;
};

// One change somewhere in a text, and what was done.
std::string change_bytes(std::string& text, Draw& draw) {
  const std::size_t at = draw.below(text.size());
  const std::size_t size = std::min(1 + draw.below(40), text.size() - at);
  const std::string place = " at byte " + std::to_string(at);
  switch (draw.below(6)) {
    case 0:
      text.resize(at);
      return "cut" + place;
    case 1:
      text.erase(at, size);
      return std::to_string(size) + " bytes lost" + place;
    case 2:
      text.insert(at, std::string(size, static_cast<char>('a' + draw.below(26))));
      return std::to_string(size) + " bytes put in" + place;
    case 3:
      std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(512, text.size() - at), '\0');
      return "a sector of zeros" + place;
    default:
      if (!text.empty()) text[at] = static_cast<char>(text[at] ^ (1 << draw.below(8)));
      return "a bit flipped" + place;
  }
}

// One change of whole lines.
std::string change_lines(std::string& text, Draw& draw) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    lines.push_back(text.substr(at, end + 1 - at));
    at = end + 1;
  }
  if (lines.empty()) return "nothing";
  const std::size_t first = draw.below(lines.size());
  const std::size_t second = draw.below(lines.size());
  const auto place = lines.begin() + static_cast<std::ptrdiff_t>(first);
  std::string what;
  switch (draw.below(4)) {
    case 0:
      lines.erase(place);
      what = "lost";
      break;
    case 1:
      std::swap(lines[first], lines[second]);
      what = "swapped with line " + std::to_string(second + 1);
      break;
    case 2:
      lines.insert(place, std::string(lines[second]));
      what = "follows line " + std::to_string(second + 1) + " again";
      break;
    default:
      lines.resize(first);
      what = "and all after it lost";
  }
  text.clear();
  for (const std::string& line : lines) text += line;
  return "line " + std::to_string(first + 1) + " " + what;
}

// All that verifying says, each with its place or without.
struct Findings {
  bool is_found = false;
  std::string unplaced;  // a finding without a place
};

class Mutation : public StoreTest {
 public:
  void prepare(JournalStore& store) {
    runs_ = sample_runs();
    for (const SampleRun& run : runs_) {
      write_sample(*this, store, run);
      heads_[run.run_id] = event::JournalHead();
      for (const auto& line : run.lines) heads_[run.run_id] = event::decode_step(line->bytes, heads_[run.run_id])->head;
    }
  }

  void judge(Findings& findings, const std::string& message, const std::string& place) const {
    findings.is_found = true;
    const bool is_placed = message.find(place) != std::string::npos || message.find("run_") != std::string::npos;
    if (!is_placed) findings.unplaced = message;
  }

  Findings verify(const Result<std::shared_ptr<JournalStore>>& store, const std::string& place) {
    Findings findings;
    if (!store) {
      judge(findings, store.error().message, place);
      return findings;
    }
    const auto records = await(verify_records(*store));
    if (!records) judge(findings, records.error().message, place);
    if (records) {
      for (const Flaw& flaw : *records) judge(findings, flaw.what, flaw.run_id ? "" : place);
    }
    for (const SampleRun& run : runs_) {
      const event::JournalHead& head = heads_[run.run_id];
      const auto verdict = await(verify_run(*store, run.run_id, {{head.seq, head.hash, "a note"}}));
      if (!verdict) judge(findings, verdict.error().message, place);
      if (!verdict) continue;
      // A flaw of a run names its step; content has none, and is named itself.
      for (const Flaw& flaw : verdict->flaws) {
        judge(findings, flaw.what, flaw.step > 0 || flaw.what.find("content ") != std::string::npos ? "" : place);
      }
    }
    return findings;
  }

  // All that a reader can come by.
  std::string all_that_is_read(JournalStore& store) {
    RunFilter filter;
    filter.limit = 1'000;
    std::string text;
    const auto runs = await(store.list(filter));
    if (!runs) return runs.error().message;
    for (const RunSummary& run : *runs) {
      text += run.run_id.str() + run.session_id.str() + run.model + run.input_preview + run.finish_reason +
              std::to_string(static_cast<int>(run.status)) + std::to_string(run.events) + " " +
              std::to_string(run.bytes) + (run.damaged ? "!" : "") + "\n";
      RunFilter session;
      session.session_id = run.session_id;
      const auto others = await(store.list(session));
      text += others ? std::to_string(others->size()) : others.error().message;
      std::uint64_t seq = 0;
      for (;;) {
        const auto page = await(store.read(run.run_id, seq, 1 << 20));
        if (!page) text += page.error().message;
        if (!page || page->empty()) break;
        for (const JournalLine& line : *page) text += line.bytes + "\n";
        seq = page->back().last_seq;
      }
    }
    for (const SampleRun& run : runs_) {
      for (const SharedBytes& content : run.contents) {
        const auto read = await(store.blob(content.hash()));
        text += read ? std::string(read->view()) : read.error().message;
      }
    }
    return text;
  }

  std::vector<SampleRun> runs_;
  std::map<RunId, event::JournalHead> heads_;
};

class JsonlMutation : public JsonlTest {
 protected:
  Mutation mutation_;
};

TEST_F(JsonlMutation, EveryChangeOfAFileIsFoundAndPlacedOrMeansNothing) {
  mutation_.prepare(*open_store());
  const std::string before = mutation_.all_that_is_read(*open_store());
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
    // Files with nothing in them whose loss costs nothing would only thin the changes out.
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != "begun" && name != "contents-lock") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  int found = 0;
  for (int number = 0; number < mutations_wanted(); ++number) {
    Draw draw(static_cast<std::uint32_t>(number));
    // Journals are most of a store.
    std::string file = files[draw.below(files.size())];
    if (!file.ends_with("journal.jsonl")) file = files[draw.below(files.size())];
    const std::string whole = read_file(file);
    std::string text = whole;
    std::string what = "file lost";
    const std::size_t how = draw.below(20);
    if (how == 0) {
      std::filesystem::remove(file);
    } else {
      what = how < 8 ? change_lines(text, draw) : change_bytes(text, draw);
      write_file(file, text);
    }
    const std::string name = std::to_string(number) + ": " + file + ": " + what;
    {
      auto store = JsonlStore::open(folder_.path());
      const Findings findings = mutation_.verify(store, folder_.path());
      EXPECT_EQ(findings.unplaced, "") << name;
      found += findings.is_found ? 1 : 0;
      if (!findings.is_found) EXPECT_EQ(mutation_.all_that_is_read(**store), before) << name << " was not found";
    }
    write_file(file, whole);
    if (HasFailure()) return;
  }
  EXPECT_GT(found, mutations_wanted() / 2);
}

class SqliteMutation : public SqliteTest {
 protected:
  void SetUp() override {
    mutation_.prepare(*open_store());
    {
      EXPECT_TRUE(other()->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    remove_log();
    before_ = mutation_.all_that_is_read(*open_store());
    remove_log();
    whole_ = runtime::testing::read_file(path());
  }
  void remove_log() const {
    for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(path() + end);
  }
  void restore() const {
    remove_log();
    runtime::testing::write_file(path(), whole_);
  }
  // True where the change was found.
  bool check(const std::string& name) {
    auto store = SqliteStore::open({path()});
    const Findings findings = mutation_.verify(store, path());
    EXPECT_EQ(findings.unplaced, "") << name;
    if (!findings.is_found) EXPECT_EQ(mutation_.all_that_is_read(**store), before_) << name << " was not found";
    return findings.is_found;
  }

  Mutation mutation_;
  std::string before_;
  std::string whole_;
};

TEST_F(SqliteMutation, EveryChangeOfAPageIsFoundAndPlacedOrMeansNothing) {
  constexpr std::size_t kPageBytes = 4'096;
  int found = 0;
  for (int number = 0; number < mutations_wanted() && !HasFailure(); ++number) {
    Draw draw(static_cast<std::uint32_t>(number));
    std::string text = whole_;
    std::string what;
    if (draw.below(8) == 0) {
      const std::size_t pages = text.size() / kPageBytes;
      const std::size_t first = draw.below(pages) * kPageBytes;
      const std::size_t second = draw.below(pages) * kPageBytes;
      std::swap_ranges(text.begin() + static_cast<std::ptrdiff_t>(first),
                       text.begin() + static_cast<std::ptrdiff_t>(first + kPageBytes),
                       text.begin() + static_cast<std::ptrdiff_t>(second));
      if (first == second) text = whole_;
      what = "pages swapped at " + std::to_string(first) + " and " + std::to_string(second);
    } else {
      what = change_bytes(text, draw);
    }
    runtime::testing::write_file(path(), text);
    found += check(std::to_string(number) + ": " + what) ? 1 : 0;
    restore();
  }
  EXPECT_GT(found, mutations_wanted() / 4);
}

TEST_F(SqliteMutation, EveryChangeOfARowIsFoundAndPlacedOrMeansNothing) {
  const std::vector<std::string> changes{
      "DELETE FROM line WHERE place = $line",
      "UPDATE line SET bytes = CAST(substr(bytes, 1, $n) || X'7E' || substr(bytes, $n + 2) AS BLOB) WHERE place = "
      "$line",
      "UPDATE line SET bytes = CAST(substr(bytes, 1, $n) AS BLOB) WHERE place = $line",
      "UPDATE line SET bytes = (SELECT bytes FROM line WHERE place = $other) WHERE place = $line",
      "UPDATE OR REPLACE line SET place = $other WHERE place = $line",
      "UPDATE line SET place = place + 1 WHERE place = (SELECT max(place) FROM line WHERE place >> 32 = $line >> 32)",
      "UPDATE line SET step = step + $n WHERE place = $line",
      "UPDATE line SET first_seq = first_seq + 1 WHERE place = $line",
      "INSERT OR IGNORE INTO line(place, step, first_seq, bytes) SELECT place + 1, step + 1, first_seq + 1, bytes FROM "
      "line WHERE place = $line",
      "DELETE FROM chunk WHERE place = $chunk",
      "UPDATE chunk SET size = size + 1 WHERE place = $chunk",
      "UPDATE chunk SET bytes = CAST(substr(bytes, 1, 20) || X'00' || substr(bytes, 22) AS BLOB) WHERE place = $chunk",
      "UPDATE chunk SET step = step + 1 WHERE place = $chunk",
      "UPDATE chunk SET first_seq = first_seq + 1 WHERE place = $chunk",
      "UPDATE run SET events = events + 1 WHERE number = $run",
      "UPDATE run SET events = events - 1 WHERE number = $run",
      "UPDATE run SET events = 0 WHERE number = $run",
      "UPDATE run SET steps = $n WHERE number = $run",
      "UPDATE run SET bytes = $n WHERE number = $run",
      "UPDATE run SET status = (status + 1) % 4 WHERE number = $run",
      "UPDATE run SET head = 'x' WHERE number = $run",
      "UPDATE run SET id = id || 'X' WHERE number = $run",
      "UPDATE run SET session_id = 'ses_01HF7YAT000000000000000099' WHERE number = $run",
      "UPDATE run SET number = number + 100 WHERE number = $run",
      "UPDATE run SET epoch = 7, boot = '', sealed = 0 WHERE number = $run",
      "DELETE FROM run WHERE number = $run",
      "DELETE FROM blob",
      "UPDATE blob SET bytes = CAST(bytes || X'00' AS BLOB)",
      "UPDATE blob SET hash = '0' || substr(hash, 2)",
      "DELETE FROM blob_use",
      "UPDATE blob_use SET run = 99",
  };
  std::map<std::string, std::vector<std::string>> values;
  const auto collect = [&](const std::string& name, const std::string& sql) {
    const auto connection = other();
    auto statement = connection->prepare(sql);
    while (statement->step().value()) values[name].push_back(std::to_string(statement->integer(0)));
  };
  collect("$line", "SELECT place FROM line");
  collect("$chunk", "SELECT place FROM chunk");
  collect("$run", "SELECT number FROM run");
  ASSERT_GE(values["$line"].size(), 6U);
  ASSERT_GE(values["$chunk"].size(), 3U);
  values["$other"] = values["$line"];
  for (int n = 1; n < 500; n += 7) values["$n"].push_back(std::to_string(n));
  restore();

  int found = 0;
  for (int number = 0; number < mutations_wanted() && !HasFailure(); ++number) {
    Draw draw(static_cast<std::uint32_t>(number));
    std::string sql = changes[static_cast<std::size_t>(number) % changes.size()];
    for (const auto& [name, all] : values) {
      const std::string value = all[draw.below(all.size())];
      for (std::size_t at = sql.find(name); at != std::string::npos; at = sql.find(name)) {
        sql.replace(at, name.size(), value);
      }
    }
    {
      EXPECT_TRUE(other()->execute(sql)) << sql;
    }
    found += check(std::to_string(number) + ": " + sql) ? 1 : 0;
    restore();
  }
  EXPECT_GT(found, mutations_wanted() / 2);
}

class ExportMutation : public JsonlTest {
 protected:
  Mutation mutation_;
};

TEST_F(ExportMutation, EveryChangeOfAnExportedFileIsFoundAtItsLine) {
  mutation_.prepare(*open_store());
  const auto store = open_store();
  std::vector<std::string> files;
  for (const std::size_t which : {std::size_t{2}, std::size_t{3}, std::size_t{4}}) {
    std::string& text = files.emplace_back();
    const auto sink = [&text](std::string_view bytes) -> Result<void> {
      text += bytes;
      return {};
    };
    ASSERT_TRUE(await(export_run(store, mutation_.runs_[which].run_id, {}, sink)));
  }
  const std::string file = path("run.orun");
  for (int number = 0; number < mutations_wanted(); ++number) {
    Draw draw(static_cast<std::uint32_t>(number));
    const std::string& whole = files[draw.below(files.size())];
    std::string text = whole;
    const std::string what = draw.below(2) == 0 ? change_lines(text, draw) : change_bytes(text, draw);
    write_file(file, text);
    const auto checked = check_export(ExportPlace::of(file));
    const std::string name = std::to_string(number) + ": " + what;
    if (checked) {
      ASSERT_EQ(text, whole) << name << " was not found";
      continue;
    }
    ASSERT_NE(checked.error().message.find(file + ", line "), std::string::npos) << name << checked.error().message;
  }
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
