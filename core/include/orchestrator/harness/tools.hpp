// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tools: what a model may call. A `Tool` declares a name, a JSON Schema for its arguments and what its calls may do
// to the world; the harness checks arguments before anything runs, asks for approval where the policy says so, and
// journals each call before and after it. `make_tool` (make_tool.hpp) makes one out of a function; `workspace_tools`
// gives the built-in ones. See docs/harness/tools-track.md.

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness {

/// One call, its arguments checked against the tool's schema.
struct ToolCall {
  std::string call_id;
  std::string tool;
  RawJson arguments;
  bool operator==(const ToolCall&) const = default;
};

/// What a call gave.
struct ToolResult {
  std::vector<ContentPart> parts;          // what the model sees
  std::optional<ToolError> error;          // the call failed; `parts` may say more
  ToolOutcome outcome = ToolOutcome::ok;   // `error` when `error` is set; `cancelled` and `unknown` as the tool knows
  std::optional<SharedBytes> full_output;  // the whole output where `parts` show less

  /// A result of one text; what is no UTF-8 in it is shown as U+FFFD.
  static ToolResult text(std::string text);
  /// A result of one JSON value; text that is no JSON makes the call fail.
  static ToolResult json(RawJson json);
  /// A file, or an image where the media type says so. The bytes are stored once, by hash.
  static ToolResult file(SharedBytes bytes, std::string media_type, std::string name = {});
  /// A call that failed; the model reads code and message.
  static ToolResult failure(ToolErrorCode code, std::string message, std::string at = {});
};

/// What a look at the world says of a call whose process died.
struct ToolVerdict {
  VerifiedState state = VerifiedState::unknown;
  std::optional<ToolResult> result = std::nullopt;
  std::string detail = {};  // for people: what was found
};

/// Takes output while a call runs. Any thread may write. What the model sees is cut to the tool's
/// `output_bytes_max`, head and tail; the rest is kept beside it.
class ToolOutput {
 public:
  virtual ~ToolOutput() = default;
  /// Takes a copy of `text`. Never blocks, never fails; bytes beyond 16 MiB of a call are counted and dropped.
  virtual void write(std::string_view text) = 0;
};

/// The folder that a run's tools work in, held open by descriptor: a rename or a swapped symbolic link of its path
/// changes nothing. Immutable; any thread may use it.
class Workspace {
 public:
  /// Opens `directory`. Errors: `configuration_invalid` when it is not a folder that can be opened.
  static Result<std::shared_ptr<const Workspace>> open(const std::string& directory);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  /// The absolute path as it was when it was opened, symbolic links resolved.
  [[nodiscard]] const std::string& directory() const { return directory_; }
  /// The root's descriptor, O_PATH | O_DIRECTORY. Valid as long as this object.
  [[nodiscard]] int root() const { return root_; }

 private:
  Workspace(std::string directory, int root) : directory_(std::move(directory)), root_(root) {}
  std::string directory_;
  int root_;
};

/// What a call knows of its surroundings. A copyable value; `output` lives as long as the call.
struct ToolContext {
  RunId run_id;
  SessionId session_id;
  std::string call_id;
  std::string idempotency_key;  // the same over retries, crashes and resumes of this call; at most 64 characters
  std::uint32_t attempt = 1;    // of this call
  std::shared_ptr<const Workspace> workspace;  // null for a run without one; shared by the run's calls
  std::chrono::steady_clock::time_point deadline;
  std::stop_token cancellation;  // an abort or the deadline: stop, leave nothing running, and return
  ToolOutput* output = nullptr;
  std::string traceparent;  // W3C Trace Context of the call
};

/// A tool. One object serves all runs of its harness at once. Its coroutines run on the harness's I/O thread: work that
/// blocks belongs on another thread (`make_tool` sees to it for functions).
class Tool {
 public:
  virtual ~Tool() = default;
  /// What the tool declares; the same for the object's life.
  [[nodiscard]] virtual const ToolSpec& spec() const = 0;
  /// Looks at what the call would do and changes nothing. Reversible tools must; others may. An error of it ends the
  /// call before it starts.
  virtual Awaitable<std::expected<ToolPreparation, ToolError>> prepare(ToolCall call, ToolContext context);
  /// Carries the call out. `preparation` is what `prepare` found, for this attempt. Cancelling the coroutine, or
  /// `context.cancellation`, stops the call and every process it started before it returns.
  virtual Awaitable<ToolResult> execute(ToolCall call, ToolPreparation preparation, ToolContext context) = 0;
  /// Whether a call that was started by a process that died has happened. The default knows nothing.
  virtual Awaitable<ToolVerdict> verify(ToolCall call, std::optional<UndoRecord> undo, ToolContext context);
};

/// The tools of a harness or a run, by name, each with its schema compiled. A copyable value; shares its tools.
class ToolRegistry {
 public:
  ToolRegistry();
  ~ToolRegistry();
  ToolRegistry(const ToolRegistry&);
  ToolRegistry& operator=(const ToolRegistry&);
  /// Errors: `tool_schema_invalid` (a keyword that is not supported, or a bad schema, with its JSON pointer; of a
  /// strict tool also what the strict subset does not have), `invalid_argument` (a bad name, a name that is there
  /// already, a range).
  Result<void> add(std::shared_ptr<Tool> tool);
  /// The tool of that name, or null.
  [[nodiscard]] std::shared_ptr<Tool> find(std::string_view name) const;
  /// All declarations, by name.
  [[nodiscard]] std::vector<ToolSpec> specs() const;
  [[nodiscard]] bool empty() const;

 private:
  friend class ToolRegistryAccess;
  struct Entries;
  std::shared_ptr<const Entries> entries_;  // shared by copies; replaced by `add`
};

/// Settings of the built-in tools.
struct BuiltInToolsConfig {
  /// Network for `run_command` and hosts for `fetch_url` need approval (`ApprovalNeed::require`) unless granted here.
  bool command_network = false;
  std::vector<std::string> fetch_hosts;      // hosts that `fetch_url` may ask without approval; exact names
  std::vector<std::string> protected_paths;  // further ones, relative to the workspace
};
/// `read_file write_file edit_file move_file delete_file make_directory list_files search_files run_command todo`.
[[nodiscard]] std::vector<std::shared_ptr<Tool>> workspace_tools(const BuiltInToolsConfig& config = {});
/// `fetch_url`: HTTP and HTTPS GET of public addresses.
[[nodiscard]] std::shared_ptr<Tool> fetch_url_tool(const BuiltInToolsConfig& config = {});

}  // namespace orchestrator::harness
