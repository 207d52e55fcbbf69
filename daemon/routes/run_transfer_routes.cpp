// SPDX-License-Identifier: Apache-2.0
// Runs as files, and runs that go: exporting, importing, removing.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/display/kept_run_text.hpp"
#include "cli/display/transfer_json.hpp"
#include "cli/input/spool_file.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/service.hpp"
#include "journal/run_export.hpp"
#include "journal/run_import.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using cli::SpoolFile;
using harness::fail;
using harness::Result;
using harness::RunId;
using harness::RuntimeErrorCode;
using harness::journal::ExportOptions;
using harness::journal::ImportedRun;
using harness::journal::ImportOutcome;
using Spooled = std::shared_ptr<SpoolFile>;
using StorePtr = std::shared_ptr<harness::JournalStore>;

constexpr std::string_view kFileType = "application/jsonl";
constexpr std::uint64_t kImportBytes = 64ULL << 20;
constexpr std::size_t kBlockBytes = 256UL << 10;

bool is_set(const Arguments& arguments, std::string_view name) { return arguments.text(name) == "true"; }

std::string spool_folder() {
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : folder.string();
}

bool is_code(const harness::Error& error, RuntimeErrorCode code) { return error.code == harness::name_of(code); }

/// Whole in a file first: what is wrong with the run is known before the answer begins.
asio::awaitable<Result<Spooled>> spool_export(StorePtr store, RunId run_id, ExportOptions options) {
  auto made = SpoolFile::make(spool_folder());
  if (!made) co_return std::unexpected(std::move(made.error()));
  auto file = std::make_shared<SpoolFile>(*std::move(made));
  harness::journal::ExportSink sink = [file](std::string_view bytes) { return file->write(bytes); };
  auto exported = co_await harness::journal::export_run(store, run_id, options, std::move(sink));
  if (!exported) co_return std::unexpected(std::move(exported.error()));
  co_return file;
}

/// One that ends early has no receipt in its last line, and nobody takes it in.
asio::awaitable<void> write_file(Spooled file, BodyWriter* writer) {
  bool goes_on = true;
  for (std::uint64_t offset = 0; goes_on;) {
    std::function<Result<std::string>()> work = [file, offset] { return file->read(offset, kBlockBytes); };
    auto reading = harness::tools::off_thread<Result<std::string>>(std::move(work));
    auto block = co_await std::move(reading);
    if (!block || block->empty()) co_return;
    offset += block->size();
    std::vector<SharedText> pieces;
    pieces.push_back(std::make_shared<const std::string>(*std::move(block)));
    goes_on = co_await writer->write(std::move(pieces));
  }
}

asio::awaitable<Reply> export_run(Call call) {
  if (call.head.version_minor == 0) {
    co_return to_reply({.status = 505, .code = "http_version_not_supported", .message = "files need HTTP/1.1"});
  }
  const auto store = call.service->harness().store();
  const RunId run_id = call.arguments.run_id();
  ExportOptions options;
  options.is_alone = is_set(call.arguments, "alone");
  options.erases_content = is_set(call.arguments, "redact");
  std::function<asio::awaitable<Result<Spooled>>()> work = [store, run_id, options] {
    return spool_export(store, run_id, options);
  };
  auto working = call.service->store_work().run(std::move(work));
  auto file = co_await std::move(working);
  if (!file) co_return to_reply(to_api_error(file.error()));
  Reply reply = text_reply(200, std::string(kFileType), {});
  reply.fields.add("Content-Disposition", "attachment; filename=\"" + run_id.str() + ".jsonl\"");
  reply.stream = [file = *std::move(file)](BodyWriter& writer) { return write_file(file, &writer); };
  co_return reply;
}

asio::awaitable<Result<std::vector<ImportedRun>>> take_in(StorePtr store, std::shared_ptr<const std::string> text) {
  auto file = SpoolFile::make(spool_folder());
  if (!file) co_return std::unexpected(std::move(file.error()));
  if (auto written = file->write(*text); !written) co_return std::unexpected(std::move(written.error()));
  const harness::journal::ExportPlace place{file->path(), "the file"};
  auto runs = co_await harness::journal::import_runs(store, place);
  // `journal_damaged` is to say that of the file; a damaged run of the store is another matter.
  if (!runs && is_code(runs.error(), RuntimeErrorCode::journal_damaged) && harness::journal::check_export(place)) {
    co_return fail(RuntimeErrorCode::precondition_failed, runs.error().message, runs.error().at);
  }
  co_return runs;
}

/// What is known of the runs that have changed is read anew.
asio::awaitable<void> forget_runs(std::shared_ptr<Service> service, std::vector<ImportedRun> runs) {
  for (const ImportedRun& run : runs) {
    if (run.outcome != ImportOutcome::imported && run.outcome != ImportOutcome::continued) continue;
    service->feeds().restart(run.run_id);
    auto summary = co_await service->runs().get(run.run_id);
    if (summary) service->sessions().forget(summary->session_id);
  }
}

asio::awaitable<Reply> import_file(Call call) {
  const auto store = call.service->harness().store();
  auto text = std::make_shared<const std::string>(std::move(call.body_text));
  std::function<asio::awaitable<Result<std::vector<ImportedRun>>>()> work = [store, text] {
    return take_in(store, text);
  };
  auto working = call.service->store_work().run(std::move(work));
  auto runs = co_await std::move(working);
  if (!runs) {
    ApiError refused = to_api_error(runs.error());
    if (is_code(runs.error(), RuntimeErrorCode::journal_damaged)) refused.status = 422;
    co_return to_reply(refused);
  }
  json::array found;
  for (const ImportedRun& run : *runs) found.emplace_back(cli::json_of(run));
  json::object answer;
  answer["runs"] = std::move(found);
  auto forgetting = forget_runs(call.service, *std::move(runs));
  co_await std::move(forgetting);
  co_return json_reply(200, json::serialize(answer));
}

