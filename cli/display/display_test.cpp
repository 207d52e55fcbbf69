// SPDX-License-Identifier: Apache-2.0
// Goal: amounts, tables and events read well and stay safe, and failures of stdout are seen. Method: values in, text
// compared; real pipes and /dev/full for stdout.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "cli/display/amount_text.hpp"
#include "cli/display/event_line.hpp"
#include "cli/display/output.hpp"
#include "cli/display/table.hpp"
#include "cli/display/terminal.hpp"

namespace orchestrator::cli {
namespace {

using harness::StreamEvent;
using ::testing::HasSubstr;

TEST(AmountText, ReadsWell) {
  EXPECT_EQ(duration_text(850), "850 us");
  EXPECT_EQ(duration_text(12'999), "12 ms");
  EXPECT_EQ(duration_text(1'050'000), "1.05 s");
  EXPECT_EQ(duration_text(200'000'000), "3 min 20 s");
  EXPECT_EQ(duration_text(7'500'000'000), "2 h 5 min");
  EXPECT_EQ(size_text(1'023), "1023 B");
  EXPECT_EQ(size_text(1'536), "1.5 KiB");
  EXPECT_EQ(size_text(5ULL << 30), "5.0 GiB");
  EXPECT_EQ(cost_text(1'002'003), "$1.002003");
  EXPECT_EQ(cost_text(std::nullopt), "");
  EXPECT_EQ(time_text({1'795'358'756'123'456}), "2026-11-22 14:45:56");
}

TEST(AmountText, SaysWhatIsUnknown) {
  harness::Usage usage;
  EXPECT_EQ(usage_text(usage), "? in, ? out tokens");
  usage.input = 12;
  usage.cached_input = 4;
  usage.output = 0;
  usage.reasoning = 7;
  EXPECT_EQ(usage_text(usage), "12 in (4 cached), 0 out (7 reasoning) tokens");
  harness::Latencies latencies;
  latencies.total_us = 5'000;
  EXPECT_EQ(latency_text(latencies), "total 5 ms");
}

TEST(Table, AlignsCharactersAndCutsTheLastColumn) {
  Table table({"A", "LONGER", "TEXT"});
  table.add({"\xc3\xa4\xc3\xa4\xc3\xa4", "x", "one\ntwo"});
  table.add({"b", "y", std::string(100, 'z')});
  EXPECT_EQ(table.text(30),
            "A    LONGER  TEXT\n"
            "\xc3\xa4\xc3\xa4\xc3\xa4  x       one two\n"
            "b    y       zzzzzzzzzzzzzz...\n");
  EXPECT_EQ(Table({"A"}).text(80), "") << "no rows, no headings";
}

TEST(EventLine, IsOneSafeLine) {
  StreamEvent event;
  event.meta.seq = 12;
  event.meta.elapsed_us = 1'250'000;
  event.payload = StreamEvent::OutputDelta{1, 1, "o1", 0, "two\nlines\x1b[2J"};
  EXPECT_EQ(event_line(event), "    12      +1.25 s  OutputDelta          \"two lines\"");
  harness::Error error;
  error.code = "provider_auth_failed";
  error.message = "the key was refused";
  event.payload = StreamEvent::Error{error, "", {}, {}, {}};
  EXPECT_THAT(event_line(event), HasSubstr("provider_auth_failed: the key was refused"));
  event.payload = StreamEvent::Unknown{"Later", {R"({"a":1})"}};
  EXPECT_THAT(event_line(event), HasSubstr(R"({"a":1})"));
}

TEST(Output, SeesAFullDevice) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  Output out(full);
  out.write("text");
  out.flush();
  EXPECT_EQ(out.error(), ENOSPC);
  EXPECT_FALSE(out.is_closed());
  out.write("more");
  out.flush();
  EXPECT_EQ(out.error(), ENOSPC) << "the first failure stays";
  ::close(full);
}

TEST(Output, GoesQuietWhenTheReaderHasGone) {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  ::close(pipe[0]);
  Output out(pipe[1]);
  out.write("text\n");
  out.flush();
  EXPECT_TRUE(out.is_closed());
  EXPECT_EQ(out.error(), std::nullopt);
  ::close(pipe[1]);
}

TEST(Output, WritesEverythingInOrder) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  Output out(pipe[1]);
  EXPECT_TRUE(out.at_line_start());
  out.write("one ");
  EXPECT_FALSE(out.at_line_start());
  out.write("");
  out.write("two\n");
  EXPECT_TRUE(out.at_line_start());
  out.flush();
  std::array<char, 64> read{};
  const ssize_t got = ::read(pipe[0], read.data(), read.size());
  EXPECT_EQ(std::string_view(read.data(), static_cast<std::size_t>(got)), "one two\n");
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(Terminal, CopesWithOddVariables) {
  const auto columns = [](const std::string& value) {
    return find_terminal(
               [&](const std::string& name) { return name == "COLUMNS" ? std::optional(value) : std::nullopt; })
        .columns;
  };
  EXPECT_EQ(columns("100"), 100U);
  EXPECT_GE(columns("0"), 20U);
  EXPECT_GE(columns("many"), 20U);
  EXPECT_EQ(columns("1"), 20U);
  EXPECT_EQ(columns("99999"), 500U);
}

}  // namespace
}  // namespace orchestrator::cli
