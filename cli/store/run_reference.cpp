// SPDX-License-Identifier: Apache-2.0
#include "cli/store/run_reference.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "cli/display/quoted_text.hpp"
#include "cli/store/run_scan.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunFilter;
using harness::RunId;
using harness::RuntimeErrorCode;
using harness::SessionId;

constexpr std::string_view kLast = "@last";

/// `text` as the beginning of an id's text form, or nothing where it cannot be one.
std::optional<std::string> id_beginning(std::string_view text, std::string_view prefix, std::size_t size_max) {
  std::string ulid(text.starts_with(prefix) ? text.substr(prefix.size()) : text);
  std::ranges::transform(ulid, ulid.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  constexpr std::string_view letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  if (text.empty() || prefix.size() + ulid.size() > size_max || ulid.find_first_not_of(letters) != std::string::npos) {
    return std::nullopt;
  }
  return std::string(prefix) + ulid;
}

template <class Id>
std::unexpected<harness::Error> ambiguous(const std::string& text, const std::vector<Id>& ids) {
  std::string names;
  for (const Id& id : ids) {
    names.append(names.empty() ? "" : ", ").append(id.str());
  }
  return fail(RuntimeErrorCode::invalid_argument, quoted_text(text) + " could be any of " + names + ", ...", text);
}

std::unexpected<harness::Error> no_run(StoreReader& store, const std::string& text) {
  const std::string what = text == kLast ? "no run yet" : "no run " + quoted_text(text);
  return fail(RuntimeErrorCode::run_not_found, what + " in " + store.store().url(), text);
}

std::unexpected<harness::Error> no_session(StoreReader& store, const std::string& text) {
  const std::string what = text == kLast ? "no session yet" : "no session " + quoted_text(text);
  return fail(RuntimeErrorCode::session_not_found, what + " in " + store.store().url(), text);
}

}  // namespace

Result<RunId> find_run(StoreReader& store, const std::string& text) {
  RunFilter filter;
  if (text == kLast) {
    filter.limit = 1;
  } else {
    const auto beginning = id_beginning(text, RunId::kPrefix, RunId::kTextSize);
    if (!beginning) {
      return no_run(store, text);
    }
    filter.id_prefix = *beginning;
    filter.limit = 3;
  }
  auto runs = store.list(filter);
  if (!runs) {
    return std::unexpected(std::move(runs.error()));
  }
  if (runs->empty()) {
    return no_run(store, text);
  }
  if (runs->size() > 1) {
    std::vector<RunId> ids;
    std::ranges::transform(*runs, std::back_inserter(ids), &harness::RunSummary::run_id);
    return ambiguous(text, ids);
  }
  return runs->front().run_id;
}

Result<SessionId> find_session(StoreReader& store, const std::string& text) {
  if (text == kLast) {
    RunFilter filter;
    filter.limit = 1;
    auto runs = store.list(filter);
    if (!runs) {
      return std::unexpected(std::move(runs.error()));
    }
    return runs->empty() ? Result<SessionId>(no_session(store, text)) : runs->front().session_id;
  }
  const auto beginning = id_beginning(text, SessionId::kPrefix, SessionId::kTextSize);
  if (!beginning) {
    return no_session(store, text);
  }
  std::vector<SessionId> found;
  RunFilter filter;
  filter.session_id = SessionId::parse(*beginning);
  auto scanned = scan_runs(store, filter, [&](const harness::RunSummary& run) {
    if (run.session_id.str().starts_with(*beginning) && std::ranges::find(found, run.session_id) == found.end()) {
      found.push_back(run.session_id);
    }
    return found.size() < 3 && !filter.session_id;
  });
  if (!scanned) {
    return std::unexpected(std::move(scanned.error()));
  }
  if (found.empty()) {
    return no_session(store, text);
  }
  return found.size() > 1 ? Result<SessionId>(ambiguous(text, found)) : found.front();
}

}  // namespace orchestrator::cli
