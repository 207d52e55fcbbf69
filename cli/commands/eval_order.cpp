// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/eval_order.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "cli/commands/tool_choice.hpp"
#include "cli/configuration/config_file.hpp"
#include "cli/configuration/quantity.hpp"
#include "cli/display/quoted_text.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint64_t kEpochsMost = 1'000;
constexpr std::uint64_t kConcurrencyMost = 256;
constexpr std::uint64_t kSampleMost = 100'000;
constexpr std::uint64_t kSeedMost = 1ULL << 53;
constexpr std::uint64_t kRunsMost = 1'000;
constexpr std::uint64_t kContextTokensMost = 1ULL << 53;

std::unexpected<harness::Error> refuse(const std::string& flag, const std::string& why) {
  return fail(RuntimeErrorCode::invalid_argument, flag + " " + why, flag);
}

std::string key_of(const FlagSpec& flag) {
  std::string key(flag.name.substr(2));
  std::ranges::replace(key, '-', '_');
  return flag.repeated && flag.name != "--reuse" && flag.name != "--set" ? key + "s" : key;
}

std::string choices_text(const FlagSpec& flag) {
  std::string text;
  for (const char letter : flag.choices) {
    text.append(letter == ' ' ? ", " : std::string(1, letter));
  }
  return text;
}

bool is_choice(const FlagSpec& flag, const std::string& text) {
  const std::string choices = " " + std::string(flag.choices) + " ";
  return !text.empty() && text.find(' ') == std::string::npos && choices.find(" " + text + " ") != std::string::npos;
}

std::vector<std::string> texts_of(const ConfigValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return {*text};
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return {std::to_string(*number)};
  }
  if (const auto* number = std::get_if<double>(&value)) {
    std::array<char, 32> buffer{};
    return {std::string(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), *number).ptr)};
  }
  if (const auto* truth = std::get_if<bool>(&value)) {
    return *truth ? std::vector<std::string>{""} : std::vector<std::string>{};
  }
  return std::get<std::vector<std::string>>(value);
}

Result<void> read_count(const EvalWords& words, const char* flag, std::uint64_t least, std::uint64_t most,
                        std::uint64_t& number) {
  const auto text = words.value(flag);
  if (!text) {
    return {};
  }
  const auto count = parse_count(*text, least, most);
  if (!count) {
    return refuse(flag, count.error());
  }
  number = *count;
  return {};
}

Result<harness::RunCohort> cohort_of(const std::string& text) {
  harness::RunCohort cohort;
  cohort.runs.limit = static_cast<std::uint32_t>(kRunsMost);
  if (text == "all") {
    return cohort;
  }
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end + 1;
    const std::size_t sign = part.find('=');
    const std::string key = part.substr(0, sign);
    const std::string value = sign == std::string::npos ? "" : part.substr(sign + 1);
    if (sign == std::string::npos && part.starts_with("run_")) {
      cohort.runs.id_prefix = part;
    } else if (key == "id" && !value.empty()) {
      cohort.runs.id_prefix = value.starts_with("run_") ? value : "run_" + value;
    } else if (key == "status" && value == "completed") {
      cohort.runs.status = harness::RunStatus::completed;
    } else if (key == "status" && value == "failed") {
      cohort.runs.status = harness::RunStatus::failed;
    } else if (key == "status" && value == "aborted") {
      cohort.runs.status = harness::RunStatus::aborted;
    } else if (key == "model" && !value.empty()) {
      cohort.model = value;
    } else if (key == "session" && harness::SessionId::parse(value)) {
      cohort.runs.session_id = harness::SessionId::parse(value);
    } else if (key == "tools" && value == "yes") {
      cohort.with_tools = true;
    } else if (key.starts_with("label.") && key.size() > 6) {
      cohort.labels.emplace_back(key.substr(6), value);
    } else if (const auto count = parse_count(value, 1, kRunsMost); key == "limit" && count) {
      cohort.runs.limit = static_cast<std::uint32_t>(*count);
    } else {
      return refuse("--runs", "has " + quoted_text(part) +
                                  "; it takes all, or any of status=completed|failed|aborted, model=P/M, session=ID, "
                                  "id=PREFIX, label.KEY=VALUE, tools=yes, limit=1..1000, joined by commas");
    }
  }
  return cohort;
}

