// SPDX-License-Identifier: Apache-2.0
#include "cli/display/transfer_json.hpp"

#include <boost/json.hpp>

#include <string_view>
#include <utility>

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::journal::Flaw;
using harness::journal::ImportedRun;
using harness::journal::ImportOutcome;
using harness::journal::RunVerdict;

std::string_view word_of(ImportOutcome outcome) {
  switch (outcome) {
    case ImportOutcome::imported:
      return "imported";
    case ImportOutcome::continued:
      return "continued";
    case ImportOutcome::present:
      return "present";
    case ImportOutcome::longer:
      return "longer";
  }
  return {};
}

}  // namespace

json::array json_of(const std::vector<Flaw>& flaws) {
  json::array list;
  for (const Flaw& flaw : flaws) {
    json::object object;
    object.emplace("run_id", flaw.run_id ? json::value(flaw.run_id->str()) : json::value(nullptr));
    object.emplace("step", flaw.step == 0 ? json::value(nullptr) : json::value(flaw.step));
    object.emplace("event", flaw.seq == 0 ? json::value(nullptr) : json::value(flaw.seq));
    object.emplace("what", flaw.what);
    list.push_back(std::move(object));
  }
  return list;
}

json::object json_of(const RunVerdict& verdict) {
  return {{"run_id", verdict.run_id.str()},
          {"sound", verdict.flaws.empty()},
          {"ended", verdict.is_ended},
          {"held", verdict.is_held},
          {"steps", verdict.head.steps},
          {"events", verdict.head.seq},
          {"bytes", verdict.bytes},
          {"head", verdict.head.hash.str()},
          {"erased_events", verdict.erased_events},
          {"contents", verdict.contents},
          {"unchecked", verdict.unchecked.empty() ? json::value(nullptr) : json::value(verdict.unchecked)},
          {"flaws", json_of(verdict.flaws)}};
}

json::object json_of(const ImportedRun& run) {
  const bool is_new = run.outcome == ImportOutcome::imported || run.outcome == ImportOutcome::continued;
  return {{"run_id", run.run_id.str()},
          {"imported", is_new},
          {"outcome", word_of(run.outcome)},
          {"events", run.events},
          {"events_before", run.events_before}};
}

}  // namespace orchestrator::cli
