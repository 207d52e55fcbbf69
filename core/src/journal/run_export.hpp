// SPDX-License-Identifier: Apache-2.0
#pragma once

// One run as one file. A run goes on from others: the parent that it was forked from, and the one whose context its
// session had; those are in the file before it. The run is read twice, once to check it and once to write it, so that
// memory holds a page of it at a time. Coroutines on their caller's executor; the store must outlive them.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "journal/export_format.hpp"
#include "journal/run_check.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

struct ExportOptions {
  bool erases_content = false;  // digests in place of what was said; no contents
  bool is_alone = false;        // without the runs that it goes on from
  bool salvages = false;        // what is good of a damaged run, from its beginning on; alone
};

struct ExportResult {
  ExportReceipt receipt;
  event::JournalHead head;          // of the run that was asked for
  std::vector<RunId> with;          // the runs that it goes on from
  std::vector<Flaw> lost;           // only when it salvages: what is not in the file, and why
  std::vector<Hash> missing;        // contents that are not to be had; likewise
  std::uint64_t erased_events = 0;  // of the run in the store: they go into the file as they are
  bool is_ended = false;
};

/// Takes a piece of the file; lines come with their ends.
using ExportSink = std::function<Result<void>(std::string_view bytes)>;

/// Errors: `run_not_found`, `journal_damaged` for a run that is not as it was written (naming the place) unless it
/// salvages, `limit_exceeded` for more than `kExportRunsMax` runs, and what the sink says. After an error what the sink
/// got is no whole file.
[[nodiscard]] boost::asio::awaitable<Result<ExportResult>> export_run(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                      ExportOptions options, ExportSink sink);

}  // namespace orchestrator::harness::journal
