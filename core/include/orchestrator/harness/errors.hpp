// SPDX-License-Identifier: Apache-2.0
#pragma once

// Errors as values. Expected failures travel as `Result<T>`; exceptions mean a bug.
// `ProviderError`, `RuntimeError` and `ToolError` are distinct types, each with a closed code enum,
// and convert without loss to `Error`, the form that events, logs and callers see.
// Every type here is a plain value: copyable, and safe to read from several threads.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness {

/// Who failed: the model provider, this library and its machine, or a tool.
enum class ErrorCategory : std::uint8_t { provider, runtime, tool };

/// What the failure ends: one provider attempt or tool attempt, one turn, or the whole run.
enum class ErrorScope : std::uint8_t { attempt, turn, run };

/// What the reader of an error can do about it.
enum class NextAction : std::uint8_t {
  none,               // nothing helps: the request itself is not possible
  retry,              // the same request may succeed now
  retry_later,        // the same request may succeed after a delay
  use_other_model,    // another model or provider may succeed
  fix_request,        // change the input
  fix_configuration,  // change settings, address or environment
  authenticate,       // a key is missing, wrong or without permission
  reduce_context,     // send less
  raise_limit,        // a budget or limit of this run ended it
  free_space,         // the disk is full or read-only
  report_bug          // a broken invariant of this library
};

/// One link of a cause chain, outermost first.
struct ErrorCause {
  std::string code;
  std::string message;
  bool operator==(const ErrorCause&) const = default;
};

