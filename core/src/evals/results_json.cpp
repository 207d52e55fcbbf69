// SPDX-License-Identifier: Apache-2.0
#include "evals/results_json.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/json_document.hpp"
#include "evals/case_json.hpp"
#include "event/character_cut.hpp"

namespace orchestrator::harness {
namespace evals {
namespace {

namespace json = boost::json;

constexpr std::size_t kOutputBytesMax = std::size_t{16} << 10;
constexpr std::size_t kExplanationBytesMax = std::size_t{4} << 10;
constexpr std::size_t kDetailsBytesMax = std::size_t{16} << 10;
constexpr std::array<std::string_view, 3> kStatuses{"scored", "run_failed", "scorer_failed"};

std::unexpected<Error> bad(std::string_view member) {
  return fail(RuntimeErrorCode::invalid_argument, "'" + std::string(member) + "' is missing or malformed",
              std::string(member));
}

json::value text_or_null(const std::optional<RunId>& id) { return id ? json::value(id->str()) : json::value(); }

json::value raw_value(const RawJson& raw) {
  if (raw.text.empty()) return nullptr;
  auto value = parse_json(raw.text);
  return value ? *std::move(value) : json::value(nullptr);
}

json::value value_of(const std::optional<Error>& error) {
  if (!error) return nullptr;
  static constexpr std::array<std::string_view, 3> kCategories{"provider", "runtime", "tool"};
  return {{"category", kCategories.at(static_cast<std::size_t>(error->category))},
          {"code", error->code},
          {"message", event::cut_with_ellipsis(error->message, kExplanationBytesMax)}};
}

json::object object_of(const ScoreRecord& record) {
  json::object object{{"scorer", record.scorer}, {"error", value_of(record.error)}};
  if (!record.score) return object;
  const Score& score = *record.score;
  object["value"] = score.value;
  object["passed"] = score.passed;
  object["explanation"] = event::cut_with_ellipsis(score.explanation, kExplanationBytesMax);
  object["details"] = score.details.text.size() > kDetailsBytesMax ? json::value(nullptr) : raw_value(score.details);
  object["tokens"] = number_or_null(score.tokens);
  object["cost_micro_usd"] = number_or_null(score.cost_micro_usd);
  object["run_id"] = text_or_null(score.run_id);
  return object;
}

/// An error as it was written. What follows from its code comes from the code's table.
std::optional<Error> error_of(const json::object& object) {
  const json::object* stored = codec::find_object(object, "error");
  if (stored == nullptr) return std::nullopt;
  Error error;
  error.code = std::string(codec::string_or(*stored, "code"));
  error.message = std::string(codec::string_or(*stored, "message"));
  const std::string_view category = codec::string_or(*stored, "category");
  error.category = category == "provider" ? ErrorCategory::provider
                   : category == "tool"   ? ErrorCategory::tool
                                          : ErrorCategory::runtime;
  if (auto provider = as_provider_error(error)) return provider->to_error();
  if (auto runtime = as_runtime_error(error)) return runtime->to_error();
  if (auto tool = as_tool_error(error)) return tool->to_error();
  return error;
}

std::optional<RunId> run_id_of(const json::object& object, std::string_view name) {
  const auto text = codec::find_string(object, name);
  return text ? RunId::parse(*text) : std::nullopt;
}

Result<ScoreRecord> score_of(const json::value& value) {
  if (!value.is_object()) return bad("scores");
  const json::object& object = value.get_object();
  ScoreRecord record;
  record.scorer = std::string(codec::string_or(object, "scorer"));
  if (record.scorer.empty()) return bad("scores");
  record.error = error_of(object);
  const json::value* number = codec::find_member(object, "value");
  if (number == nullptr || !number->is_number()) {
    if (!record.error) return bad("scores");
    return record;
  }
  Score score;
  score.value = number->to_number<double>();
  score.passed = codec::bool_or(object, "passed", false);
  score.explanation = std::string(codec::string_or(object, "explanation"));
  if (const json::object* details = codec::find_object(object, "details")) score.details = {canonical_line(*details)};
  score.tokens = codec::find_uint(object, "tokens");
  score.cost_micro_usd = codec::find_uint(object, "cost_micro_usd");
  score.run_id = run_id_of(object, "run_id");
  record.score = std::move(score);
  return record;
}

std::optional<Hash> hash_of(const json::object& object, std::string_view name) {
  const auto text = codec::find_string(object, name);
  return text ? Hash::parse(*text) : std::nullopt;
}

}  // namespace

std::string_view name_of(EvalStatus status) { return kStatuses.at(static_cast<std::size_t>(status)); }

json::value number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? json::value(*number) : json::value();
}

json::object object_of(const EvalHeader& header) {
  return {{"type", "eval"},
          {"version", kResultsVersion},
          {"eval_hash", header.eval_hash.str()},
          {"name", header.name},
          {"dataset", header.dataset},
          {"dataset_hash", header.dataset_hash.str()},
          {"cases", header.cases},
          {"epochs", header.epochs},
          {"model", header.model},
          {"config", raw_value(header.config)},
          {"scorers", json::value_from(header.scorers)}};
}

json::object object_of(const EvalRecord& record) {
  json::array scores;
  for (const ScoreRecord& score : record.scores) scores.emplace_back(object_of(score));
  return {{"type", "result"},
          {"key", record.key.str()},
          {"case_id", record.case_id},
          {"case_hash", record.case_hash.str()},
          {"place", record.place},
          {"epoch", record.epoch},
          {"tags", json::value_from(record.tags)},
          {"status", name_of(record.status)},
          {"run_id", text_or_null(record.run_id)},
          {"source", text_or_null(record.source)},
          {"output", event::cut_with_ellipsis(record.output, kOutputBytesMax)},
          {"error", value_of(record.error)},
          {"scores", std::move(scores)},
          {"input_tokens", number_or_null(record.input_tokens)},
          {"output_tokens", number_or_null(record.output_tokens)},
          {"cost_micro_usd", number_or_null(record.cost_micro_usd)},
          {"latency_us", number_or_null(record.latency_us)},
          {"tool_calls", record.tool_calls},
          {"not_recorded", record.not_recorded},
          {"reused", record.reused}};
}

Result<EvalHeader> header_of(const json::object& object) {
  if (codec::string_or(object, "type") != "eval") return bad("type");
  if (codec::uint_or(object, "version", 0) > kResultsVersion) {
    return fail(RuntimeErrorCode::version_too_new, "the results were written by a newer version", "version");
  }
  EvalHeader header;
  const auto eval_hash = hash_of(object, "eval_hash");
  const auto dataset_hash = hash_of(object, "dataset_hash");
  if (!eval_hash) return bad("eval_hash");
  if (!dataset_hash) return bad("dataset_hash");
  header.eval_hash = *eval_hash;
  header.dataset_hash = *dataset_hash;
  header.name = std::string(codec::string_or(object, "name"));
  header.dataset = std::string(codec::string_or(object, "dataset"));
  header.model = std::string(codec::string_or(object, "model"));
  header.cases = codec::uint_or(object, "cases", 0);
  header.epochs = static_cast<std::uint32_t>(codec::uint_or(object, "epochs", 1));
  if (const json::object* config = codec::find_object(object, "config")) header.config = {canonical_line(*config)};
  const json::array* scorers = codec::find_array(object, "scorers");
  if (scorers == nullptr) return bad("scorers");
  for (const json::value& name : *scorers) {
    if (!name.is_string()) return bad("scorers");
    header.scorers.emplace_back(name.get_string());
  }
  return header;
}

Result<EvalRecord> record_of(const json::object& object) {
  if (codec::string_or(object, "type") != "result") return bad("type");
  EvalRecord record;
  const auto key = hash_of(object, "key");
  const auto case_hash = hash_of(object, "case_hash");
  if (!key) return bad("key");
  if (!case_hash) return bad("case_hash");
  record.key = *key;
  record.case_hash = *case_hash;
  record.case_id = std::string(codec::string_or(object, "case_id"));
  if (record.case_id.empty()) return bad("case_id");
  record.place = codec::uint_or(object, "place", 0);
  record.epoch = static_cast<std::uint32_t>(codec::uint_or(object, "epoch", 1));
  if (const json::object* tags = codec::find_object(object, "tags")) {
    for (const auto& [name, value] : *tags) {
      if (value.is_string()) record.tags[std::string(name)] = std::string(value.get_string());
    }
  }
  const auto status = std::ranges::find(kStatuses, codec::string_or(object, "status"));
  if (status == kStatuses.end()) return bad("status");
  record.status = static_cast<EvalStatus>(status - kStatuses.begin());
  record.run_id = run_id_of(object, "run_id");
  record.source = run_id_of(object, "source");
  record.output = std::string(codec::string_or(object, "output"));
  record.error = error_of(object);
  const json::array* scores = codec::find_array(object, "scores");
  if (scores == nullptr) return bad("scores");
  for (const json::value& value : *scores) {
    auto score = score_of(value);
    if (!score) return std::unexpected(score.error());
    record.scores.push_back(*std::move(score));
  }
  record.input_tokens = codec::find_uint(object, "input_tokens");
  record.output_tokens = codec::find_uint(object, "output_tokens");
  record.cost_micro_usd = codec::find_uint(object, "cost_micro_usd");
  record.latency_us = codec::find_uint(object, "latency_us");
  record.tool_calls = static_cast<std::uint32_t>(codec::uint_or(object, "tool_calls", 0));
  record.not_recorded = static_cast<std::uint32_t>(codec::uint_or(object, "not_recorded", 0));
  record.reused = codec::bool_or(object, "reused", false);
  return record;
}

}  // namespace evals

std::string json_of(const EvalHeader& header) { return evals::canonical_line(evals::object_of(header)); }
std::string json_of(const EvalRecord& record) { return evals::canonical_line(evals::object_of(record)); }

}  // namespace orchestrator::harness