Result<void> read_settings(const EvalWords& words, EvalOrder& order) {
  const auto pairs = words.values("--set");
  if (pairs.empty()) {
    return {};
  }
  harness::GenerationSettings settings;
  for (const std::string& pair : pairs) {
    const std::size_t sign = pair.find('=');
    if (sign == std::string::npos || sign == 0) {
      return refuse("--set", "is " + quoted_text(pair) + "; it takes KEY=VALUE");
    }
    if (auto done = harness::set_by_name(settings, pair.substr(0, sign), pair.substr(sign + 1)); !done) {
      return refuse("--set", pair.substr(0, sign) + ": " + done.error().message);
    }
  }
  order.config.settings = std::move(settings);
  return {};
}

/// The policy of contexts, where anything is said of it; of stored runs what is not said is as recorded.
Result<void> read_context(const EvalWords& words, const Configuration& configuration, EvalOrder& order) {
  const auto tokens = words.value("--context-tokens");
  const auto when_full = words.value("--when-full");
  if (order.cohort && !tokens && !when_full) {
    return {};
  }
  harness::ContextPolicy policy = configuration.context();
  if (tokens) {
    const auto count = parse_count(*tokens, 1, kContextTokensMost);
    if (!count) {
      return refuse("--context-tokens", count.error());
    }
    policy.tokens_max = *count;
  }
  if (when_full) {
    policy.when_full = *when_full == "trim"      ? harness::WhenFull::trim
                       : *when_full == "extract" ? harness::WhenFull::extract
                                                 : harness::WhenFull::summarise;
  }
  order.config.context = std::move(policy);
  return {};
}

Result<void> read_numbers(const EvalWords& words, EvalOrder& order) {
  std::uint64_t epochs = 1;
  std::uint64_t concurrency = order.config.concurrency;
  std::uint64_t sample = 0;
  Result<void> done = read_count(words, "--epochs", 1, kEpochsMost, epochs);
  done = done ? read_count(words, "--concurrency", 1, kConcurrencyMost, concurrency) : done;
  done = done ? read_count(words, "--sample", 1, kSampleMost, sample) : done;
  done = done ? read_count(words, "--seed", 0, kSeedMost, order.seed) : done;
  if (!done) {
    return done;
  }
  order.config.epochs = static_cast<std::uint32_t>(epochs);
  order.config.concurrency = static_cast<std::uint32_t>(concurrency);
  if (sample > 0) {
    order.sample = sample;
  }
  if (const auto text = words.value("--case-timeout"); text) {
    const auto ms = parse_duration_ms(*text);
    if (!ms) {
      return refuse("--case-timeout", ms.error());
    }
    order.config.case_timeout_ms = *ms;
  }
  if (const auto text = words.value("--budget-usd"); text) {
    const auto micro_usd = parse_usd_micro(*text);
    if (!micro_usd) {
      return refuse("--budget-usd", micro_usd.error());
    }
    order.config.budgets.cost_micro_usd = *micro_usd;
  }
  order.config.budgets.allow_unpriced = words.has("--allow-unpriced");
  if (const auto text = words.value("--fail-under"); text) {
    auto share = read_share("--fail-under", *text);
    if (!share) {
      return std::unexpected(std::move(share.error()));
    }
    order.fail_under = *share;
  }
  return {};
}

Result<void> read_source(const EvalWords& words, EvalOrder& order) {
  order.dataset = words.path("--dataset");
  const auto runs = words.value("--runs");
  if (order.dataset.has_value() == runs.has_value()) {
    return refuse("--dataset", "or --runs must say what to run, and not both");
  }
  if (runs) {
    auto cohort = cohort_of(*runs);
    if (!cohort) {
      return std::unexpected(std::move(cohort.error()));
    }
    order.cohort = *std::move(cohort);
    order.config.mode = harness::EvalMode::rerun;
  }
  order.stratify = words.value("--stratify").value_or("");
  return order.stratify.empty() || words.has("--sample") ? Result<void>{} : refuse("--stratify", "needs --sample");
}

}  // namespace

