// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tools out of functions. Included by its own name: harness.hpp does without, for those who make no tools.
//
//   struct Args { std::string path; std::optional<int> line; };
//   BOOST_DESCRIBE_STRUCT(Args, (), (path, line))
//
//   auto tool = make_tool<Args>("open_page", "Opens a page.", [](Args args) { return read(args.path); },
//                               {.effect_class = EffectClass::pure, .fields = {{"path", "Which page."}}});
//
// A function takes its arguments, and a `ToolContext` if it wants one. It returns a std::string, a `ToolResult`, a
// described struct (the model sees its JSON), or a `Result` of one of these; or an `Awaitable` of any of them. Calls of
// one tool may run at once, so the function is called as const and from several threads. It is kept as long as the tool
// or a call of it lives.
//
// A blocking function runs on a thread of its tool, 16 at the most; further calls wait, 1,024 at the most. It should
// look at `context.cancellation` and return soon once that is requested. Threads cannot be killed: a function that does
// not return within 2 s is let go, its call ends with what the runtime knows (`tool_outcome_unknown` unless the tool is
// pure), what it writes or returns later goes nowhere, and its thread stays taken until it returns. The end of a tool
// waits for its functions, 2 s at the most. Nothing that a blocking function refers to may die before it returns.
//
// A coroutine runs on the harness's I/O thread and must not block it; a cancelled call cancels what it awaits. Its
// arguments, its context and what its lambda captures live until it ends.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/tool_arguments.hpp"
#include "orchestrator/harness/tool_result.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

/// What a function's tool declares beside its arguments. A `reversible` tool needs a `Tool` of its own: a function says
/// nothing of how its call is undone.
struct ToolOptions {
  EffectClass effect_class = EffectClass::irreversible;
  ApprovalNeed approval = ApprovalNeed::none;
  std::uint64_t timeout_ms = 120'000;
  std::uint64_t output_bytes_max = 64 << 10;
  bool strict = false;
  /// How far a call reaches, and whether nobody else can have written what it returns: under
  /// `InjectionStance::strict` these decide which calls a person is asked about. The defaults are the careful ones.
  ToolReach reach = ToolReach::outside;
  bool is_output_trusted = false;
  std::vector<FieldDescription> fields = {};  // of the arguments, told to the model
};

/// A call's work on a thread that it may block. An exception fails the call.
using BlockingFunction = std::function<ToolResult(ToolCall, ToolContext)>;
/// A call's work as a coroutine of the I/O thread.
using AwaitableFunction = std::function<Awaitable<ToolResult>(ToolCall, ToolContext)>;

/// The tool of an untyped function. Never null. What is wrong with `spec` is said when the tool is registered.
[[nodiscard]] std::shared_ptr<Tool> make_blocking_tool(ToolSpec spec, BlockingFunction function);
[[nodiscard]] std::shared_ptr<Tool> make_awaitable_tool(ToolSpec spec, AwaitableFunction function);

namespace arguments {

template <class T>
struct IsAwaitable : std::false_type {};
template <class T>
struct IsAwaitable<Awaitable<T>> : std::true_type {};

/// Calls `function` with what it takes: the input, and the context if it wants it.
template <class Function, class Input>
decltype(auto) call(const Function& function, Input& input, const ToolContext& context) {
  if constexpr (std::is_invocable_v<const Function&, Input, const ToolContext&>) {
    return std::invoke(function, std::move(input), context);
  } else {
    static_assert(std::is_invocable_v<const Function&, Input>,
                  "a tool's function takes (Args) or (Args, ToolContext), and is callable as const");
    return std::invoke(function, std::move(input));
  }
}

/// The input of a call: its arguments read, or as they are.
template <class Input>
std::expected<Input, ToolError> input_of(ToolCall&& call) {
  if constexpr (std::same_as<Input, RawJson>) {
    return std::move(call.arguments);
  } else {
    return decode_arguments<Input>(call.arguments.text);
  }
}

/// One call of a coroutine function; all that it refers to lives in its own frame.
template <class Input, class Function>
Awaitable<ToolResult> await_call(std::shared_ptr<const Function> function, ToolCall asked, ToolContext context) {
  auto input = input_of<Input>(std::move(asked));
  if (!input) co_return to_tool_result(std::move(input).error());
  auto work = call(*function, *input, context);
  auto value = co_await std::move(work);
  co_return to_tool_result(std::move(value));
}

/// The tool of a function of either kind.
template <class Input, class Function>
std::shared_ptr<Tool> make_tool_of(ToolSpec spec, Function&& function) {
  using Kept = std::decay_t<Function>;
  auto kept = std::make_shared<const Kept>(std::forward<Function>(function));  // shared with the calls under way
  using Returned = decltype(call(*kept, std::declval<Input&>(), std::declval<const ToolContext&>()));
  if constexpr (IsAwaitable<std::remove_cvref_t<Returned>>::value) {
    return make_awaitable_tool(std::move(spec), [kept](ToolCall asked, ToolContext context) {
      return await_call<Input>(kept, std::move(asked), std::move(context));
    });
  } else {
    return make_blocking_tool(std::move(spec), [kept](ToolCall asked, const ToolContext& context) {
      auto input = input_of<Input>(std::move(asked));
      if (!input) return to_tool_result(std::move(input).error());
      return to_tool_result(call(*kept, *input, context));
    });
  }
}

}  // namespace arguments

/// The tool of a typed function; the schema is that of `Args`. Throws std::invalid_argument where `options.fields`
/// names a field that `Args` does not have; what else is wrong is said when the tool is registered.
template <DescribedStruct Args, class Function>
[[nodiscard]] std::shared_ptr<Tool> make_tool(std::string name, std::string description, Function&& function,
                                              const ToolOptions& options = {}) {
  ToolSpec spec;
  spec.name = std::move(name);
  spec.description = std::move(description);
  spec.input_schema = {arguments_schema<Args>(options.fields)};
  spec.strict = options.strict;
  spec.effect_class = options.effect_class;
  spec.approval = options.approval;
  spec.timeout_ms = options.timeout_ms;
  spec.output_bytes_max = options.output_bytes_max;
  spec.reach = options.reach;
  spec.is_output_trusted = options.is_output_trusted;
  return arguments::make_tool_of<Args>(std::move(spec), std::forward<Function>(function));
}

/// The tool of a function that takes its arguments as JSON (`RawJson`, checked against the schema of `spec`).
template <class Function>
[[nodiscard]] std::shared_ptr<Tool> make_tool(ToolSpec spec, Function&& function) {
  return arguments::make_tool_of<RawJson>(std::move(spec), std::forward<Function>(function));
}

}  // namespace orchestrator::harness
