// SPDX-License-Identifier: Apache-2.0
// Goal: a call replaces or shows the list of its own session, within bounds.
// Method: calls of the tool, compared with whole results.
#include "tools/todo/todo_tool.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::tools {
namespace {

class TodoTest : public ::testing::Test {
 protected:
  ToolResult call(const std::string& arguments, std::uint8_t session = 1) {
    ToolContext context;
    context.session_id = session_of(session, 0);
    return call_of(arguments, context);
  }
  ToolResult call_of(const std::string& arguments, const ToolContext& context) {
    ToolCall made{.call_id = "c", .tool = "todo", .arguments = {arguments}};
    return runtime::testing::run_awaitable(io_, tool_->execute(made, {}, context));
  }
  static SessionId session_of(std::uint8_t low, std::uint8_t high) { return SessionId::make(high, 0, low); }
  std::string text(const std::string& arguments, std::uint8_t session = 1) {
    const ToolResult result = call(arguments, session);
    return result.error ? std::string(name_of(result.error->code)) + " " + result.error->at
                        : std::get<TextPart>(result.parts[0]).text;
  }

  boost::asio::io_context io_;
  std::shared_ptr<Tool> tool_ = make_todo({});
};

TEST_F(TodoTest, ACallReplacesTheListAndShowsIt) {
  const ToolResult result = call(
      R"({"items": [{"text": "read", "status": "done"}, {"text": "write\nit", "status": "active"}, {"text": "test", "status": "pending"}]})");
  EXPECT_EQ(std::get<TextPart>(result.parts[0]).text, "[x] read\n[>] write it\n[ ] test\n");
  EXPECT_EQ(
      std::get<JsonPart>(result.parts[1]).json.text,
      R"({"items":[{"text":"read","status":"done"},{"text":"write it","status":"active"},{"text":"test","status":"pending"}]})");
  EXPECT_EQ(text("{}"), "[x] read\n[>] write it\n[ ] test\n");
  EXPECT_EQ(text(R"({"items": []})"), "The list is empty.\n");
  EXPECT_EQ(text("{}"), "The list is empty.\n");
}

TEST_F(TodoTest, EachSessionHasItsOwnList) {
  text(R"({"items": [{"text": "one", "status": "pending"}]})", 1);
  EXPECT_EQ(text("{}", 2), "The list is empty.\n");
  EXPECT_EQ(text("{}", 1), "[ ] one\n");
}

TEST_F(TodoTest, BoundsAreErrorsAndChangeNothing) {
  text(R"({"items": [{"text": "kept", "status": "pending"}]})");
  const auto list_of = [](std::size_t count, const std::string& text) {
    std::string items;
    for (std::size_t i = 0; i < count; ++i) {
      items += (i == 0 ? "" : ",") + (R"({"text": ")" + text + R"(", "status": "done"})");
    }
    return R"({"items": [)" + items + "]}";
  };
  EXPECT_EQ(text(list_of(101, "x")), "out_of_range /items");
  EXPECT_EQ(text(list_of(1, std::string(501, 'x'))), "out_of_range /items/0/text");
  EXPECT_EQ(text(list_of(1, "")), "out_of_range /items/0/text");
  EXPECT_EQ(text(R"({"items": [{"text": "x", "status": "later"}]})"), "tool_args_invalid /items/0/status");
  EXPECT_EQ(text(R"({"items": [1]})"), "tool_args_invalid /items/0/text");
  EXPECT_EQ(text("{}"), "[ ] kept\n");
  std::string umlauts;
  for (int i = 0; i < 500; ++i) umlauts += "ü";
  EXPECT_EQ(text(list_of(1, umlauts)), "[x] " + umlauts + "\n");
}

TEST_F(TodoTest, TheLeastRecentlyUsedSessionIsForgotten) {
  ToolContext context;
  const std::string one = R"({"items": [{"text": "x", "status": "pending"}]})";
  const auto shown = [&](std::uint8_t high) {
    context.session_id = session_of(0, high);
    return std::get<TextPart>(call_of("{}", context).parts[0]).text;
  };
  for (std::uint8_t high = 1; high <= 2; ++high) {
    context.session_id = session_of(0, high);
    call_of(one, context);
  }
  EXPECT_EQ(shown(1), "[ ] x\n");
  for (int i = 0; i < 255; ++i) {
    context.session_id = session_of(static_cast<std::uint8_t>(i), 3);
    call_of(one, context);
  }
  EXPECT_EQ(shown(1), "[ ] x\n");
  EXPECT_EQ(shown(2), "The list is empty.\n");
}

}  // namespace
}  // namespace orchestrator::harness::tools