Result<EvalWords> EvalWords::read(const Invocation& invocation) {
  EvalWords words;
  words.flags_ = invocation.flags;
  const auto file = invocation.argument(0);
  if (!file) {
    return words;
  }
  auto entries = read_config_file(*file);
  if (!entries) {
    return std::unexpected(std::move(entries.error()));
  }
  words.folder_ = std::filesystem::path(*file).parent_path().string();
  std::vector<std::string> keys;
  for (const FlagSpec& flag : invocation.command->flags) {
    keys.push_back(key_of(flag));
  }
  const std::vector<std::string_view> known(keys.begin(), keys.end());
  for (const ConfigEntry& entry : *entries) {
    std::vector<std::string> texts = texts_of(entry.value);
    if (entry.key.starts_with("set.") && texts.size() == 1) {
      words.file_["--set"].push_back(entry.key.substr(4) + "=" + texts.front());
      continue;
    }
    const auto found = std::ranges::find(keys, entry.key);
    if (found == keys.end()) {
      return fail(RuntimeErrorCode::configuration_invalid,
                  *file + ":" + std::to_string(entry.line) + ":" + std::to_string(entry.column) + ": '" + entry.key +
                      "' is no key of an evaluation" + harness::event::did_you_mean(entry.key, known),
                  *file);
    }
    const auto place = static_cast<std::size_t>(found - keys.begin());
    const FlagSpec& flag = invocation.command->flags[place];
    for (const std::string& text : texts) {
      if (!flag.choices.empty() && !is_choice(flag, text)) {
        return fail(RuntimeErrorCode::configuration_invalid,
                    *file + ":" + std::to_string(entry.line) + ":" + std::to_string(entry.column) + ": '" + entry.key +
                        "' is " + quoted_text(text) + "; allowed: " + choices_text(flag),
                    *file);
      }
    }
    if (!texts.empty()) {
      words.file_[std::string(flag.name)] = std::move(texts);
    }
  }
  return words;
}

std::vector<std::string> EvalWords::values(std::string_view flag) const {
  if (const auto found = flags_.find(flag); found != flags_.end()) {
    return found->second;
  }
  const auto found = file_.find(flag);
  return found == file_.end() ? std::vector<std::string>{} : found->second;
}

std::optional<std::string> EvalWords::value(std::string_view flag) const {
  auto all = values(flag);
  return all.empty() ? std::nullopt : std::optional(std::move(all.back()));
}

Invocation EvalWords::on_command_line(Invocation invocation, std::initializer_list<const char*> flags) const {
  for (const char* flag : flags) {
    if (auto all = values(flag); !all.empty()) {
      invocation.flags[flag] = std::move(all);
    }
  }
  return invocation;
}

std::string EvalWords::path_of(std::string_view flag, const std::string& text) const {
  const bool is_of_file = !flags_.contains(flag) && file_.contains(flag);
  return is_of_file ? (std::filesystem::path(folder_) / text).string() : text;
}

std::optional<std::string> EvalWords::path(std::string_view flag) const {
  const auto text = value(flag);
  return text ? std::optional(path_of(flag, *text)) : std::nullopt;
}

std::vector<std::string> EvalWords::paths(std::string_view flag) const {
  std::vector<std::string> all;
  for (const std::string& text : values(flag)) {
    all.push_back(path_of(flag, text));
  }
  return all;
}

Result<double> read_share(const std::string& flag, const std::string& text) {
  double value = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !(value >= 0 && value <= 1)) {
    return refuse(flag, "is " + quoted_text(text) + "; it takes a number from 0 to 1");
  }
  return value;
}

Result<EvalOrder> read_eval_order(const EvalWords& words, const Invocation& invocation,
                                  const Configuration& configuration) {
  EvalOrder order;
  Result<void> done = read_source(words, order);
  done = done ? read_numbers(words, order) : done;
  done = done ? read_context(words, configuration, order) : done;
  done = done ? read_settings(words, order) : done;
  if (!done) {
    return std::unexpected(std::move(done.error()));
  }
  order.config.name = words.value("--name").value_or("eval");
  order.config.system = words.value("--system");
  if (const auto model = words.value("--model"); model) {
    order.config.model = *model;
  } else if (!order.cohort) {
    order.config.model = configuration.text("model").value_or("");
  }
  order.config.on_unsupported =
      words.has("--drop-unsupported") ? harness::OnUnsupported::drop : harness::OnUnsupported::refuse;
  auto tools = choose_tools(words.on_command_line(invocation, {"--tool", "--no-tools", "--workspace"}), configuration);
  if (!tools) {
    return std::unexpected(std::move(tools.error()));
  }
  order.config.tools = std::move(tools->names);
  order.config.workspace = std::move(tools->workspace);
  order.config.tool_policy = tools->policy;
  order.config.tool_policy.approval = harness::ApprovalMode::never;
  if (!order.cohort) {
    order.config.retries = configuration.retries();  // a run again has those of its source
  }
  order.scorers = words.values("--scorer");
  if (order.scorers.empty()) {
    return refuse("--scorer", "is missing: say how answers are judged");
  }
  order.judge_model = words.value("--judge-model").value_or(order.config.model);
  order.out = words.path("--out");
  order.config.reuse = words.paths("--reuse");
  order.config.retry_failed = words.has("--retry-failed");
  if (order.config.retry_failed && !order.out) {
    return refuse("--retry-failed", "needs --out");
  }
  return order;
}

}  // namespace orchestrator::cli
