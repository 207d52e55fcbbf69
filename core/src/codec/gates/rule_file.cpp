// SPDX-License-Identifier: Apache-2.0
// Rules out of a TOML file: every key is known, has a value of its kind, and is where it belongs.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codec/gates/rule_set.hpp"
#include "codec/toml_entries.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::harness {
namespace {

using codec::TomlEntry;
using codec::TomlPlace;
using codec::TomlValue;

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;
constexpr std::string_view kRulePrefix = "rule[";

// The keys that make a check, by the check that they belong to.
constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kCheckKeys = {{
    {"patterns", "patterns"},     {"keywords", "keywords"},    {"schema", "schema"},
    {"bytes_max", "bytes_max"},   {"calls_max", "calls_max"},  {"window_ms", "calls_max"},
    {"window_bytes", "patterns"}, {"whole_words", "keywords"}, {"ignore_case", "patterns or keywords"},
    {"classifier", "classifier"}, {"model", "classifier"},     {"threshold", "classifier"},
    {"timeout_ms", "classifier"}, {"tools.allow", "calls"},    {"tools.deny", "calls"},
    {"paths.allow", "calls"},     {"paths.deny", "calls"},     {"hosts.allow", "calls"},
    {"hosts.deny", "calls"},      {"commands.allow", "calls"}, {"commands.deny", "calls"},
}};
constexpr std::array<std::string_view, 6> kFrameKeys = {"name", "on", "mode", "action", "on_failure", "of_tools"};

// The tables of one `[[rule]]`: its entries by their keys.
struct RuleText {
  std::map<std::string, const TomlEntry*> entries;
  TomlPlace place;
};

class RuleReader {
 public:
  RuleReader(const RuleText& text, const std::string& path) : text_(text), path_(path) {}

  Result<GateRule> read() {
    GateRule rule;
    read_frame(rule);
    read_check(rule);
    if (!error_) {
      if (auto checked = codec::check_gate_rule(rule); !checked) refuse_at(checked.error().at, checked.error().message);
    }
    if (error_) return std::unexpected(*std::move(error_));
    return rule;
  }

 private:
  void read_frame(GateRule& rule) {
    rule.name = text("name");
    if (rule.name.empty()) refuse_at("name", "is missing: every rule has a name");
    for (const std::string& phase : texts("on")) {
      const auto known = phase == "input"    ? std::optional(GatePhase::input)
                         : phase == "tool"   ? std::optional(GatePhase::tool)
                         : phase == "output" ? std::optional(GatePhase::output)
                                             : std::nullopt;
      if (!known) {
        refuse_at("on", "'" + phase + "'; input, tool and output are allowed");
        return;
      }
      rule.phases.push_back(*known);
    }
    if (!has("on")) refuse_at("on", "is missing: a list of input, tool and output");
    // Whether a rule acts is never left to a default.
    rule.mode =
        choice("mode", {{{"shadow", 0}, {"enforcing", 1}}}, std::nullopt) == 1 ? GateMode::enforcing : GateMode::shadow;
    rule.action = choice("action", {{{"deny", 0}, {"redact", 1}}}, 0) == 1 ? GateAction::redact : GateAction::deny;
    rule.on_failure =
        choice("on_failure", {{{"closed", 0}, {"open", 1}}}, 0) == 1 ? GateFailure::open : GateFailure::closed;
    rule.of_tools = texts("of_tools");
  }

  void read_check(GateRule& rule) {
    std::vector<std::string_view> kinds;
    for (const std::string_view kind : {"patterns", "keywords", "schema", "bytes_max", "calls_max", "classifier"}) {
      if (has(kind)) kinds.push_back(kind);
    }
    const bool has_calls = std::ranges::any_of(text_.entries, [](const auto& entry) {
      return entry.first.ends_with(".allow") || entry.first.ends_with(".deny");
    });
    if (has_calls) kinds.push_back("calls");
    if (kinds.size() != 1) {
      std::string found;
      for (const std::string_view kind : kinds) found += (found.empty() ? "" : ", ") + std::string(kind);
      refuse_at("name", kinds.empty()
                            ? "the rule checks nothing: it needs one of patterns, keywords, schema, bytes_max, "
                              "calls_max, classifier, or lists such as paths.deny"
                            : "the rule has several checks (" + found + "): make a rule of each");
      return;
    }
    for (const auto& [key, entry] : text_.entries) {
      const auto known = std::ranges::find(kCheckKeys, key, &std::pair<std::string_view, std::string_view>::first);
      if (known == kCheckKeys.end() || known->second.find(kinds.front()) != std::string_view::npos) continue;
      refuse_at(key, "belongs to rules with " + std::string(known->second));
      return;
    }
    rule.check = check_of(kinds.front());
  }

