// SPDX-License-Identifier: Apache-2.0
#include "daemon/access/consents.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace orchestrator::daemon {
namespace {

namespace json = boost::json;
using Checked = std::expected<void, ApiError>;

Checked refuse(const Principal& principal, Role needed, const char* at, const std::string& what) {
  return std::unexpected(ApiError{.status = 403,
                                  .code = "role_too_low",
                                  .message = what + " needs the role " + std::string(name_of(needed)),
                                  .at = at,
                                  .limit = json::value(name_of(needed)),
                                  .got = json::value(name_of(principal.role))});
}

bool is_beneath(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

/// Whether one holds the other; true also where that cannot be found out.
bool overlap(const std::string& left, const std::string& right) {
  std::error_code error;
  const auto a = std::filesystem::weakly_canonical(left, error);
  if (error) return true;
  const auto b = std::filesystem::weakly_canonical(right, error);
  return error || is_beneath(a, b) || is_beneath(b, a);
}

bool lets_a_gate_pass(const json::value& decisions) {
  const auto* list = decisions.if_array();
  return list != nullptr && std::ranges::any_of(*list, [](const json::value& one) {
           const auto* decision = one.if_object();
           const auto* passed = decision == nullptr ? nullptr : decision->if_contains("passed");
           return passed != nullptr && passed->is_bool() && passed->as_bool();
         });
}

}  // namespace

Checked check_consents(const Principal& principal, const json::value& body, const std::string& private_folder) {
  const auto* object = body.if_object();
  if (object == nullptr || principal.role >= Role::admin) return {};
  if (principal.role < Role::approve) {
    const auto* approve = object->if_contains("approve");
    if (approve != nullptr && approve->is_string() && approve->as_string() == "never") {
      return refuse(principal, Role::approve, "/approve", "that calls are made without asking");
    }
    const auto* trusted = object->if_contains("trust_imported");
    if (trusted != nullptr && trusted->is_bool() && trusted->as_bool()) {
      return refuse(principal, Role::approve, "/trust_imported", "that a run out of a file acts");
    }
    const auto* decisions = object->if_contains("gate_decisions");
    if (decisions != nullptr && lets_a_gate_pass(*decisions)) {
      return refuse(principal, Role::approve, "/gate_decisions", "that a gate passes");
    }
  }
  const auto* workspace = object->if_contains("workspace");
  if (workspace == nullptr || !workspace->is_string() || private_folder.empty()) return {};
  if (!overlap(std::string(workspace->as_string()), private_folder)) return {};
  return refuse(principal, Role::admin, "/workspace", "a workspace that holds the daemon's own files");
}

}  // namespace orchestrator::daemon
