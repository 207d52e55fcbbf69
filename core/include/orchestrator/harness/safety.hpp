// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a run may read, do and say: rules of a policy, each in shadow or enforcing, and what a rule says of one text or
// call. Plain values; docs/harness/evals-safety-track.md explains them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/reliability.hpp"

namespace orchestrator::harness {

/// The bounds that hold for every run.
using SafetyLimits = Limits;

/// What is judged: the input of a run, a call before it starts, the text of an answer.
enum class GatePhase : std::uint8_t { input, tool, output };
/// `shadow` only says what it would have done.
enum class GateMode : std::uint8_t { shadow, enforcing };
/// What is done with what a rule objects to. `redact` replaces it in the text of an answer.
enum class GateAction : std::uint8_t { allow, deny, redact };
/// How a rule counts that could not be evaluated: as an objection, or as none.
enum class GateFailure : std::uint8_t { closed, open };

/// The names that rule files and events use.
[[nodiscard]] std::string_view name_of(GatePhase phase);
/// As of phases.
[[nodiscard]] std::string_view name_of(GateMode mode);
/// As of phases.
[[nodiscard]] std::string_view name_of(GateAction action);
/// As of phases.
[[nodiscard]] std::string_view name_of(GateFailure failure);

/// Objects to a text in which one of the patterns matches. RE2 syntax.
struct PatternCheck {
  std::vector<std::string> patterns;  // 1 to 256, each of 1 to 1,000 bytes
  bool ignore_case = false;
  /// How much of an answer waits until it is clear whether a match begins there, 1 to 4,096 bytes. Longer matches are
  /// found, but what came before their last `window_bytes` may have been shown.
  std::uint32_t window_bytes = 64;
  bool operator==(const PatternCheck&) const = default;
};
/// Objects to a text that holds one of the keywords. Case is compared by Unicode's simple folding.
struct KeywordCheck {
  std::vector<std::string> keywords;  // 1 to 1,000, each of 1 to 200 bytes
  bool ignore_case = true;
  bool whole_words = true;  // no letter, digit or underscore stands before or behind
  bool operator==(const KeywordCheck&) const = default;
};
/// Objects to a text that is no JSON, or does not fit the JSON Schema. Of a call: its arguments.
struct SchemaCheck {
  std::string schema;
  bool operator==(const SchemaCheck&) const = default;
};
/// What is allowed of one kind. `deny` goes first; where `allow` is not empty, all else is objected to.
struct AllowDeny {
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  [[nodiscard]] bool is_empty() const { return allow.empty() && deny.empty(); }
  bool operator==(const AllowDeny&) const = default;
};
/// Objects to calls by what they are about. At most 256 entries a list, each of 1 to 1,000 bytes.
struct CallCheck {
  AllowDeny tools;     // names; `*` stands for any characters
  AllowDeny paths;     // globs: `*` within a name, `**` over folders; relative ones are of the workspace
  AllowDeny hosts;     // exact, or `*.example.org` for all below it
  AllowDeny commands;  // a program and its first arguments, word by word: `git push`
  bool operator==(const CallCheck&) const = default;
};
/// Objects to a text, or to the arguments of a call, of more bytes.
struct SizeCheck {
  std::uint64_t bytes_max = 0;  // 1 or more
  bool operator==(const SizeCheck&) const = default;
};
/// Objects to the call after the first `calls_max` of a run, or of a window of time.
struct RateCheck {
  std::uint32_t calls_max = 0;  // 0: no call at all
  std::uint64_t window_ms = 0;  // 0: the whole run
  bool operator==(const RateCheck&) const = default;
};
/// Asks a model how sure it is that a text breaks a rule, and objects from a threshold on. Its call is the run's: it
/// counts in the run's cost, and one that fails or comes late counts as the rule's `on_failure` says.
struct ClassifierCheck {
  ModelRef model;
  std::string question;               // what is objected to, in a sentence or two; 1 to 4,000 bytes
  double threshold = 0.5;             // above 0, up to 1
  std::uint64_t timeout_ms = 10'000;  // 1 to 120,000
  bool operator==(const ClassifierCheck&) const = default;
};

/// What a gate of yours is asked about. Views: valid for the one call.
struct GateQuestion {
  GatePhase phase = GatePhase::input;
  std::string_view text;       // of an input or a whole answer; of a call: its arguments, as JSON
  std::string_view tool = {};  // of a call
};
/// What it says. `reason` is needed where it does not pass, and holds no word of the text itself: it is journaled.
struct GateOpinion {
  bool passed = true;
  std::optional<double> score = {};
  std::string reason = {};
};
/// A rule in C++. One object serves all runs of its harness.
class Gate {
 public:
  virtual ~Gate() = default;
  /// Names what it does: runs pin it, and go on only under the same one. 1 to 200 bytes; the same for the object's
  /// life.
  [[nodiscard]] virtual std::string version() const = 0;
  /// Judges. Called on a thread of its own, from several at once; may block, up to the rule's `timeout_ms`. An error
  /// or an exception counts as the rule's `on_failure` says.
  [[nodiscard]] virtual Result<GateOpinion> judge(const GateQuestion& question) const = 0;
};
/// Asks a gate of yours.
struct CodeCheck {
  std::shared_ptr<const Gate> gate;   // shared by the runs that are under it; never null
  std::uint64_t timeout_ms = 10'000;  // 1 to 120,000
  bool operator==(const CodeCheck&) const = default;
};
using GateCheck =
    std::variant<PatternCheck, KeywordCheck, SchemaCheck, CallCheck, SizeCheck, RateCheck, ClassifierCheck, CodeCheck>;

struct GateRule {
  std::string name;               // 1 to 64 of [a-z0-9._-], beginning with a letter or digit; once in a policy
  std::vector<GatePhase> phases;  // at least one, each once
  GateMode mode = GateMode::shadow;
  GateAction action = GateAction::deny;  // `redact`: patterns and keywords of the output only
  GateFailure on_failure = GateFailure::closed;
  std::vector<std::string> of_tools;  // phase `tool`: which calls it is about, `*` for any characters; empty: all
  GateCheck check;
  bool operator==(const GateRule&) const = default;
};

struct SafetyPolicy {
  std::vector<GateRule> rules;  // at most 64
  bool operator==(const SafetyPolicy&) const = default;
};

/// What one rule says of one text or call.
struct GateVerdict {
  std::string gate;  // the rule's name
  GatePhase phase = GatePhase::input;
  GateMode mode = GateMode::shadow;
  bool passed = true;
  GateAction action = GateAction::allow;  // what is done with it; in shadow: what would have been
  std::optional<double> score = {};       // of a rule that weighs, and from where on it objects
  std::optional<double> threshold = {};
  std::string reason;                               // why not passed, without a word of the text itself
  std::optional<Error> error;                       // why it could not be evaluated
  std::optional<std::uint32_t> attempt = {};        // of an answer
  std::string call_id = {};                         // of a call
  std::uint64_t latency_us = 0;                     // of a classifier or a gate in C++
  std::optional<std::uint64_t> cost_micro_usd = 0;  // of a classifier's call; empty: not known
  bool operator==(const GateVerdict&) const = default;
};

/// True for a verdict that stops what was judged.
[[nodiscard]] bool blocks(const GateVerdict& verdict);

/// The rules of a file in TOML (`gates.toml`), checked. `path` is for the messages. Errors, all
/// `configuration_invalid` with file, line and column: no TOML, a key that is not known or stands twice, a value out of
/// its range, a rule that has no check, several, or one that its phase does not have, a pattern that RE2 does not take.
[[nodiscard]] Result<SafetyPolicy> parse_gate_rules(std::string_view toml, const std::string& path);

}  // namespace orchestrator::harness
