// SPDX-License-Identifier: Apache-2.0
// Goal: rules tried on a past run say what they would have denied, where, and what that would have saved. Method: runs
// written event by event.
#include "codec/gates/gate_trial.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace orchestrator::harness::codec {
namespace {

class Trial {
 public:
  explicit Trial(const std::string& toml)
      : trial_(RuleSet::compile(parse_gate_rules(toml, "gates.toml").value()).value()) {}

  template <class Payload>
  Trial& add(Payload payload) {
    StreamEvent event;
    event.meta.seq = ++seq_;
    event.meta.elapsed_us = seq_ * 1'000'000;
    event.payload = std::move(payload);
    trial_.add(event);
    return *this;
  }
  Trial& input(const std::string& text) {
    StreamEvent::RunStarted started;
    started.input.emplace_back(TextPart{text});
    started.workspace = "/srv/project";
    return add(std::move(started));
  }
  Trial& ask(std::uint32_t attempt) {
    StreamEvent::ProviderRequested asked;
    asked.attempt = attempt;
    return add(std::move(asked));
  }
  Trial& usage(std::uint32_t attempt, std::optional<std::uint64_t> cost) {
    StreamEvent::UsageReported usage;
    usage.attempt = attempt;
    usage.cost_micro_usd = cost;
    return add(std::move(usage));
  }
  Trial& recall(std::uint64_t cost) {
    StreamEvent::MemoryRetrieved retrieved;
    retrieved.cost_micro_usd = cost;
    return add(std::move(retrieved));
  }
  Trial& answer(const std::string& text) {
    StreamEvent::OutputItemCompleted item;
    item.kind = ItemKind::text;
    MessageItem message;
    message.role = Role::assistant;
    message.parts.emplace_back(TextPart{text});
    item.item.value = std::move(message);
    return add(std::move(item));
  }
  Trial& call(const std::string& id, const std::string& tool, const std::string& arguments) {
    StreamEvent::ToolCallRequested requested;
    requested.call_id = id;
    requested.tool = tool;
    requested.arguments = arguments;
    return add(std::move(requested));
  }
  Trial& start(const std::string& id, const std::string& target) {
    StreamEvent::ToolCallStarted started;
    started.call_id = id;
    started.targets = {{target, {}}};
    return add(std::move(started));
  }
  Trial& finish(const std::string& id) {
    StreamEvent::ToolCallFinished finished;
    finished.call_id = id;
    return add(std::move(finished));
  }
  const GateTrial& operator*() const { return trial_; }
  // `SEQ:PHASE:RULE` of each objection.
  std::string found() const {
    std::string text;
    for (const TriedStep& step : trial_.steps()) {
      for (const GateVerdict& verdict : step.objections) {
        text += (text.empty() ? "" : " ") + std::to_string(step.seq) + ":" + std::string(name_of(step.phase)) + ":" +
                verdict.gate;
      }
    }
    return text;
  }

 private:
  GateTrial trial_;
  std::uint64_t seq_ = 0;
};

constexpr const char* kRules = R"(
[[rule]]
name = "words"
on = ["input", "output"]
mode = "shadow"
keywords = ["secret plan"]

[[rule]]
name = "files"
on = ["tool"]
mode = "enforcing"
paths.deny = ["**/.env"]

[[rule]]
name = "few"
on = ["tool"]
mode = "enforcing"
calls_max = 2
)";

TEST(GateTrial, SaysNothingOfAHarmlessRun) {
  Trial trial(kRules);
  trial.input("hello")
      .call("c1", "read_file", R"({"path":"a"})")
      .start("c1", "a")
      .finish("c1")
      .ask(1)
      .answer("done")
      .usage(1, 5);
  EXPECT_EQ(trial.found(), "");
  EXPECT_EQ((*trial).judged(), 3U);
  EXPECT_EQ((*trial).end_seq(), std::nullopt);
  EXPECT_EQ((*trial).cost().micro_usd, 5U);
  EXPECT_EQ((*trial).saved().micro_usd, 0U);
}

TEST(GateTrial, OfAnInputSavesTheWholeRun) {
  Trial trial(kRules);
  trial.input("the Secret Plan")
      .recall(4)
      .ask(1)
      .usage(1, 5)
      .ask(2)
      .usage(2, std::nullopt)
      .ask(3)
      .answer("no")
      .usage(3, 2);
  EXPECT_EQ(trial.found(), "1:input:words");
  EXPECT_EQ((*trial).end_seq(), 1U) << "a shadow rule counts as if it were enforced";
  EXPECT_EQ((*trial).saved().micro_usd, 11U) << "what was recalled, too";
  EXPECT_EQ((*trial).cost().micro_usd, 11U);
  EXPECT_FALSE((*trial).saved().is_whole);
}

TEST(GateTrial, OfAnAnswerSavesWhatCameAfterIt) {
  Trial trial(kRules);
  trial.input("hi").ask(1).usage(1, 5).ask(2).answer("my secret plan").usage(2, 3).ask(3).usage(3, 7);
  EXPECT_EQ(trial.found(), "5:output:words");
  EXPECT_EQ((*trial).cost().micro_usd, 15U);
  EXPECT_EQ((*trial).saved().micro_usd, 7U) << "the answer itself is paid for";
  EXPECT_TRUE((*trial).saved().is_whole);
}

TEST(GateTrial, LooksWhereACallLed) {
  Trial trial(kRules);
  trial.input("hi");
  trial.call("c1", "read_file", R"({"path":"link"})").start("c1", "deep/.env").finish("c1");
  trial.call("c2", "read_file", R"({"path":"/srv/project/.env"})").finish("c2");
  trial.call("c3", "read_file", R"({"path":"a"})").start("c3", "a");
  EXPECT_EQ(trial.found(), "3:tool:files 6:tool:files 8:tool:few");
  EXPECT_EQ((*trial).end_seq(), std::nullopt) << "a run goes on after a call that is denied";
}

}  // namespace
}  // namespace orchestrator::harness::codec
