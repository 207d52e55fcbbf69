// SPDX-License-Identifier: Apache-2.0
#include "runtime/imported_run.hpp"

namespace orchestrator::harness::runtime {

namespace asio = boost::asio;

asio::awaitable<Result<bool>> is_imported(std::shared_ptr<JournalStore> store, RunId run_id) {
  RunFilter filter;
  filter.id_prefix = run_id.str();
  filter.limit = 1;
  const auto runs = co_await store->list(filter);
  if (!runs) co_return std::unexpected(runs.error());
  co_return !runs->empty() && runs->front().imported;
}

asio::awaitable<Result<void>> check_import_trust(std::shared_ptr<JournalStore> store, RunId run_id, std::string folder,
                                                 ImportTrust trust) {
  if (trust == ImportTrust::given) co_return Result<void>();
  const auto imported = co_await is_imported(std::move(store), run_id);
  if (!imported) co_return std::unexpected(imported.error());
  if (!*imported) co_return Result<void>();
  const std::string place = folder.empty() ? "in no folder" : "in the folder " + folder;
  co_return fail(RuntimeErrorCode::imported_run,
                 "run " + run_id.str() + " came out of a file, and would act " + place +
                     " under the approvals that it began with: look at it with `orchestrator runs show " +
                     run_id.str() + "`; --trust-imported, or \"trust_imported\": true in a request, lets it act",
                 run_id.str());
}

}  // namespace orchestrator::harness::runtime
