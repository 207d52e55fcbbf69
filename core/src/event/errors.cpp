// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/errors.hpp"

#include <array>
#include <utility>

namespace orchestrator::harness {
namespace {

template <class Code>
struct Row {
  Code code;
  std::string_view name;
  bool retryable;
  ErrorScope scope;
  NextAction next_action;
};

constexpr auto kAttempt = ErrorScope::attempt;
constexpr auto kTurn = ErrorScope::turn;
constexpr auto kRun = ErrorScope::run;

// One row for each code, in the order of the enum. This is the only place that decides what a code implies.
#define ROW(code, retryable, scope, action) {Code::code, #code, retryable, scope, NextAction::action}

constexpr auto provider_rows() {
  using Code = ProviderErrorCode;
  return std::to_array<Row<Code>>({
      ROW(provider_auth_failed, false, kRun, authenticate),
      ROW(provider_permission_denied, false, kRun, authenticate),
      ROW(provider_model_not_found, false, kRun, use_other_model),
      ROW(provider_not_found, false, kRun, fix_configuration),
      ROW(provider_bad_request, false, kRun, fix_request),
      ROW(provider_request_too_large, false, kRun, reduce_context),
      ROW(provider_context_overflow, false, kTurn, reduce_context),
      ROW(provider_content_policy, false, kTurn, fix_request),
      ROW(provider_rate_limited, true, kAttempt, retry_later),
      ROW(provider_quota_exhausted, false, kRun, use_other_model),
      ROW(provider_conflict, true, kAttempt, retry),
      ROW(provider_timeout, true, kAttempt, retry),
      ROW(provider_server_error, true, kAttempt, retry),
      ROW(provider_overloaded, true, kAttempt, retry_later),
      ROW(provider_unreachable, true, kAttempt, retry),
      ROW(provider_tls_failed, false, kRun, fix_configuration),
      ROW(provider_connect_timeout, true, kAttempt, retry),
      ROW(provider_first_byte_timeout, true, kAttempt, retry),
      ROW(provider_first_token_timeout, true, kAttempt, retry),
      ROW(provider_stalled, true, kAttempt, retry),
      ROW(provider_stream_truncated, true, kAttempt, retry),
      ROW(provider_stream_error, false, kAttempt, use_other_model),
      ROW(provider_not_sse, false, kRun, fix_configuration),
      ROW(provider_bad_json, false, kAttempt, use_other_model),
      ROW(provider_bad_framing, true, kAttempt, retry),
      ROW(provider_line_too_long, false, kAttempt, use_other_model),
      ROW(provider_response_too_large, false, kAttempt, use_other_model),
      ROW(provider_unexpected_status, false, kRun, fix_configuration),
      ROW(provider_redirect_refused, false, kRun, fix_configuration),
      ROW(provider_empty_response, true, kAttempt, retry),
      ROW(provider_bad_tool_delta, false, kAttempt, use_other_model),
      ROW(provider_protocol_violation, false, kAttempt, use_other_model),
      ROW(provider_lost, true, kAttempt, retry),
      ROW(provider_circuit_open, true, kAttempt, retry_later),
      ROW(provider_unknown, false, kRun, none),
  });
}

constexpr auto runtime_rows() {
  using Code = RuntimeErrorCode;
  return std::to_array<Row<Code>>({
      ROW(invalid_argument, false, kRun, fix_request),
      ROW(configuration_invalid, false, kRun, fix_configuration),
      ROW(unknown_provider, false, kRun, fix_configuration),
      ROW(key_missing, false, kRun, authenticate),
      ROW(capability_missing, false, kRun, fix_request),
      ROW(negotiation_failed, false, kRun, use_other_model),
      ROW(run_timeout, false, kRun, raise_limit),
      ROW(turn_timeout, false, kRun, raise_limit),
      ROW(budget_exceeded, false, kRun, raise_limit),
      ROW(budget_unpriced, false, kRun, fix_configuration),
      ROW(limit_exceeded, false, kRun, raise_limit),
      ROW(queue_full, true, kRun, retry_later),
      ROW(run_not_found, false, kRun, fix_request),
      ROW(session_not_found, false, kRun, fix_request),
      ROW(run_not_active, false, kRun, none),
      ROW(run_locked, true, kRun, retry_later),
      ROW(session_busy, true, kRun, retry_later),
      ROW(precondition_failed, false, kRun, fix_request),
      ROW(storage_full, true, kRun, free_space),
      ROW(storage_readonly, false, kRun, free_space),
      ROW(storage_failed, false, kRun, fix_configuration),
      ROW(storage_unavailable, true, kRun, retry_later),
      ROW(journal_damaged, false, kRun, none),
      ROW(not_a_journal, false, kRun, fix_configuration),
      ROW(version_too_new, false, kRun, fix_configuration),
      ROW(not_supported, false, kRun, fix_request),
      ROW(harness_closed, false, kRun, none),
      ROW(cancelled, false, kRun, none),
      ROW(empty_turn, false, kRun, use_other_model),
      ROW(output_failed, false, kRun, free_space),
      ROW(local_model_unavailable, false, kRun, fix_configuration),
      ROW(approval_denied, false, kRun, none),
      ROW(gate_blocked, false, kRun, none),
      ROW(script_invalid, false, kRun, fix_request),
      ROW(replay_diverged, false, kRun, report_bug),
      ROW(undo_incomplete, false, kRun, fix_request),
      ROW(imported_run, false, kRun, fix_request),
      ROW(internal, false, kRun, report_bug),
  });
}

constexpr auto tool_rows() {
  using Code = ToolErrorCode;
  return std::to_array<Row<Code>>({
      ROW(unknown_tool, false, kAttempt, fix_request),
      ROW(tool_args_invalid, false, kAttempt, fix_request),
      ROW(duplicate_tool_call_id, false, kAttempt, fix_request),
      ROW(too_many_tool_calls, false, kTurn, raise_limit),
      ROW(tool_timeout, false, kAttempt, raise_limit),
      ROW(tool_failed, false, kAttempt, none),
      ROW(tool_denied, false, kAttempt, none),
      ROW(tool_cancelled, false, kAttempt, none),
      ROW(tool_outcome_unknown, false, kAttempt, none),
      ROW(tool_schema_invalid, false, kRun, fix_configuration),
      ROW(tool_output_invalid, false, kAttempt, none),
      ROW(approval_stale, false, kAttempt, fix_request),
      ROW(protected_path, false, kAttempt, none),
      ROW(path_invalid, false, kAttempt, fix_request),
      ROW(path_outside_workspace, false, kAttempt, fix_request),
      ROW(not_found, false, kAttempt, fix_request),
      ROW(already_exists, false, kAttempt, fix_request),
      ROW(not_a_regular_file, false, kAttempt, fix_request),
      ROW(not_a_directory, false, kAttempt, fix_request),
      ROW(file_too_large, false, kAttempt, fix_request),
      ROW(edit_no_match, false, kAttempt, fix_request),
      ROW(edit_ambiguous, false, kAttempt, fix_request),
      ROW(edit_empty, false, kAttempt, fix_request),
      ROW(stale_file, false, kAttempt, fix_request),
      ROW(io_error, false, kAttempt, none),
      ROW(spawn_failed, false, kAttempt, fix_request),
      ROW(cwd_missing, false, kAttempt, fix_request),
      ROW(sandbox_unavailable, false, kRun, fix_configuration),
      ROW(out_of_range, false, kAttempt, fix_request),
      ROW(bad_pattern, false, kAttempt, fix_request),
      ROW(pattern_too_long, false, kAttempt, fix_request),
      ROW(url_not_allowed, false, kAttempt, fix_request),
      ROW(fetch_failed, false, kAttempt, none),
      ROW(not_recorded, false, kAttempt, none),
  });
}
#undef ROW

template <class Rows>
constexpr bool in_enum_order(const Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].code) != i) return false;
  }
  return true;
}

