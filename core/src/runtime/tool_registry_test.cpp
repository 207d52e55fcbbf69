// SPDX-License-Identifier: Apache-2.0
#include "runtime/tool_registry.hpp"

#include <boost/asio/awaitable.hpp>

#include <gtest/gtest.h>

#include <string>

#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::harness {
namespace {

class Named : public Tool {
 public:
  explicit Named(std::string name) {
    spec_.name = std::move(name);
    spec_.input_schema = {R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})"};
  }
  ToolSpec& declare() { return spec_; }
  const ToolSpec& spec() const override { return spec_; }
  Awaitable<ToolResult> execute(ToolCall, ToolPreparation, ToolContext) override { co_return ToolResult{}; }

 private:
  ToolSpec spec_;
};

std::string refusal(const std::shared_ptr<Named>& tool) {
  ToolRegistry registry;
  const auto added = registry.add(tool);
  return added ? "(accepted)" : added.error().code + " at " + added.error().at;
}

TEST(ToolRegistry, HasWhatWasAddedByName) {
  ToolRegistry registry;
  EXPECT_TRUE(registry.empty());
  ASSERT_TRUE(registry.add(std::make_shared<Named>("b")));
  const ToolRegistry copy = registry;
  ASSERT_TRUE(registry.add(std::make_shared<Named>("a")));
  EXPECT_EQ(registry.specs().at(0).name, "a");
  EXPECT_NE(registry.find("b"), nullptr);
  EXPECT_EQ(registry.find("c"), nullptr);
  EXPECT_EQ(copy.specs().size(), 1U);  // a copy is what it was
}

TEST(ToolRegistry, RefusesBadDeclarations) {
  for (const char* name : {"", "1a", "a b", "a.b", "__proto__\n"}) {
    EXPECT_EQ(refusal(std::make_shared<Named>(name)), "invalid_argument at tool.name") << name;
  }
  EXPECT_EQ(refusal(std::make_shared<Named>(std::string(65, 'a'))), "invalid_argument at tool.name");
  auto slow = std::make_shared<Named>("slow");
  slow->declare().timeout_ms = 0;
  EXPECT_EQ(refusal(slow), "invalid_argument at tool.timeout_ms");
  auto wordy = std::make_shared<Named>("wordy");
  wordy->declare().output_bytes_max = 0;
  EXPECT_EQ(refusal(wordy), "invalid_argument at tool.output_bytes_max");
  auto typo = std::make_shared<Named>("typo");
  typo->declare().input_schema = {R"({"type":"object","propertees":{}})"};
  EXPECT_EQ(refusal(typo), "tool_schema_invalid at /propertees");
  auto output = std::make_shared<Named>("output");
  output->declare().output_schema = {"7"};
  EXPECT_EQ(refusal(output), "tool_schema_invalid at /");
}

TEST(ToolRegistry, ANameIsTakenOnce) {
  ToolRegistry registry;
  ASSERT_TRUE(registry.add(std::make_shared<Named>("a")));
  EXPECT_EQ(registry.add(std::make_shared<Named>("a")).error().at, "tool.name");
}

// TA14
TEST(ToolRegistry, ChecksArgumentsAgainstTheSchema) {
  ToolRegistry registry;
  ASSERT_TRUE(registry.add(std::make_shared<Named>("a")));
  EXPECT_FALSE(ToolRegistryAccess::check_arguments(registry, "a", R"({"n":1})"));
  EXPECT_EQ(ToolRegistryAccess::check_arguments(registry, "a", "{}")->message, "(root): the member 'n' is missing");
  EXPECT_EQ(ToolRegistryAccess::check_arguments(registry, "a", R"({"n":"1"})")->at, "/n");
  // PJ4: empty, of another type, and broken.
  for (const char* text : {"", "[1]", "{\"n\":"}) {
    EXPECT_EQ(ToolRegistryAccess::check_arguments(registry, "a", text)->code, ToolErrorCode::tool_args_invalid) << text;
  }
  EXPECT_EQ(ToolRegistryAccess::check_arguments(registry, "b", "{}")->code, ToolErrorCode::unknown_tool);
}

}  // namespace
}  // namespace orchestrator::harness
