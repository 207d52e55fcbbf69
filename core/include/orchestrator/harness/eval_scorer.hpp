// SPDX-License-Identifier: Apache-2.0
#pragma once

// What judges the answer of a run: a `Scorer`. The ones below compare by text, pattern, schema, number, tools called
// and meaning, or ask a model; `custom_scorer` takes a function, and a class of your own may ask the outside. A scorer
// is immutable and may be used from any thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "orchestrator/harness/embedder.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/eval_dataset.hpp"
#include "orchestrator/harness/events.hpp"
#include "orchestrator/harness/usage.hpp"

namespace orchestrator::harness {

class Harness;

/// A tool call of a run, as its journal has it.
struct EvalToolCall {
  std::string tool;
  RawJson arguments;  // as the model wrote them
  Hash argument_hash;
  ToolOutcome outcome = ToolOutcome::error;  // of a finished call
  std::string error_code;                    // of a failed one, such as `not_recorded`
  bool operator==(const EvalToolCall&) const = default;
};

/// What a scorer looks at: a case, and what a run made of it.
struct EvalSample {
  EvalCase test_case;
  std::uint32_t epoch = 1;
  RunId run_id;
  std::string output;  // of the completed run
  FinishReason finish_reason = FinishReason::stop;
  std::vector<EvalToolCall> tool_calls;  // in the order in which they were asked for
  Usage usage;
  std::optional<std::uint64_t> cost_micro_usd;
  Latencies latencies;
};

/// What a scorer says of a sample.
struct Score {
  double value = 0;  // 0 (worst) to 1 (best)
  bool passed = false;
  std::string explanation;                  // for people; cut to 4 KiB in results
  RawJson details;                          // a JSON object, or empty; cut out of results above 16 KiB
  std::optional<std::uint64_t> tokens = 0;  // what scoring took; empty is unknown, which is not zero
  std::optional<std::uint64_t> cost_micro_usd = 0;
  std::optional<RunId> run_id;  // of the run that judged
};

/// What a scorer may use besides the sample. `harness` outlives the call.
struct ScorerContext {
  Harness* harness = nullptr;
  std::chrono::steady_clock::time_point deadline;  // of the case; scorers that wait keep to it
};

/// Judges answers. Its coroutine runs on the harness's thread; work that blocks belongs elsewhere.
class Scorer {
 public:
  virtual ~Scorer() = default;
  /// What results call it: 1 to 64 of [A-Za-z0-9_-], unique in an evaluation.
  [[nodiscard]] virtual std::string name() const = 0;
  /// All that its scores depend on, as a JSON object: another configuration is another evaluation.
  [[nodiscard]] virtual RawJson config() const = 0;
  /// Judges one sample. An error means that the sample could not be judged: the case counts as an error, never as 0.
  virtual Awaitable<Result<Score>> score(std::shared_ptr<const EvalSample> sample, ScorerContext context) = 0;
};

/// Whether white space at the ends and case count.
struct TextMatch {
  bool trim = true;
  bool ignore_case = false;  // of ASCII letters
};
/// `exact`: the output is `expected`, a text or a list of texts of which any will do. A sample without such an
/// `expected` fails with `invalid_argument`, here and below.
[[nodiscard]] std::shared_ptr<Scorer> exact_scorer(TextMatch match = {}, std::string name = "exact");
/// `contains`: the output has `expected` in it, or, of a list, any.
[[nodiscard]] std::shared_ptr<Scorer> contains_scorer(TextMatch match = {}, std::string name = "contains");
/// `regex`: an RE2 pattern is found in the output. With a capturing group, what it captured must be `expected`, by
/// `match`. Error: `invalid_argument` (RE2's message).
[[nodiscard]] Result<std::shared_ptr<Scorer>> regex_scorer(const std::string& pattern, TextMatch match = {},
                                                           std::string name = "regex");
/// `json_schema`: the output is JSON that fits the schema; a fence of three backticks around it is left out. Needs no
/// `expected`. Error: `tool_schema_invalid`.
[[nodiscard]] Result<std::shared_ptr<Scorer>> json_schema_scorer(const std::string& schema,
                                                                 std::string name = "json_schema");

struct NumericMatch {
  double absolute = 1e-9;  // passes within this, or
  double relative = 0;     // within this share of the expected number
  std::string pointer;     // RFC 6901, of the number in the output's JSON; empty: the last number of the text
};
/// `numeric`: the number in the output is near `expected`, a number or a text that has one: of several the last, so
/// that a worked answer such as `... #### 42` will do. In texts commas between digits are left out. Error:
/// `invalid_argument` (a tolerance that is negative or not finite, a bad pointer).
[[nodiscard]] Result<std::shared_ptr<Scorer>> numeric_scorer(NumericMatch match = {}, std::string name = "numeric");

/// How the tools that were called must follow those that are expected.
enum class TrajectoryOrder : std::uint8_t {
  exact,     // the same calls, in the same order, and no other
  in_order,  // all of them in this order; others may stand between
  any_order  // all of them; others may be there
};
struct TrajectoryMatch {
  TrajectoryOrder order = TrajectoryOrder::in_order;
  bool arguments = false;  // each expected member of the arguments must be there, equal as JSON
};
/// `trajectory`: the run called the tools of `expected`, a list of names or of `{"tool", "arguments"?}`; also under the
/// member `tools` of an object. The value is the share of expected calls that were found; with `exact` and calls that
/// nobody expected, of the longer of the two.
[[nodiscard]] std::shared_ptr<Scorer> trajectory_scorer(TrajectoryMatch match = {}, std::string name = "trajectory");

/// `similarity`: the cosine between the meanings of output and `expected` (of a list: the nearest), cut to 0..1; passes
/// from `threshold` on. Error: `invalid_argument` (threshold). Failures of the embedder are errors of the case.
[[nodiscard]] Result<std::shared_ptr<Scorer>> similarity_scorer(std::shared_ptr<Embedder> embedder, double threshold,
                                                                std::string name = "similarity");

struct JudgeConfig {
  std::string rubric;      // what a good answer is, and how to grade it from 0 to 1; 1 byte to 32 KiB of UTF-8
  std::string model;       // provider/model; empty: the harness's default
  double threshold = 0.5;  // passes from here on
  std::uint32_t max_output_tokens = 1'024;
  std::uint64_t sample_bytes_max = 64ULL << 10;  // more of an answer is cut in its middle, and the judge is told so
};
/// `judge`: a model grades the answer by a rubric, in a journaled run of its own whose id is in the score, and whose
/// tokens and cost count as the score's. What is judged goes to it as one JSON text that it is told to treat as data.
/// The rubric's hash is in the score and, as the rubric itself, in the configuration. A judge that gives no
/// `{"score": 0..1, "reason": TEXT}` makes the case an error. Error: `invalid_argument`.
[[nodiscard]] Result<std::shared_ptr<Scorer>> judge_scorer(JudgeConfig config, std::string name = "judge");

/// A function of your own; `version` stands for its code in the configuration: change it when the scores may change.
/// It runs on the harness's thread and must not block.
[[nodiscard]] std::shared_ptr<Scorer> custom_scorer(std::string name, std::string version,
                                                    std::function<Result<Score>(const EvalSample& sample)> function);

}  // namespace orchestrator::harness