constexpr auto kProviderRows = provider_rows();
constexpr auto kRuntimeRows = runtime_rows();
constexpr auto kToolRows = tool_rows();
static_assert(in_enum_order(kProviderRows) && in_enum_order(kRuntimeRows) && in_enum_order(kToolRows));
static_assert(kProviderRows.size() == static_cast<std::size_t>(ProviderErrorCode::provider_unknown) + 1);
static_assert(kRuntimeRows.size() == static_cast<std::size_t>(RuntimeErrorCode::internal) + 1);
static_assert(kToolRows.size() == static_cast<std::size_t>(ToolErrorCode::not_recorded) + 1);

template <class Rows, class Code>
const auto& row_of(const Rows& rows, Code code) {
  return rows.at(static_cast<std::size_t>(code));
}

template <class Typed, class Rows>
Error common_form(const Typed& error, const Rows& rows, ErrorCategory category) {
  const auto& row = row_of(rows, error.code);
  return Error{.category = category,
               .code = std::string(row.name),
               .message = error.message,
               .retryable = row.retryable,
               .scope = row.scope,
               .next_action = row.next_action,
               .at = error.at,
               .cause = error.cause};
}

template <class Typed, class Rows>
std::expected<Typed, std::string_view> typed_form(const Error& error, const Rows& rows, ErrorCategory category) {
  if (error.category != category) return std::unexpected(std::string_view("the error is of another category"));
  for (const auto& row : rows) {
    if (row.name == error.code) return Typed{row.code, error.message, error.at, error.cause};
  }
  return std::unexpected(std::string_view("the code is not one of this category"));
}

