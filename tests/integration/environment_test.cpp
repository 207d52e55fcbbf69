// SPDX-License-Identifier: Apache-2.0
// Goal: what the environment has wrong stops only what needs it. Method: harnesses built with one variable wrong or
// missing; no run calls anybody.
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

/// Sets a variable (or takes it away) for one test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

class FromEnvironment : public ::testing::Test {
 protected:
  // An address, so that no port of this machine is looked at.
  Variable chat_{"CHAT_BASE_URL", "http://127.0.0.1:1/v1"};
  Variable key_{"OPENAI_API_KEY", nullptr};
  Variable openai_{"OPENAI_BASE_URL", nullptr};
  Variable store_{"ORCHESTRATOR_STORE", "memory:"};
  Variable log_{"ORCHESTRATOR_LOG", nullptr};
};

std::string refusal(Harness& harness, const char* model) {
  auto run = harness.session().run("Hi").model(model).start();
  return run ? "" : run.error().code + ": " + run.error().message;
}

TEST_F(FromEnvironment, AWrongAddressRefusesTheRunsOfItsProviderOnly) {
  const Variable wrong("CHAT_BASE_URL", "nonsense");
  auto built = HarnessBuilder::from_environment().build();
  ASSERT_TRUE(built.has_value()) << built.error().message;
  EXPECT_TRUE(refusal(*built, "chat/m").starts_with("configuration_invalid: CHAT_BASE_URL: not an address"));
  EXPECT_TRUE(refusal(*built, "openai/m").starts_with("key_missing"));
  auto script = HarnessBuilder::from_environment()
                    .provider(scripted_provider({{"test", R"({"turns":[{"text":"x"}]})"}}).value())
                    .build()
                    .value();
  auto run = script.session().run("Hi").model("scripted/test").start().value();
  EXPECT_EQ(of_type<StreamEvent::Completed>(all_events(run)).size(), 1U);
}

TEST_F(FromEnvironment, AWrongAddressIsNotPassedOverForAnotherModel) {
  const Variable wrong("CHAT_BASE_URL", "ftp://host/v1");
  auto harness = HarnessBuilder::from_environment().build().value();
  auto run = harness.session().run("Hi").start();
  ASSERT_FALSE(run.has_value());
  EXPECT_EQ(run.error().code, "configuration_invalid");
}

TEST_F(FromEnvironment, NeedsAHomeOnlyForItsOwnStore) {
  const Variable home("HOME", nullptr);
  const Variable state("XDG_STATE_HOME", nullptr);
  EXPECT_TRUE(HarnessBuilder::from_environment().build().has_value()) << "the environment names a store";
  const Variable store("ORCHESTRATOR_STORE", nullptr);
  EXPECT_TRUE(HarnessBuilder::from_environment().store("memory:").build().has_value());
  EXPECT_TRUE(HarnessBuilder::from_environment().store(open_store("memory:").value()).build().has_value());
  const auto homeless = HarnessBuilder::from_environment().build();
  ASSERT_FALSE(homeless.has_value());
  EXPECT_EQ(homeless.error().code, "configuration_invalid");
  EXPECT_EQ(homeless.error().at, "HOME");
}

}  // namespace
}  // namespace orchestrator::harness::integration
