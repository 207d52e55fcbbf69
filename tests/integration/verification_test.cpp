// SPDX-License-Identifier: Apache-2.0
// Goal: what holds in every run is checked of forks together with what they have of other runs; a reader of a run that
// is changed in its store is told so. Method: real forks, forged with right hashes and without their sources; a long
// run that is erased while it is read.
#include <gmock/gmock.h>

#include "event/erasure.hpp"
#include "event/step.hpp"
#include "journal/run_verification.hpp"
#include "orchestrator/harness/run_store.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class T>
T now(boost::asio::awaitable<T> operation) {
  boost::asio::io_context io;
  return runtime::testing::run_awaitable(io, std::move(operation));
}

using Lines = std::vector<JournalLine>;

Lines lines_of(const std::shared_ptr<JournalStore>& store, const RunId& run_id) {
  return now(store->read(run_id, 0, 1ULL << 30)).value();
}

void write(const std::shared_ptr<JournalStore>& store, const Lines& lines) {
  const auto first = event::read_step(lines.front().bytes)->events.front().meta;
  const auto writer = now(store->create(first.run_id, first.session_id)).value();
  for (const JournalLine& line : lines) ASSERT_TRUE(now(writer->append(std::make_shared<const JournalLine>(line))));
}

// The same run with another last event, all checks and hashes made anew.
Lines forged(Lines lines, const std::function<void(StreamEvent&)>& change) {
  event::JournalHead head;
  for (const JournalLine& line : lines) {
    auto step = event::decode_step(line.bytes, head).value();
    if (&line != &lines.back()) {
      head = step.head;
      continue;
    }
    event::Step made{event::input_of(step, {}).value(), step.events};
    change(made.events.back());
    lines.back().bytes = event::encode_step(made, head).line;
    break;
  }
  return lines;
}

class ForkVerification : public ::testing::Test {
 protected:
  void SetUp() override {
    Harness harness = scripted_harness(R"({"turns":[{"text":"One."},{"text":"Two."},{"text":"Three."}]})");
    auto run = harness.session().run("Hi").start().value();
    run.wait().value();
    auto fork = harness.fork(run.id(), {.at_seq = 4}).value();
    fork.wait().value();
    auto second = harness.fork(fork.id(), {.at_seq = 5}).value();
    second.wait().value();
    for (const RunId& id : {run.id(), fork.id(), second.id()}) lineage_.push_back(lines_of(harness.store(), id));
    id_ = second.id();
  }
  journal::RunVerdict verdict(const std::vector<Lines>& runs) {
    const auto store = open_store("memory:").value();
    for (const Lines& lines : runs) write(store, lines);
    return now(journal::verify_run(store, id_)).value();
  }

  std::vector<Lines> lineage_;  // oldest first
  RunId id_;                    // of the last
};

TEST_F(ForkVerification, AForkOfAForkPasses) {
  const auto found = verdict(lineage_);
  EXPECT_THAT(found.flaws, IsEmpty()) << found.flaws.front().what;
  EXPECT_EQ(found.unchecked, "");
}

TEST_F(ForkVerification, WhatNoForkCouldHaveWrittenIsNamed) {
  lineage_.back() = forged(lineage_.back(), [](StreamEvent& event) {
    std::get<events::Completed>(event.payload).output = "Not what the model said.";
  });
  const auto found = verdict(lineage_);
  ASSERT_FALSE(found.flaws.empty());
  EXPECT_THAT(found.flaws.front().what, HasSubstr("output"));
  EXPECT_EQ(found.damage, "") << "its lines are as they were written by somebody";
}

TEST_F(ForkVerification, ASourceThatIsGoneOrErasedIsSaid) {
  const auto alone = verdict({lineage_.back()});
  EXPECT_THAT(alone.flaws, IsEmpty());
  EXPECT_THAT(alone.unchecked, HasSubstr(event::read_step(lineage_[1][0].bytes)->events[0].meta.run_id.str()));
  for (JournalLine& line : lineage_[0]) line.bytes = event::erase_content(line.bytes).value();
  const auto erased = verdict(lineage_);
  EXPECT_THAT(erased.flaws, IsEmpty());
  EXPECT_THAT(erased.unchecked, HasSubstr("erased"));
}

TEST_F(ForkVerification, ASourceThatWasRewrittenIsNamed) {
  // The last line of what the forks have of the first run: its hash is what the fork names.
  Lines& source = lineage_.front();
  while (source.back().last_seq > 4) source.pop_back();
  source = forged(source, [](StreamEvent& event) { event.meta.elapsed_us += 1; });
  const auto found = verdict(lineage_);
  ASSERT_FALSE(found.flaws.empty());
  EXPECT_THAT(found.flaws.front().what, HasSubstr("rewritten"));
}

// Reads on to the end, or to what ends it.
void read_on(RunHandle& run) {
  for (const StreamEvent& event : run.events()) static_cast<void>(event);
}

TEST(Reading, AReaderIsToldThatTheRunWasChangedInItsStore) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  std::string words;
  for (int i = 0; i < 60'000; ++i) words += "word ";
  const std::string script = R"({"turns":[{"text":")" + words + R"(","delta_chars":2000}]})";
  const std::string url = "jsonl:" + folder.path();
  RunId id;
  {
    Harness harness = scripted_builder(script).store(url).build().value();
    auto run = harness.session().run("Hi").start().value();
    run.wait().value();
    id = run.id();
  }
  Harness harness = scripted_builder(script).store(url).build().value();
  auto reader = harness.open_run(id).value();
  ASSERT_TRUE(reader.next_blocking().value());
  ASSERT_THAT(now(RunStore(harness.store()).erase({id}))->refused, IsEmpty());
  read_on(reader);
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->code, "precondition_failed");
  EXPECT_THAT(reader.error()->message, HasSubstr("from the start"));
  auto again = reader.reader(0);
  const auto first = again.next_blocking().value();
  ASSERT_TRUE(first);
  EXPECT_TRUE(event::is_erased(*first));
  read_on(again);
  EXPECT_FALSE(again.error());
}

}  // namespace
}  // namespace orchestrator::harness::integration
