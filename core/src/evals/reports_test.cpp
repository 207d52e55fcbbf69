// SPDX-License-Identifier: Apache-2.0
// Goal: every report tells the same numbers, and no text of a model, a case or a tag can break out of XML or HTML.
// Method: made results with hostile text; the XML is read by a parser in tests/cli.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "evals/plot.hpp"
#include "evals/report_text.hpp"
#include "evals/testing/made_results.hpp"

namespace orchestrator::harness::evals::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

EvalResults hostile() {
  EvalResults results = made_results("a", {{1}, {0}, {0.25}}, 1);
  EvalRecord& wrong = results.records[1];
  wrong.case_id = "<script>alert(1)</script>";
  wrong.output = "]]></failure>\x1b[31m\"&\x01\xEF\xBF\xBF";
  wrong.scores[0].score->explanation = "\" onmouseover=\"x";
  wrong.tags["kind"] = "<b>";
  results.records[0].tags["kind"] = "plain";
  EvalRecord& failed = results.records[2];
  failed.status = EvalStatus::run_failed;
  failed.scores.clear();
  failed.cost_micro_usd.reset();
  failed.error = fail(ProviderErrorCode::provider_overloaded, "busy & slow").error();
  return results;
}

TEST(ReportText, EscapesWhatXmlAndHtmlTakeForTheirOwn) {
  EXPECT_EQ(escaped("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(escaped("a\tb\nc"), "a\tb\nc");
  EXPECT_EQ(escaped(std::string("a\0b\x1b\x7f", 5)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escaped("x\xEF\xBF\xBFy"), "x\xEF\xBF\xBDy");
  EXPECT_EQ(escaped("\xC3\xA9"), "\xC3\xA9");
}

TEST(ReportText, ShowsWhatIsUnknown) {
  EXPECT_EQ(money({1'234'567, 0}), "$1.234567");
  EXPECT_EQ(money({10, 2}), "at least $0.000010 (2 unknown)");
  EXPECT_EQ(money({0, 2}), "unknown");
  EXPECT_EQ(money({0, 0}), "$0.000000");
  EXPECT_EQ(decimal(-0.0001), "0.000");
  EXPECT_EQ(with_interval(0.5, Interval{0.25, 0.75}), "0.500 [0.250, 0.750]");
}

TEST(TableReport, HasTheNumbersAndWhatDidNotPass) {
  const std::string text = table_report(hostile());
  EXPECT_THAT(text, HasSubstr("exact   2       1       0.500 ["));
  EXPECT_THAT(text, HasSubstr("1 runs, 0 records not judged (provider_overloaded 1)"));
  EXPECT_THAT(text, HasSubstr("at least $0.000020 (1 unknown)"));
  EXPECT_THAT(text, HasSubstr("provider_overloaded: busy & slow"));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x01"))));
}

TEST(JsonReport, IsJsonWithSummaryAndRecords) {
  const auto report = boost::json::parse(json_report(hostile())).as_object();
  const auto& summary = report.at("summary").as_object();
  EXPECT_EQ(summary.at("run_failures").to_number<int>(), 1);
  EXPECT_TRUE(summary.at("cost_micro_usd").as_object().at("total").is_null());
  EXPECT_EQ(summary.at("cost_micro_usd").as_object().at("known").to_number<int>(), 20);
  EXPECT_EQ(report.at("records").as_array().size(), 3U);
}

TEST(JunitReport, CountsFailuresAndErrorsApart) {
  const std::string xml = junit_report(hostile());
  EXPECT_THAT(xml, HasSubstr(R"(<testsuite name="a.exact" tests="3" failures="1" errors="1">)"));
  EXPECT_THAT(xml, HasSubstr(R"(<error type="provider_overloaded" message="busy &amp; slow">)"));
  EXPECT_THAT(xml, HasSubstr("]]&gt;&lt;/failure&gt;"));
  EXPECT_THAT(xml, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x01")), Not(HasSubstr("<script"))));
}

TEST(HtmlReport, HoldsNothingThatActsAndNothingFromOutside) {
  const std::string html = html_report(hostile());
  EXPECT_THAT(html, HasSubstr("default-src 'none'; style-src 'unsafe-inline'"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(html, HasSubstr("&quot; onmouseover=&quot;x"));
  EXPECT_THAT(html, HasSubstr("Passed by kind"));
  EXPECT_THAT(html, HasSubstr("<svg "));
  for (const char* banned : {"<script", "http://", "https://", "url(", "@import", "<link", "<img", "src="}) {
    EXPECT_THAT(html, Not(HasSubstr(banned)));
  }
}

TEST(Plot, DrawsWithinItsFrame) {
  EXPECT_EQ(bar_plot({}), "");
  EXPECT_EQ(histogram({}), "");
  const std::string bars = bar_plot({{"a", 0.5, Interval{-1, 2}}});
  EXPECT_THAT(bars, HasSubstr(R"(<rect class="bar" x="170.0" y="7.0" width="190.0" height="16.0"/>)"));
  EXPECT_THAT(bars, HasSubstr(R"(x1="170.0" y1="15.0" x2="550.0" y2="15.0")"));
  EXPECT_THAT(histogram({0, 0.05, 1}), HasSubstr(">2</text>"));
}

TEST(ComparisonReport, ListsTheFlips) {
  const auto comparison =
      compare(made_results("old", {{1}, {0}, {1}}, 1), made_results("new", {{0}, {1}, {1}}, 1)).value();
  const std::string text = table_report(comparison);
  EXPECT_THAT(text, HasSubstr("exact, passes no more:\n  c1  1.000 -> 0.000"));
  EXPECT_THAT(text, HasSubstr("exact, passes now:\n  c2  0.000 -> 1.000"));
  const auto report = boost::json::parse(json_report(comparison)).as_object();
  EXPECT_EQ(report.at("scorers").as_array().at(0).at("to_fail").as_array().size(), 1U);
}

}  // namespace
}  // namespace orchestrator::harness::evals::testing