  GateCheck check_of(std::string_view kind) {
    if (kind == "patterns") {
      return PatternCheck{texts("patterns"), truth("ignore_case", false),
                          static_cast<std::uint32_t>(number("window_bytes", PatternCheck().window_bytes, 4'096))};
    }
    if (kind == "keywords")
      return KeywordCheck{texts("keywords"), truth("ignore_case", true), truth("whole_words", true)};
    if (kind == "schema") return SchemaCheck{text("schema")};
    if (kind == "classifier") return classifier();
    if (kind == "bytes_max") return SizeCheck{number("bytes_max", 0, INT64_MAX)};
    if (kind == "calls_max") {
      return RateCheck{static_cast<std::uint32_t>(number("calls_max", 0, UINT32_MAX)),
                       number("window_ms", 0, 86'400'000)};
    }
    return CallCheck{{texts("tools.allow"), texts("tools.deny")},
                     {texts("paths.allow"), texts("paths.deny")},
                     {texts("hosts.allow"), texts("hosts.deny")},
                     {texts("commands.allow"), texts("commands.deny")}};
  }

  ClassifierCheck classifier() {
    ClassifierCheck check;
    check.question = text("classifier");
    if (has("model")) {
      auto model = ModelRef::parse(text("model"));
      if (model) {
        check.model = *std::move(model);
      } else {
        refuse_at("model", model.error().message);
      }
    }
    check.threshold = decimal("threshold", check.threshold);
    check.timeout_ms = number("timeout_ms", check.timeout_ms, 120'000);
    return check;
  }

  [[nodiscard]] bool has(std::string_view key) const { return text_.entries.contains(std::string(key)); }

  template <class Value>
  const Value* value(std::string_view key, const char* kind) {
    const auto found = text_.entries.find(std::string(key));
    if (found == text_.entries.end()) return nullptr;
    const auto* value = std::get_if<Value>(&found->second->value);
    if (value == nullptr) refuse_at(key, std::string("must be ") + kind);
    return value;
  }
  std::string text(std::string_view key) {
    const auto* found = value<std::string>(key, "a text");
    return found == nullptr ? "" : *found;
  }
  std::vector<std::string> texts(std::string_view key) {
    const auto* found = value<std::vector<std::string>>(key, "a list of texts");
    return found == nullptr ? std::vector<std::string>() : *found;
  }
  bool truth(std::string_view key, bool missing) {
    const auto* found = value<bool>(key, "true or false");
    return found == nullptr ? missing : *found;
  }
  std::uint64_t number(std::string_view key, std::uint64_t missing, std::int64_t most) {
    const auto* found = value<std::int64_t>(key, "a whole number");
    if (found == nullptr) return missing;
    if (*found < 0 || *found > most) {
      refuse_at(key, std::to_string(*found) + "; 0 to " + std::to_string(most) + " are allowed");
      return missing;
    }
    return static_cast<std::uint64_t>(*found);
  }
  double decimal(std::string_view key, double missing) {
    const auto found = text_.entries.find(std::string(key));
    if (found == text_.entries.end()) return missing;
    if (const auto* whole = std::get_if<std::int64_t>(&found->second->value)) return static_cast<double>(*whole);
    const auto* decimal = value<double>(key, "a number");
    return decimal == nullptr ? missing : *decimal;
  }
  int choice(std::string_view key, const std::array<std::pair<std::string_view, int>, 2>& words,
             std::optional<int> missing) {
    const std::string allowed =
        "'" + std::string(words[0].first) + "' and '" + std::string(words[1].first) + "' are allowed";
    if (!has(key)) {
      if (!missing) refuse_at(key, "is missing; " + allowed);
      return missing.value_or(0);
    }
    const std::string given = text(key);
    for (const auto& [word, meaning] : words) {
      if (given == word) return meaning;
    }
    refuse_at(key, "'" + given + "'; " + allowed);
    return 0;
  }

  // The first error counts. `at` is a key, or an element of its list: `patterns[2]`.
  void refuse_at(std::string_view at, const std::string& what) {
    if (error_) return;
    TomlPlace place = text_.place;
    const std::size_t bracket = at.find('[');
    const auto found = text_.entries.find(std::string(at.substr(0, bracket)));
    if (found != text_.entries.end()) {
      place = found->second->place;
      if (bracket != std::string_view::npos) {
        const std::size_t number = std::stoul(std::string(at.substr(bracket + 1)));
        if (number < found->second->elements.size()) place = found->second->elements[number];
      }
    }
    error_ = RuntimeError{RuntimeErrorCode::configuration_invalid,
                          path_ + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": '" +
                              std::string(at) + "': " + what,
                          path_,
                          {}};
  }

  const RuleText& text_;
  const std::string& path_;
  std::optional<Error> error_;
};

std::unexpected<Error> refuse(const std::string& path, const TomlPlace& place, const std::string& what) {
  return fail(RuntimeErrorCode::configuration_invalid,
              path + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + what, path);
}

std::vector<std::string_view> known_keys() {
  std::vector<std::string_view> keys(kFrameKeys.begin(), kFrameKeys.end());
  for (const auto& [key, check] : kCheckKeys) keys.push_back(key);
  return keys;
}

// 3 of `rule[3].paths.deny`; a key in quotation marks may look like one and have no number.
std::optional<std::size_t> rule_number(std::string_view key) {
  if (!key.starts_with(kRulePrefix)) return std::nullopt;
  std::size_t number = 0;
  const auto [end, failed] = std::from_chars(key.data() + kRulePrefix.size(), key.data() + key.size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(key.data() + key.size() - end));
  if (failed != std::errc() || !(rest == "]" || rest.starts_with("]."))) return std::nullopt;
  return number;
}

// The entries of each rule, by its number.
Result<std::vector<RuleText>> rules_of(const std::vector<TomlEntry>& entries, const std::string& path) {
  const std::vector<std::string_view> keys = known_keys();
  std::map<std::size_t, RuleText> rules;
  for (const TomlEntry& entry : entries) {
    if (entry.key == "version") {
      if (const auto* version = std::get_if<std::int64_t>(&entry.value); version != nullptr && *version == 1) continue;
      return refuse(path, entry.place, "'version': 1 is the only one that is known");
    }
    const std::size_t end = entry.key.find(']');
    const auto number = rule_number(entry.key);
    if (!number) return refuse(path, entry.place, "unknown key '" + entry.key + "'; version and [[rule]] are allowed");
    RuleText& rule = rules[*number];
    if (rule.place.line == 0) rule.place = entry.place;
    if (end + 1 == entry.key.size()) continue;  // an empty table
    const std::string key = entry.key.substr(end + 2);
    if (std::ranges::find(keys, key) == keys.end()) {
      return refuse(path, entry.place, "unknown key '" + key + "'" + event::did_you_mean(key, keys));
    }
    if (!rule.entries.emplace(key, &entry).second) return refuse(path, entry.place, "'" + key + "' stands twice");
  }
  std::vector<RuleText> in_order;
  for (auto& [number, rule] : rules) in_order.push_back(std::move(rule));
  return in_order;
}

}  // namespace

Result<SafetyPolicy> parse_gate_rules(std::string_view toml, const std::string& path) {
  if (toml.size() > kFileBytesMax) return refuse(path, {1, 1}, "more than 1 MiB");
  auto entries = codec::parse_toml(toml, path);
  if (!entries) return std::unexpected(std::move(entries.error()));
  auto rules = rules_of(*entries, path);
  if (!rules) return std::unexpected(std::move(rules.error()));
  SafetyPolicy policy;
  for (const RuleText& text : *rules) {
    auto rule = RuleReader(text, path).read();
    if (!rule) return std::unexpected(std::move(rule.error()));
    const auto same = std::ranges::find(policy.rules, rule->name, &GateRule::name);
    if (same != policy.rules.end()) return refuse(path, text.place, "the name '" + rule->name + "' stands twice");
    policy.rules.push_back(*std::move(rule));
  }
  if (policy.rules.empty()) return refuse(path, {1, 1}, "there is no [[rule]]");
  if (auto compiled = codec::RuleSet::compile(policy); !compiled) {
    return refuse(path, {1, 1}, compiled.error().message);
  }
  return policy;
}

}  // namespace orchestrator::harness
