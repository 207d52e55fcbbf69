// SPDX-License-Identifier: Apache-2.0
#include "memory/memory_checks.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "event/json_writer.hpp"

namespace orchestrator::harness::memory {
namespace {

std::unexpected<Error> invalid(const std::string& field, const std::string& what) {
  return fail(RuntimeErrorCode::invalid_argument, field + " " + what, field);
}

Result<void> check_text(const std::string& field, std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return invalid(
        field, "has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(bytes_max) + " are allowed");
  }
  if (!event::is_valid_utf8(text)) return invalid(field, "is not valid UTF-8");
  return {};
}

Result<void> check_embedding(const std::string& field, const Embedding& embedding) {
  if (embedding.model.empty()) return invalid(field + ".model", "is empty; expected the model that made the vector");
  if (auto checked = check_text(field + ".model", embedding.model, kModelBytesMax); !checked) return checked;
  const auto& values = embedding.values;
  const std::string values_field = field + ".values";
  if (values.empty() || values.size() > kVectorValuesMax) {
    return invalid(values_field, "has " + std::to_string(values.size()) + " numbers; 1 to " +
                                     std::to_string(kVectorValuesMax) + " are allowed");
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return invalid(values_field, "holds " + std::string(std::isnan(values[i]) ? "no number" : "an infinite number") +
                                       " at " + std::to_string(i) + "; only finite ones are allowed");
    }
  }
  if (std::ranges::all_of(values, [](float value) { return value == 0; })) {
    return invalid(values_field, "is all zero, which points nowhere");
  }
  return {};
}

Result<void> check_limit(const std::string& field, std::uint32_t limit, std::uint32_t limit_max) {
  if (limit >= 1 && limit <= limit_max) return {};
  return invalid(field, "is " + std::to_string(limit) + "; 1 to " + std::to_string(limit_max) + " are allowed");
}

Result<void> check_lane(const std::string& field, MemoryLane lane) {
  if (lane <= MemoryLane::semantic) return {};
  return invalid(field, "is " + std::to_string(static_cast<int>(lane)) + ", which is no lane");
}

Result<void> check_filter(const MemoryFilter& filter) {
  if (filter.lane) {
    if (auto checked = check_lane("filter.lane", *filter.lane); !checked) return checked;
  }
  return filter.user ? check_text("filter.user", *filter.user, kUserBytesMax) : Result<void>();
}

}  // namespace

Result<void> check_bounds(const MemoryBounds& bounds) {
  struct Bound {
    const char* name;
    std::uint64_t value;
  };
  const Bound positive[] = {{"text_bytes_max", bounds.text_bytes_max},
                            {"working_items_max", bounds.working_items_max},
                            {"working_bytes_max", bounds.working_bytes_max},
                            {"items_max", bounds.items_max}};
  for (const Bound& bound : positive) {
    if (bound.value != 0) continue;
    return fail(RuntimeErrorCode::configuration_invalid,
                "the memory store's " + std::string(bound.name) + " is 0; at least 1 is allowed", bound.name);
  }
  if (bounds.text_bytes_max > kTextBytesMaxMax) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the memory store's text_bytes_max is " + std::to_string(bounds.text_bytes_max) + "; at most " +
                    std::to_string(kTextBytesMaxMax) + " is allowed",
                "text_bytes_max");
  }
  return {};
}

Result<void> check_memory(const Memory& memory, const MemoryBounds& bounds) {
  if (memory.id.is_zero()) return invalid("memory.id", "is all zeros; its maker draws one");
  if (auto checked = check_lane("memory.lane", memory.lane); !checked) return checked;
  if (memory.text.empty()) return invalid("memory.text", "is empty");
  if (memory.text.size() > bounds.text_bytes_max) {
    return fail(RuntimeErrorCode::limit_exceeded,
                "memory.text has " + std::to_string(memory.text.size()) + " bytes; text_bytes_max allows " +
                    std::to_string(bounds.text_bytes_max),
                "memory.text");
  }
  if (auto checked = check_text("memory.text", memory.text, bounds.text_bytes_max); !checked) return checked;
  if (auto checked = check_text("memory.user", memory.user, kUserBytesMax); !checked) return checked;
  if (memory.lane == MemoryLane::working) {
    if (!memory.session_id) return invalid("memory.session_id", "is missing; a working memory belongs to a session");
    if (memory.text.size() > bounds.working_bytes_max) {
      return fail(RuntimeErrorCode::limit_exceeded,
                  "memory.text has " + std::to_string(memory.text.size()) +
                      " bytes; working_bytes_max allows all working memories of a session " +
                      std::to_string(bounds.working_bytes_max),
                  "memory.text");
    }
  }
  return memory.embedding ? check_embedding("memory.embedding", *memory.embedding) : Result<void>();
}

Result<void> check_query(const MemoryQuery& query) {
  if (!event::is_valid_utf8(query.text)) return invalid("query.text", "is not valid UTF-8");
  if (query.text.size() > kTextBytesMaxMax) {
    return invalid("query.text", "has " + std::to_string(query.text.size()) + " bytes; at most " +
                                     std::to_string(kTextBytesMaxMax) + " are allowed");
  }
  for (const MemoryLane lane : query.lanes) {
    if (auto checked = check_lane("query.lanes", lane); !checked) return checked;
  }
  if (auto checked = check_text("query.user", query.user, kUserBytesMax); !checked) return checked;
  if (auto checked = check_limit("query.limit", query.limit, kHitsMax); !checked) return checked;
  return query.embedding ? check_embedding("query.embedding", *query.embedding) : Result<void>();
}

Result<void> check_list(const MemoryFilter& filter, std::uint32_t limit) {
  if (auto checked = check_filter(filter); !checked) return checked;
  return check_limit("limit", limit, kListMax);
}

Result<void> check_forget(const MemoryFilter& filter) {
  if (filter == MemoryFilter()) {
    return invalid("filter", "is empty; to forget everything, give a moment after the newest as 'before'");
  }
  return check_filter(filter);
}

}  // namespace orchestrator::harness::memory
