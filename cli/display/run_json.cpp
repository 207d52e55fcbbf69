// SPDX-License-Identifier: Apache-2.0
#include "cli/display/run_json.hpp"

#include <boost/json.hpp>

#include "cli/display/event_word.hpp"
#include "event/timestamp.hpp"

namespace orchestrator::cli {
namespace {

namespace json = boost::json;

json::value number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

json::value time_or_null(harness::WallTime time) {
  if (time == harness::WallTime()) return nullptr;
  std::string text;
  harness::event::append_rfc3339(text, time);
  return json::value(text);
}

}  // namespace

json::object json_of(const harness::Usage& usage) {
  json::array unpriced;
  for (const std::string& term : usage.unpriced) {
    unpriced.emplace_back(term);
  }
  return {{"input", number_or_null(usage.input)},
          {"cached_input", number_or_null(usage.cached_input)},
          {"cache_write", number_or_null(usage.cache_write)},
          {"output", number_or_null(usage.output)},
          {"reasoning", number_or_null(usage.reasoning)},
          {"total", number_or_null(usage.total)},
          {"unpriced", std::move(unpriced)}};
}

json::object json_of(const harness::RunSummary& run) {
  return {{"run_id", run.run_id.str()},
          {"session_id", run.session_id.str()},
          {"kind", word_of(run.kind)},
          {"status", word_of(run.status)},
          {"held", run.held},
          {"model", text_or_null(run.model)},
          {"input_preview", run.input_preview},
          {"started_at", time_or_null(run.started_at)},
          {"last_event_at", time_or_null(run.last_event_at)},
          {"events", run.events},
          {"bytes", run.bytes},
          {"finish_reason", text_or_null(run.finish_reason)},
          {"error_code", text_or_null(run.error_code)},
          {"usage", json_of(run.usage)},
          {"cost_micro_usd", number_or_null(run.cost_micro_usd)},
          {"total_us", number_or_null(run.total_us)},
          {"damaged", run.damaged},
          {"erased", run.erased},
          {"imported", run.imported}};
}

json::object json_of(const harness::RunMatch& match) {
  json::object object = json_of(match.run);
  object.emplace("found_in", place_word(match.hit.place));
  object.emplace("excerpt", match.hit.excerpt);
  return object;
}

std::string_view place_word(harness::RunHit::Place place) {
  return place == harness::RunHit::Place::input ? "input" : "output";
}

std::string json_line(const json::object& object) { return json::serialize(object) + "\n"; }

}  // namespace orchestrator::cli