std::unexpected<harness::Error> refuse_removal(const harness::KeptRun& kept) {
  const std::string why = cli::reason_of(kept);
  if (kept.reason == harness::KeptRun::Reason::active) {
    return fail(RuntimeErrorCode::run_locked, why + "; abort it first", kept.run_id.str());
  }
  return fail(RuntimeErrorCode::precondition_failed,
              why + (cli::is_under_way(kept) ? "; end that first" : "; with_forks=true removes what builds on it, too"),
              kept.run_id.str());
}

/// Nothing is removed where a run of the plan must stay.
asio::awaitable<Result<harness::RemovalPlan>> remove_runs(harness::RunStore runs, RunId run_id, bool with_forks,
                                                          bool only_shows) {
  std::vector<RunId> chosen;
  chosen.push_back(run_id);
  auto plan = co_await runs.plan_removal(std::move(chosen), with_forks);
  if (!plan) co_return plan;
  if (!plan->kept.empty()) co_return refuse_removal(plan->kept.front());
  if (only_shows) co_return plan;
  for (const harness::RunSummary& run : plan->runs) {
    auto done = co_await runs.remove(run.run_id);
    if (!done) co_return std::unexpected(std::move(done.error()));
  }
  co_return plan;
}

asio::awaitable<Reply> delete_run(Call call) {
  const auto runs = call.service->runs();
  const RunId run_id = call.arguments.run_id();
  const bool with_forks = is_set(call.arguments, "with_forks");
  const bool only_shows = is_set(call.arguments, "dry_run");
  std::function<asio::awaitable<Result<harness::RemovalPlan>>()> work = [runs, run_id, with_forks, only_shows] {
    return remove_runs(runs, run_id, with_forks, only_shows);
  };
  auto working = call.service->store_work().run(std::move(work));
  const auto plan = co_await std::move(working);
  if (!plan) co_return to_reply(to_api_error(plan.error()));
  json::array ids;
  for (const harness::RunSummary& run : plan->runs) {
    ids.emplace_back(run.run_id.str());
    if (only_shows) continue;
    call.service->feeds().restart(run.run_id);
    call.service->sessions().forget(run.session_id);
  }
  json::object answer{{"removed", !only_shows}, {"bytes", plan->bytes}};
  answer["runs"] = std::move(ids);
  co_return json_reply(200, json::serialize(answer));
}

Route export_route() {
  return {.method = Method::get,
          .pattern = "/v1/runs/{run_id}/export",
          .id = "exportRun",
          .summary = "A run as one file, with the runs that it goes on from",
          .role = Role::read,
          .parameters = {run_id_parameter(), flag_parameter("alone", "Without the runs that it goes on from"),
                         flag_parameter("redact", "Digests in place of what was said")},
          .answers = {{.summary = "The file, its format in docs/journal-format.md",
                       .media_type = kFileType,
                       .example = "{\"format\":\"orchestrator-run\",\"version\":1}\n"}},
          .handler = export_run};
}

Route import_route() {
  return {.method = Method::post,
          .pattern = "/v1/import",
          .id = "importRuns",
          .summary = "Take all runs of an exported file in, or none",
          .role = Role::admin,
          .body = BodyRule{.schema = {},
                           .example = "{\"format\":\"orchestrator-run\",\"version\":1}\n",
                           .bytes_max = kImportBytes,
                           .media_type = kFileType},
          .answers = {{.summary = "What became of each run of the file",
                       .schema = R"json({"type": "object", "additionalProperties": false, "required": ["runs"],
                         "properties": {"runs": {"type": "array", "items": {
                           "type": "object", "additionalProperties": false,
                           "required": ["run_id", "imported", "outcome", "events", "events_before"],
                           "properties": {"run_id": {"type": "string"}, "imported": {"type": "boolean"},
                                          "outcome": {"enum": ["imported", "continued", "present", "longer"]},
                                          "events": {"type": "integer", "minimum": 0},
                                          "events_before": {"type": "integer", "minimum": 0}}}}}})json",
                       .example = R"json({"runs": [{"run_id": "run_01K5D0000000000000000000AB", "imported": true,
                         "outcome": "imported", "events": 12, "events_before": 0}]})json"}},
          .handler = import_file};
}

Route delete_route() {
  return {.method = Method::remove,
          .pattern = "/v1/runs/{run_id}",
          .id = "deleteRun",
          .summary = "Remove a run that no process has and on which no other builds",
          .role = Role::admin,
          .parameters = {run_id_parameter(), flag_parameter("with_forks", "With all runs that build on it"),
                         flag_parameter("dry_run", "Say what would go, and remove nothing")},
          .answers = {{.summary = "The runs, and whether they are gone",
                       .schema = R"json({"type": "object", "additionalProperties": false,
                         "required": ["removed", "bytes", "runs"],
                         "properties": {"removed": {"type": "boolean"}, "bytes": {"type": "integer", "minimum": 0},
                                        "runs": {"type": "array", "items": {"type": "string"}}}})json",
                       .example = R"json({"removed": true, "bytes": 4096,
                         "runs": ["run_01K5D0000000000000000000AB"]})json"}},
          .handler = delete_run};
}

}  // namespace

std::vector<Route> run_transfer_routes() { return {export_route(), import_route(), delete_route()}; }

}  // namespace orchestrator::daemon