/// The common form of every failure. `code` is stable text out of the closed enums below; `message` is
/// for people and never parsed; `at` names the place (a field path, a file, a host) or is empty.
struct Error {
  ErrorCategory category = ErrorCategory::runtime;
  std::string code;
  std::string message;
  bool retryable = false;
  ErrorScope scope = ErrorScope::run;
  NextAction next_action = NextAction::none;
  std::string at;
  std::vector<ErrorCause> cause;
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// Failures of a model provider or of the way to it.
enum class ProviderErrorCode : std::uint8_t {
  provider_auth_failed,          // 401, key missing or wrong
  provider_permission_denied,    // 403
  provider_model_not_found,      // 404, or 400 model_not_found
  provider_not_found,            // 404 of something else
  provider_bad_request,          // 400, 422
  provider_request_too_large,    // 413
  provider_context_overflow,     // the input does not fit into the model's context
  provider_content_policy,       // the request was refused by a content filter
  provider_rate_limited,         // 429
  provider_quota_exhausted,      // 402, or a 429 that no waiting mends
  provider_conflict,             // 409
  provider_timeout,              // 408, 504: the provider gave up waiting
  provider_server_error,         // 500, 502
  provider_overloaded,           // 503, 529
  provider_unreachable,          // no connection: name, route, refused, reset
  provider_tls_failed,           // the certificate was not accepted
  provider_connect_timeout,      // our deadline for the connection
  provider_first_byte_timeout,   // our deadline for the first byte of the answer
  provider_first_token_timeout,  // our deadline for the first output of the answer
  provider_stalled,              // our deadline for progress inside a stream
  provider_stream_truncated,     // the stream ended without a terminal provider event
  provider_stream_error,         // an error event inside a 200 stream, with no better code
  provider_not_sse,              // 200, but not an event stream
  provider_bad_json,             // a payload that does not parse
  provider_bad_framing,          // broken HTTP
  provider_line_too_long,        // a limit of ours on one line
  provider_response_too_large,   // a limit of ours on one answer
  provider_unexpected_status,    // a status with no meaning here, such as 204 or 301
  provider_redirect_refused,     // a redirect is never followed with credentials
  provider_empty_response,       // a proper end with nothing in it
  provider_bad_tool_delta,       // a piece of a tool call that belongs to no call
  provider_protocol_violation,   // deltas that do not add up to the item's value, and the like
  provider_lost,                 // the process died while the attempt was under way
  provider_circuit_open,         // the model kept failing and is left alone for a while
  provider_unknown               // anything else; never retryable
};

/// Failures of this library, its configuration and the machine below it.
enum class RuntimeErrorCode : std::uint8_t {
  invalid_argument,
  configuration_invalid,
  unknown_provider,
  key_missing,
  capability_missing,  // the chosen model does not take something that was asked for
  negotiation_failed,  // no model of the plan fits
  run_timeout,
  turn_timeout,
  budget_exceeded,
  budget_unpriced,  // a money budget with a model whose price is unknown
  limit_exceeded,   // one of `Limits`
  queue_full,
  run_not_found,
  session_not_found,
  run_not_active,       // no process holds the run, or it has ended
  run_locked,           // another process holds the run
  session_busy,         // start-if-idle on a session that is not idle
  precondition_failed,  // an expected turn or head is not the present one
  storage_full,
  storage_readonly,
  storage_failed,
  storage_unavailable,
  journal_damaged,
  not_a_journal,
  version_too_new,
  not_supported,
  harness_closed,
  cancelled,  // the caller's own cancellation of a wait
  empty_turn,
  output_failed,  // the caller's output stream cannot be written
  local_model_unavailable,
  approval_denied,  // a question to a person expired unanswered
  gate_blocked,     // an enforcing rule denied the input, or an answer
  script_invalid,   // a script of the scripted provider is not well-formed
  replay_diverged,  // a replay came to another event than the journal has
  undo_incomplete,  // a step of an undo met a conflict, failed, or cannot be undone
  imported_run,     // the run came out of a file, and nobody has said that it is trusted
  internal
};

/// Failures of a tool call.
enum class ToolErrorCode : std::uint8_t {
  unknown_tool,
  tool_args_invalid,
  duplicate_tool_call_id,
  too_many_tool_calls,
  tool_timeout,
  tool_failed,
  tool_denied,
  tool_cancelled,
  tool_outcome_unknown,
  tool_schema_invalid,  // a schema that a tool declares: a keyword that is not supported, or not a schema
  tool_output_invalid,  // a result that does not fit the tool's own output schema
  approval_stale,       // what was approved is no longer what would happen
  protected_path,       // a path that tools never change
  path_invalid,
  path_outside_workspace,
  not_found,
  already_exists,
  not_a_regular_file,
  not_a_directory,
  file_too_large,
  edit_no_match,
  edit_ambiguous,
  edit_empty,
  stale_file,  // the file is not what the caller saw
  io_error,
  spawn_failed,  // the program could not be started
  cwd_missing,
  sandbox_unavailable,  // no way here to confine a command
  out_of_range,
  bad_pattern,
  pattern_too_long,
  url_not_allowed,  // a scheme, a form or an address that is never asked
  fetch_failed,
  not_recorded  // in a re-run of a stored run: its journal has no such call
};

/// The stable text name of a code, equal to its enumerator. Never empty; static lifetime.
[[nodiscard]] std::string_view name_of(ProviderErrorCode code);
[[nodiscard]] std::string_view name_of(RuntimeErrorCode code);
[[nodiscard]] std::string_view name_of(ToolErrorCode code);

/// A failure of a provider. `retryable`, `scope` and `next_action` follow from the code alone, by one
/// table (`provider_error.cpp`); unknown is never retryable.
struct ProviderError {
  ProviderErrorCode code = ProviderErrorCode::provider_unknown;
  std::string message;
  std::string at;
  std::vector<ErrorCause> cause = {};
  /// The common form.
  [[nodiscard]] Error to_error() const;
  operator Error() const { return to_error(); }
  bool operator==(const ProviderError&) const = default;
};

/// A failure of the library or the machine; see `ProviderError` for the fields.
struct RuntimeError {
  RuntimeErrorCode code = RuntimeErrorCode::internal;
  std::string message;
  std::string at;
  std::vector<ErrorCause> cause = {};
  [[nodiscard]] Error to_error() const;
  operator Error() const { return to_error(); }
  bool operator==(const RuntimeError&) const = default;
};

/// A failure of a tool; see `ProviderError` for the fields.
struct ToolError {
  ToolErrorCode code = ToolErrorCode::tool_failed;
  std::string message;
  std::string at;
  std::vector<ErrorCause> cause = {};
  [[nodiscard]] Error to_error() const;
  operator Error() const { return to_error(); }
  bool operator==(const ToolError&) const = default;
};

/// The typed form of an error, or nothing where category or code is not of that type.
[[nodiscard]] std::expected<ProviderError, std::string_view> as_provider_error(const Error& error);
[[nodiscard]] std::expected<RuntimeError, std::string_view> as_runtime_error(const Error& error);
[[nodiscard]] std::expected<ToolError, std::string_view> as_tool_error(const Error& error);

/// Short forms for `return fail(RuntimeErrorCode::storage_full, "...", path)`.
[[nodiscard]] std::unexpected<Error> fail(ProviderErrorCode code, std::string message, std::string at = {});
[[nodiscard]] std::unexpected<Error> fail(RuntimeErrorCode code, std::string message, std::string at = {});
[[nodiscard]] std::unexpected<Error> fail(ToolErrorCode code, std::string message, std::string at = {});

/// True where the error's category, code, retryable flag, scope and next action are one row of the
/// mapping tables: the invariant that every journal is checked for.
[[nodiscard]] bool follows_mapping(const Error& error);

}  // namespace orchestrator::harness