template <class Rows>
bool matches_row(const Error& error, const Rows& rows) {
  for (const auto& row : rows) {
    if (row.name == error.code) {
      return row.retryable == error.retryable && row.scope == error.scope && row.next_action == error.next_action;
    }
  }
  return false;
}

}  // namespace

std::string_view name_of(ProviderErrorCode code) { return row_of(kProviderRows, code).name; }
std::string_view name_of(RuntimeErrorCode code) { return row_of(kRuntimeRows, code).name; }
std::string_view name_of(ToolErrorCode code) { return row_of(kToolRows, code).name; }

Error ProviderError::to_error() const { return common_form(*this, kProviderRows, ErrorCategory::provider); }
Error RuntimeError::to_error() const { return common_form(*this, kRuntimeRows, ErrorCategory::runtime); }
Error ToolError::to_error() const { return common_form(*this, kToolRows, ErrorCategory::tool); }

std::expected<ProviderError, std::string_view> as_provider_error(const Error& error) {
  return typed_form<ProviderError>(error, kProviderRows, ErrorCategory::provider);
}
std::expected<RuntimeError, std::string_view> as_runtime_error(const Error& error) {
  return typed_form<RuntimeError>(error, kRuntimeRows, ErrorCategory::runtime);
}
std::expected<ToolError, std::string_view> as_tool_error(const Error& error) {
  return typed_form<ToolError>(error, kToolRows, ErrorCategory::tool);
}

std::unexpected<Error> fail(ProviderErrorCode code, std::string message, std::string at) {
  return std::unexpected(ProviderError{code, std::move(message), std::move(at), {}}.to_error());
}
std::unexpected<Error> fail(RuntimeErrorCode code, std::string message, std::string at) {
  return std::unexpected(RuntimeError{code, std::move(message), std::move(at), {}}.to_error());
}
std::unexpected<Error> fail(ToolErrorCode code, std::string message, std::string at) {
  return std::unexpected(ToolError{code, std::move(message), std::move(at), {}}.to_error());
}

bool follows_mapping(const Error& error) {
  switch (error.category) {
    case ErrorCategory::provider:
      return matches_row(error, kProviderRows);
    case ErrorCategory::runtime:
      return matches_row(error, kRuntimeRows);
    case ErrorCategory::tool:
      return matches_row(error, kToolRows);
  }
  return false;
}

}  // namespace orchestrator::harness
