// SPDX-License-Identifier: Apache-2.0
// Goal: a rule file says exactly what is meant, or is refused with the place of what is wrong. Method: one file with
// all that there is, and files with one mistake each.
#include <gtest/gtest.h>

#include <string>

#include "orchestrator/harness/safety.hpp"

namespace orchestrator::harness {
namespace {

std::string error_of(const std::string& toml) {
  const auto policy = parse_gate_rules(toml, "gates.toml");
  return policy ? "" : policy.error().message;
}

std::string rule(const std::string& lines) {
  return "[[rule]]\nname = \"r\"\non = [\"tool\"]\nmode = \"shadow\"\n" + lines;
}

TEST(RuleFile, SaysAllThatARuleCan) {
  const auto policy = parse_gate_rules(R"(version = 1

[[rule]]
name = "no-keys"
on = ["input", "output"]
mode = "enforcing"
patterns = ["sk-[a-z]+", "AKIA[A-Z0-9]{16}"]
ignore_case = true
window_bytes = 80

[[rule]]
name = "masked"
on = ["output"]
mode = "enforcing"
action = "redact"
on_failure = "open"
keywords = ["acme"]
whole_words = false

[[rule]]
name = "shape"
on = ["output"]
mode = "shadow"
schema = '{"type":"object"}'

[[rule]]
name = "calls"
on = ["tool"]
mode = "enforcing"
of_tools = ["run_*"]
paths.deny = ["**/.env"]
hosts.allow = ["example.org", "*.example.org"]
[rule.commands]
deny = ["git push"]

[[rule]]
name = "small"
on = ["input"]
mode = "shadow"
bytes_max = 1000

[[rule]]
name = "slow"
on = ["tool"]
mode = "enforcing"
calls_max = 10
window_ms = 60000
)",
                                       "gates.toml");
  ASSERT_TRUE(policy) << policy.error().message;
  SafetyPolicy expected;
  expected.rules.push_back({"no-keys",
                            {GatePhase::input, GatePhase::output},
                            GateMode::enforcing,
                            GateAction::deny,
                            GateFailure::closed,
                            {},
                            PatternCheck{{"sk-[a-z]+", "AKIA[A-Z0-9]{16}"}, true, 80}});
  expected.rules.push_back({"masked",
                            {GatePhase::output},
                            GateMode::enforcing,
                            GateAction::redact,
                            GateFailure::open,
                            {},
                            KeywordCheck{{"acme"}, true, false}});
  expected.rules.push_back({"shape",
                            {GatePhase::output},
                            GateMode::shadow,
                            GateAction::deny,
                            GateFailure::closed,
                            {},
                            SchemaCheck{R"({"type":"object"})"}});
  CallCheck calls;
  calls.paths.deny = {"**/.env"};
  calls.hosts.allow = {"example.org", "*.example.org"};
  calls.commands.deny = {"git push"};
  expected.rules.push_back(
      {"calls", {GatePhase::tool}, GateMode::enforcing, GateAction::deny, GateFailure::closed, {"run_*"}, calls});
  expected.rules.push_back(
      {"small", {GatePhase::input}, GateMode::shadow, GateAction::deny, GateFailure::closed, {}, SizeCheck{1'000}});
  expected.rules.push_back({"slow",
                            {GatePhase::tool},
                            GateMode::enforcing,
                            GateAction::deny,
                            GateFailure::closed,
                            {},
                            RateCheck{10, 60'000}});
  EXPECT_EQ(*policy, expected);
}

TEST(RuleFile, IsRefusedWithThePlaceOfTheMistake) {
  EXPECT_EQ(error_of(""), "gates.toml:1:1: there is no [[rule]]");
  EXPECT_EQ(error_of("version = 2"), "gates.toml:1:1: 'version': 1 is the only one that is known");
  EXPECT_EQ(error_of("[rule]\nname = \"x\""),
            "gates.toml:2:1: unknown key 'rule.name'; version and [[rule]] are allowed");
  EXPECT_EQ(error_of("\"rule[x].name\" = 1"),
            "gates.toml:1:1: unknown key 'rule[x].name'; version and [[rule]] are allowed");
  EXPECT_EQ(error_of("\"rule[0].name\" = \"a\"\n[[rule]]\nname = \"b\""), "gates.toml:3:1: 'name' stands twice");
  EXPECT_EQ(error_of(rule("bytes_max = 5\nmod = \"x\"")), "gates.toml:6:1: unknown key 'mod'; did you mean 'mode'?");
  EXPECT_EQ(error_of(rule("bytes_max = \"5\"")), "gates.toml:5:1: 'bytes_max': must be a whole number");
  EXPECT_EQ(error_of(rule("bytes_max = -5")), "gates.toml:5:1: 'bytes_max': -5; 0 to 9223372036854775807 are allowed");
  EXPECT_EQ(error_of(rule("bytes_max = 0")), "gates.toml:5:1: 'bytes_max': 0; 1 or more is allowed");
  EXPECT_EQ(error_of(rule("patterns = [\n  \"a\",\n  \"(b\",\n]")),
            "gates.toml:7:3: 'patterns[1]': is no pattern that RE2 takes: missing ): (b");
  EXPECT_EQ(
      error_of(rule("hosts.deny = [\"https://example.org/\"]")).find("gates.toml:5:15: 'hosts.deny[0]': is no host"),
      0U);
  EXPECT_EQ(error_of(rule("paths.allow = [\"a\"]\npaths.deny = [\"a\"]")),
            "gates.toml:6:15: 'paths.deny[0]': is allowed as well as denied");
  EXPECT_EQ(error_of(rule("schema = '{\"type\": 5}'")).find("gates.toml:5:1: 'schema': "), 0U);
}

TEST(RuleFile, IsRefusedWhereItIsAmbiguous) {
  EXPECT_EQ(error_of(rule("")).find("gates.toml:2:1: 'name': the rule checks nothing"), 0U);
  EXPECT_EQ(error_of(rule("bytes_max = 5\npatterns = [\"a\"]")),
            "gates.toml:2:1: 'name': the rule has several checks (patterns, bytes_max): make a rule of each");
  EXPECT_EQ(error_of(rule("bytes_max = 5\nwindow_bytes = 5")),
            "gates.toml:6:1: 'window_bytes': belongs to rules with patterns");
  EXPECT_EQ(error_of(rule("bytes_max = 5\naction = \"redact\"")),
            "gates.toml:6:1: 'action': 'redact' is for patterns and keywords on 'output' alone");
  EXPECT_EQ(error_of("[[rule]]\nname = \"a\"\non = [\"input\"]\nbytes_max = 5"),
            "gates.toml:2:1: 'mode': is missing; 'shadow' and 'enforcing' are allowed");
  EXPECT_EQ(error_of("[[rule]]\nname = \"a\"\non = [\"input\", \"input\"]\nmode = \"shadow\"\nbytes_max = 5"),
            "gates.toml:3:1: 'on': has input twice");
  EXPECT_EQ(error_of("[[rule]]\nname = \"a\"\non = [\"both\"]\nmode = \"shadow\"\nbytes_max = 5"),
            "gates.toml:3:1: 'on': 'both'; input, tool and output are allowed");
  EXPECT_EQ(error_of("[[rule]]\nname = \"a\"\non = [\"input\"]\nmode = \"shadow\"\ncalls_max = 5"),
            "gates.toml:3:1: 'on': a rule about calls is on 'tool' alone");
  EXPECT_EQ(error_of("[[rule]]\nname = \"Big\"\non = [\"input\"]\nmode = \"shadow\"\nbytes_max = 5")
                .find("gates.toml:2:1: 'name': 'Big': 1 to 64"),
            0U);
  EXPECT_EQ(error_of(rule("bytes_max = 5\n") + rule("bytes_max = 6\n")), "gates.toml:7:1: the name 'r' stands twice");
  EXPECT_EQ(error_of("[[rule]]\n").find("gates.toml:1:1: 'name': is missing"), 0U);
}

}  // namespace
}  // namespace orchestrator::harness
