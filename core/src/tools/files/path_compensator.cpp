// SPDX-License-Identifier: Apache-2.0
// The compensator of calls that change paths: the looking and the changing run on the threads of the file tools.
#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <utility>

#include "orchestrator/harness/compensation.hpp"
#include "tools/files/off_thread.hpp"
#include "tools/files/path_restore.hpp"
#include "tools/files/paths_ahead.hpp"

namespace orchestrator::harness {
namespace tools {
namespace {

using Looked = std::expected<CompensationLook, ToolError>;
using LookedAhead = std::expected<std::vector<CompensationLook>, ToolError>;

// The record of a call that can be worked with, or the look that says why there is none.
std::expected<PathRecord, CompensationLook> usable_record(const CompensationCall& call,
                                                          const CompensationContext& context) {
  CompensationLook look;
  if (!context.workspace) {
    look.reason = "the run had no workspace";
    return std::unexpected(look);
  }
  auto record = call.undo ? read_record(*call.undo) : std::nullopt;
  if (!record) {
    look.reason = call.undo ? "its undo record does not read" : "it left no undo record";
    return std::unexpected(look);
  }
  look.reason = reason_against(*context.workspace, *record);
  if (!look.reason.empty()) return std::unexpected(look);
  return *std::move(record);
}

class PathCompensator final : public Compensator {
 public:
  Awaitable<Looked> look(CompensationCall call, CompensationContext context) override {
    std::function<Looked()> work = [call = std::move(call), context = std::move(context)]() -> Looked {
      const auto record = usable_record(call, context);
      if (!record) return record.error();
      return look_at_record(*context.workspace, *record);
    };
    Looked looked = co_await off_thread(std::move(work));
    co_return looked;
  }

  Awaitable<LookedAhead> look_ahead(std::vector<CompensationCall> calls, UndoConsent consent,
                                    CompensationContext context) override {
    std::function<LookedAhead()> work = [calls = std::move(calls), consent = std::move(consent),
                                         context = std::move(context)]() -> LookedAhead {
      std::vector<CompensationLook> looks;
      std::optional<PathsAhead> ahead;
      if (context.workspace) ahead.emplace(*context.workspace);
      for (const CompensationCall& call : calls) {
        const auto record = usable_record(call, context);
        if (!record) {
          looks.push_back(record.error());
          continue;
        }
        looks.push_back(ahead->take_back(*record, consent));
      }
      return looks;
    };
    LookedAhead looked = co_await off_thread(std::move(work));
    co_return looked;
  }

  Awaitable<CompensationResult> restore(CompensationCall call, UndoStep step, CompensationContext context) override {
    std::function<CompensationResult()> work = [call = std::move(call), step = std::move(step),
                                                context = std::move(context)]() -> CompensationResult {
      const auto record = usable_record(call, context);
      if (!record) return {CompensationOutcome::not_undoable, {}, {}};
      const std::vector<UndoConflict> nothing;
      return restore_record(*context.workspace, *record, step.overwrites ? step.conflicts : nothing,
                            context.idempotency_key);
    };
    CompensationResult result = co_await off_thread(std::move(work));
    co_return result;
  }
};

}  // namespace
}  // namespace tools

std::shared_ptr<Compensator> path_compensator() { return std::make_shared<tools::PathCompensator>(); }

}  // namespace orchestrator::harness
