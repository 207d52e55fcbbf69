// SPDX-License-Identifier: Apache-2.0
// Goal: each rule says of an input, a call and an answer what its author meant, and a rule that cannot judge counts as
// it says. Method: one policy of each kind over examples, with the usual ways around it.
#include "codec/gates/rule_set.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orchestrator::harness::codec {
namespace {

GateRule rule(GatePhase phase, GateCheck check) {
  GateRule rule;
  rule.name = "r";
  rule.phases = {phase};
  rule.mode = GateMode::enforcing;
  rule.check = std::move(check);
  return rule;
}
RuleSet set(GateRule rule) { return RuleSet::compile({{std::move(rule)}}).value(); }

// What the one rule of the set objects to, "" where it passes, "-" where it is not about it.
std::string objection(const RuleSet& rules, const GateSubject& subject) {
  const auto verdicts = rules.judge(subject);
  if (verdicts.empty()) return "-";
  return verdicts[0].passed ? "" : verdicts[0].reason;
}
std::string of_text(const RuleSet& rules, GatePhase phase, std::string_view text) {
  GateSubject subject;
  subject.phase = phase;
  subject.text = text;
  return objection(rules, subject);
}
std::string of_call(const RuleSet& rules, std::string_view tool, std::string_view arguments,
                    const std::vector<ToolTarget>& targets = {}) {
  GateSubject subject;
  subject.phase = GatePhase::tool;
  subject.tool = tool;
  subject.arguments = arguments;
  subject.targets = targets;
  subject.workspace = "/srv/project";
  return objection(rules, subject);
}

TEST(RuleSet, JudgesTextsOfItsPhase) {
  const RuleSet rules = set(rule(GatePhase::input, PatternCheck{{"[0-9]{4}"}}));
  EXPECT_EQ(of_text(rules, GatePhase::input, "pin 1234"), "it matches at byte 4") << "without the text itself";
  EXPECT_EQ(of_text(rules, GatePhase::input, "pin 123"), "");
  EXPECT_EQ(of_text(rules, GatePhase::output, "pin 1234"), "-");
  EXPECT_TRUE(rules.has(GatePhase::input));
  EXPECT_FALSE(rules.has(GatePhase::tool));
}

TEST(RuleSet, LooksBehindTheEscapesOfACall) {
  const RuleSet rules = set(rule(GatePhase::tool, KeywordCheck{{"drop table"}}));
  EXPECT_EQ(of_call(rules, "sql", R"({"q":"DROP TABLE x"})"), "it matches at byte 6");
  EXPECT_EQ(of_call(rules, "sql", R"({"q":"\u0064rop\u0020table x"})"), "a text of the arguments matches");
  EXPECT_EQ(of_call(rules, "sql", R"({"q":["select"]})"), "");
}

TEST(RuleSet, JudgesPathsHoweverTheyAreWritten) {
  CallCheck check;
  check.paths.deny = {"**/.env", "secret/**", "/etc/**"};
  const RuleSet rules = set(rule(GatePhase::tool, check));
  for (const std::string path : {".env", "./.env", "a/../.env", "a//b/.env", "/srv/project/.env", "secret/x",
                                 "./secret//x", "/etc/passwd", "../../../etc/passwd"}) {
    EXPECT_NE(of_call(rules, "read_file", R"({"path":")" + path + R"("})"), "") << path;
  }
  EXPECT_EQ(of_call(rules, "read_file", R"({"path":"src/env"})"), "");
  EXPECT_NE(of_call(rules, "move_file", R"({"from":"a","to":"secret/a"})"), "");
  EXPECT_NE(of_call(rules, "own", R"({"options":{"File-Path":"/etc/x"}})"), "");
  EXPECT_NE(of_call(rules, "read_file", R"({"path":"link"})", {{"secret/real", {}}}), "") << "where a link leads";
}

TEST(RuleSet, LooksForDeniedPathsInCommandsToo) {
  CallCheck check;
  check.paths.deny = {"**/.env", "/etc/**"};
  const RuleSet rules = set(rule(GatePhase::tool, check));
  for (const std::string argv :
       {R"("cat",".env")", R"("cat","a/../b/.env")", R"("cat","/etc/hostname")", R"("tar","--file=/etc/passwd")"}) {
    EXPECT_NE(of_call(rules, "run_command", R"({"argv":[)" + argv + "]}"), "") << argv;
  }
  EXPECT_NE(of_call(rules, "run_command", R"({"command":"cat '.env' | wc"})"), "");
  EXPECT_EQ(of_call(rules, "run_command", R"({"argv":["cat","env"]})"), "");
}

TEST(RuleSet, AListOfAllowedPathsIsAboutPaths) {
  CallCheck check;
  check.paths.allow = {"src/**"};
  const RuleSet rules = set(rule(GatePhase::tool, check));
  EXPECT_NE(of_call(rules, "search_files", R"({"pattern":"x"})", {{".", {}}}), "") << "of the whole workspace";
  EXPECT_EQ(of_call(rules, "search_files", R"({"path":"src/a"})", {{"src/a", {}}}), "");
  EXPECT_EQ(of_call(rules, "fetch_url", R"({"url":"https://example.org"})", {{"example.org:443", {}}}), "");
  EXPECT_EQ(of_call(rules, "run_command", R"({"argv":["make"]})", {{"/usr/bin/make", {}}}), "");
}

TEST(RuleSet, RefusesPathsThatMatchNothing) {
  for (const std::string entry : {"./.env", "keys/", "~/x", "~", "$HOME/x", "../x", "a/../b", "a//b", "a/./b"}) {
    CallCheck check;
    check.paths.deny = {"ok", entry};
    const auto checked = check_gate_rule(rule(GatePhase::tool, check));
    ASSERT_FALSE(checked) << entry;
    EXPECT_EQ(checked.error().at, "paths.deny[1]");
    EXPECT_NE(checked.error().message.find("would match nothing"), std::string::npos);
  }
}

TEST(RuleSet, AllowsOnlyWhatAListHas) {
  CallCheck check;
  check.paths.allow = {"src/**"};
  check.hosts.allow = {"example.org", "*.example.org"};
  const RuleSet rules = set(rule(GatePhase::tool, check));
  EXPECT_EQ(of_call(rules, "edit_file", R"({"path":"src/a.cpp"})"), "");
  EXPECT_EQ(of_call(rules, "edit_file", R"({"path":"src/../a.cpp"})"), "paths.allow does not have it");
  EXPECT_EQ(of_call(rules, "fetch_url", R"({"url":"https://www.example.org/x"})"), "");
  for (const std::string url : {"https://example.org.evil.test", "https://example.org@evil.test",
                                "https://evil.test#example.org", "https://example.org\\\\@evil.test", ""}) {
    EXPECT_EQ(of_call(rules, "fetch_url", R"({"url":")" + url + R"("})"), "hosts.allow does not have it") << url;
  }
  EXPECT_EQ(of_call(rules, "todo", R"({"text":"https://evil.test"})"), "") << "no address, only a text";
}

TEST(RuleSet, JudgesCommandsAndTools) {
  CallCheck check;
  check.tools.deny = {"fetch_*"};
  check.commands.deny = {"rm", "git push"};
  const RuleSet rules = set(rule(GatePhase::tool, check));
  EXPECT_EQ(of_call(rules, "fetch_url", "{}"), "tools.deny has 'fetch_*'");
  EXPECT_EQ(of_call(rules, "run_command", R"({"argv":["/bin/rm","-rf","x"]})"), "commands.deny has 'rm'");
  EXPECT_EQ(of_call(rules, "run_command", R"({"command":"ls && git -C x push"})"), "commands.deny has 'git push'");
  EXPECT_EQ(of_call(rules, "run_command", R"({"argv":["git","pull"]})"), "");
}

TEST(RuleSet, CountsBytesAndCalls) {
  const RuleSet small = set(rule(GatePhase::output, SizeCheck{3}));
  EXPECT_EQ(of_text(small, GatePhase::output, "abc"), "");
  EXPECT_EQ(of_text(small, GatePhase::output, "abcd"), "it has 4 bytes");

  GateRule slow = rule(GatePhase::tool, RateCheck{2, 1'000});
  slow.of_tools = {"fetch_*"};
  const RuleSet rules = set(slow);
  const std::vector<EarlierCall> earlier = {{"fetch_url", 100'000}, {"todo", 900'000}, {"fetch_url", 950'000}};
  GateSubject subject;
  subject.phase = GatePhase::tool;
  subject.tool = "fetch_url";
  subject.arguments = "{}";
  subject.earlier = earlier;
  subject.now_us = 1'000'000;
  EXPECT_EQ(objection(rules, subject), "2 calls went before it");
  subject.now_us = 1'200'000;
  EXPECT_EQ(objection(rules, subject), "") << "the first is no longer in the window";
  subject.tool = "todo";
  EXPECT_EQ(objection(rules, subject), "-");
}

TEST(RuleSet, JudgesShapes) {
  const RuleSet rules = set(rule(GatePhase::output, SchemaCheck{R"({"type":"object","required":["a"]})"}));
  EXPECT_EQ(of_text(rules, GatePhase::output, R"({"a":1})"), "");
  EXPECT_EQ(of_text(rules, GatePhase::output, "{}"), "at '' it does not fit 'required'");
  EXPECT_EQ(of_text(rules, GatePhase::output, "no"), "it is no JSON");
}

TEST(RuleSet, ThatCannotJudgeCountsAsItSays) {
  CallCheck check;
  check.paths.deny = {"x"};
  GateRule one = rule(GatePhase::tool, check);
  GateSubject subject;
  subject.phase = GatePhase::tool;
  subject.tool = "t";
  subject.arguments = "{broken";
  auto verdict = set(one).judge(subject).at(0);
  EXPECT_TRUE(blocks(verdict));
  ASSERT_TRUE(verdict.error);
  EXPECT_EQ(verdict.error->code, "tool_args_invalid");
  one.on_failure = GateFailure::open;
  verdict = set(one).judge(subject).at(0);
  EXPECT_TRUE(verdict.passed && verdict.error);
  EXPECT_EQ(verdict.action, GateAction::allow);
}

TEST(RuleSet, InShadowOnlySaysSo) {
  GateRule one = rule(GatePhase::input, SizeCheck{1});
  one.mode = GateMode::shadow;
  GateSubject subject;
  subject.text = "long";
  const auto verdict = set(one).judge(subject).at(0);
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.action, GateAction::deny);
  EXPECT_FALSE(blocks(verdict));
}

TEST(RuleSet, RefusesTwoOfAName) {
  const auto compiled =
      RuleSet::compile({{rule(GatePhase::input, SizeCheck{1}), rule(GatePhase::input, SizeCheck{2})}});
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().at, "rule[1].name");
}

}  // namespace
}  // namespace orchestrator::harness::codec
