// SPDX-License-Identifier: Apache-2.0
// `orchestrator runs verify`

#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/known_heads.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/transfer_json.hpp"
#include "cli/input/export_input.hpp"
#include "cli/store/blocking_wait.hpp"
#include "cli/store/run_reference.hpp"
#include "cli/store/run_scan.hpp"
#include "journal/run_import.hpp"
#include "journal/run_verification.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunId;
using harness::RuntimeErrorCode;
using harness::journal::ExportedFile;
using harness::journal::Flaw;
using harness::journal::RunVerdict;

std::string shown(const std::vector<Flaw>& flaws) {
  std::string text;
  for (const Flaw& flaw : flaws) {
    text.append("  ").append(escaped_line(flaw.what)).append("\n");
  }
  return text;
}

std::string counted(std::uint64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

/// Shows what is found, and counts it.
class VerifyReport {
 public:
  explicit VerifyReport(CommandContext& context) : context_(context), is_json_(context.invocation.has("--json")) {}

  void add(const RunVerdict& verdict) {
    ++runs_;
    damaged_ += verdict.flaws.empty() ? 0U : 1U;
    if (is_json_) {
      boost::json::object line{{"type", "run"}};
      const boost::json::object facts = json_of(verdict);
      line.insert(facts.begin(), facts.end());
      context_.out.write(json_line(line));
      return;
    }
    std::string text = verdict.run_id.str() + (verdict.flaws.empty() ? " sound" : " DAMAGED");
    text += ": " + counted(verdict.head.seq, "event") + " in " + counted(verdict.head.steps, "step");
    text += verdict.flaws.empty() ? "" : " before the damage";
    if (verdict.erased_events > 0) {
      text += ", " + counted(verdict.erased_events, "event") + " erased";
    }
    if (verdict.flaws.empty() && !verdict.is_ended) {
      text += verdict.is_held ? ", under way" : ", not ended";
    }
    context_.out.write(text + ", head " + verdict.head.hash.str() + "\n" + shown(verdict.flaws));
    if (!verdict.unchecked.empty()) {
      context_.out.write("  not checked: what holds in every run, since " + escaped_line(verdict.unchecked) + "\n");
    }
  }

  void add_empty(const RunId& run_id) {
    if (is_json_) {
      context_.out.write(json_line({{"type", "empty"}, {"run_id", run_id.str()}}));
    } else {
      context_.out.write(run_id.str() + " empty: nothing has happened in it\n");
    }
  }

  void add(const std::string& url, const std::vector<Flaw>& flaws) {
    damaged_ += flaws.empty() ? 0U : 1U;
    if (is_json_) {
      context_.out.write(
          json_line({{"type", "store"}, {"url", url}, {"sound", flaws.empty()}, {"flaws", json_of(flaws)}}));
    } else {
      context_.out.write("store " + escaped_line(url) + (flaws.empty() ? " sound\n" : " DAMAGED\n") + shown(flaws));
    }
  }

  void add(const std::string& path, const ExportedFile& file) {
    const auto& run = file.runs.back();
    if (is_json_) {
      context_.out.write(json_line({{"type", "file"},
                                    {"file", path},
                                    {"sound", true},
                                    {"run_id", run.run_id.str()},
                                    {"runs", file.runs.size()},
                                    {"steps", run.steps},
                                    {"events", run.events},
                                    {"head", run.head.str()},
                                    {"erased_events", file.erased_events},
                                    {"missing", run.missing.size()},
                                    {"sha256", file.receipt.sha256.str()}}));
      return;
    }
    std::string text = escaped_line(path) + " sound: " + run.run_id.str();
    if (file.runs.size() > 1) {
      text += " and " + counted(file.runs.size() - 1, "run") + " that it goes on from";
    }
    text += ", " + counted(run.events, "event") + " in " + counted(run.steps, "step");
    if (file.erased_events > 0) {
      text += ", " + counted(file.erased_events, "event") + " erased";
    }
    if (!run.missing.empty()) {
      text += ", " + counted(run.missing.size(), "content") + " missing";
    }
    context_.out.write(text + ", head " + run.head.str() + "\n");
  }

  [[nodiscard]] ExitStatus finish() {
    if (runs_ > 1) {
      context_.notes.note(counted(runs_, "run") + " checked");
    }
    return damaged_ == 0 ? ExitStatus::done : ExitStatus::damaged;
  }

 private:
  CommandContext& context_;
  bool is_json_;
  std::uint64_t runs_ = 0;
  std::uint64_t damaged_ = 0;
};

Result<void> verify_one(VerifyReport& report, StoreReader& store, const RunId& run_id,
                        std::vector<harness::journal::KnownHead> heads) {
  const auto verdict = wait_for(harness::journal::verify_run_and_records(store.shared(), run_id, std::move(heads)));
  if (!verdict) {
    return std::unexpected(verdict.error());
  }
  report.add(*verdict);
  return {};
}

/// The store itself first, then its runs, newest first. A run that goes away meanwhile is passed over.
Result<void> verify_all(CommandContext& context, VerifyReport& report, StoreReader& store) {
  auto records = wait_for(harness::journal::verify_records(store.shared()));
  if (!records) {
    return std::unexpected(std::move(records.error()));
  }
  report.add(store.store().url(), *records);
  Result<void> failed;
  auto scanned = scan_runs(store, {}, [&](const harness::RunSummary& run) {
    auto verdict = wait_for(harness::journal::verify_run(store.shared(), run.run_id));
    if (verdict) {
      report.add(*verdict);
    } else if (verdict.error().code != harness::name_of(RuntimeErrorCode::run_not_found)) {
      failed = std::unexpected(std::move(verdict.error()));
    }
    return failed.has_value() && !context.out.is_closed();
  });
  if (!scanned || !failed) {
    return scanned ? failed : scanned;
  }
  const auto empty = wait_for(harness::journal::find_empty_runs(store.shared()));
  if (!empty) {
    return std::unexpected(empty.error());
  }
  for (const RunId& run_id : *empty) {
    report.add_empty(run_id);
  }
  return {};
}

ExitStatus verify_file(CommandContext& context, VerifyReport& verify_report, const std::string& path,
                       std::vector<harness::journal::KnownHead> heads) {
  const auto input = open_export_input(context, path);
  auto file = input ? harness::journal::check_export(input->place, std::move(heads)) : std::unexpected(input.error());
  if (file) {
    verify_report.add(path, *file);
    return verify_report.finish();
  }
  if (context.invocation.has("--json")) {
    context.out.write(json_line({{"type", "file"},
                                 {"file", path},
                                 {"sound", false},
                                 {"error", {{"code", file.error().code}, {"message", file.error().message}}}}));
  }
  const auto status = report(context, file.error());
  return file.error().code == harness::name_of(RuntimeErrorCode::not_a_journal) ? ExitStatus::damaged : status;
}

Result<void> check_usage(const CommandContext& context) {
  const auto& invocation = context.invocation;
  const bool has_file = invocation.has("--file");
  const auto kinds = (invocation.arguments.empty() ? 0 : 1) + (invocation.has("--all") ? 1 : 0) + (has_file ? 1 : 0);
  if (kinds != 1) {
    return fail(RuntimeErrorCode::invalid_argument, kinds == 0 ? "what to check is missing: RUN, --all or --file FILE"
                                                               : "RUN, --all and --file exclude each other");
  }
  if (invocation.has("--head") && !has_file && invocation.arguments.size() != 1) {
    return fail(RuntimeErrorCode::invalid_argument, "--head is about one run: name it", "--head");
  }
  return {};
}

}  // namespace

ExitStatus runs_verify_command(CommandContext& context) {
  if (auto checked = check_usage(context); !checked) {
    return report(context, checked.error());
  }
  VerifyReport verify_report(context);
  if (const auto path = context.invocation.value("--file"); path) {
    auto heads = known_heads(context.invocation.values("--head"), {});
    if (!heads) {
      return report(context, heads.error());
    }
    return verify_file(context, verify_report, *path, *std::move(heads));
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  if (context.invocation.has("--all")) {
    auto done = verify_all(context, verify_report, *store);
    return done ? verify_report.finish() : report(context, done.error());
  }
  for (const std::string& text : context.invocation.arguments) {
    auto run_id = find_run(*store, text);
    if (!run_id) {
      return report(context, run_id.error());
    }
    auto heads = known_heads(context.invocation.values("--head"), *run_id);
    if (!heads) {
      return report(context, heads.error());
    }
    if (auto done = verify_one(verify_report, *store, *run_id, *std::move(heads)); !done) {
      return report(context, done.error());
    }
  }
  return verify_report.finish();
}

}  // namespace orchestrator::cli
