// SPDX-License-Identifier: Apache-2.0
#include "cli/display/context_json.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using harness::ContextItem;
using harness::ContextManifest;
using harness::ContextVerdict;

json::value or_null(const std::optional<std::uint64_t>& count) { return count ? json::value(*count) : json::value(); }

json::object json_of(const ContextItem& item) {
  json::object object;
  object.emplace("item", item.hash.str());
  object.emplace("source", item.source);
  object.emplace("tokens", item.tokens);
  object.emplace("verdict", word_of(item.verdict));
  object.emplace("reason", item.reason);
  object.emplace("turn", item.turn == 0 ? json::value() : json::value(item.turn));
  object.emplace("preview", item.preview);
  return object;
}

}  // namespace

std::string_view word_of(ContextVerdict verdict) {
  switch (verdict) {
    case ContextVerdict::kept:
      return "kept";
    case ContextVerdict::trimmed:
      return "trimmed";
    case ContextVerdict::summarised:
      return "summarised";
    case ContextVerdict::pinned:
      return "pinned";
  }
  return "";
}

json::array json_of(const std::vector<ContextItem>& items) {
  json::array array;
  for (const ContextItem& item : items) {
    array.emplace_back(json_of(item));
  }
  return array;
}

json::object json_of(const ContextManifest& manifest) {
  json::object object;
  object.emplace("turn", manifest.turn);
  object.emplace("tokens_estimate", manifest.tokens_estimate);
  object.emplace("tokens_budget", or_null(manifest.tokens_budget));
  object.emplace("context_hash", manifest.context_hash.str());
  json::object size;
  size.emplace("estimate", manifest.size.estimate);
  size.emplace("counted", or_null(manifest.size.counted));
  size.emplace("is_exact", manifest.size.is_exact);
  size.emplace("reported", or_null(manifest.size.reported));
  object.emplace("request_tokens", std::move(size));
  object.emplace("items", json_of(manifest.items));
  object.emplace("gone", json_of(manifest.gone));
  return object;
}

}  // namespace orchestrator::cli
