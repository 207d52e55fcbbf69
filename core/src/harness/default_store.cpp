// SPDX-License-Identifier: Apache-2.0
#include "harness/default_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "journal/jsonl_import.hpp"
#include "journal/sqlite_store.hpp"

namespace orchestrator::harness::assembly {
namespace {

constexpr std::string_view kScheme = "sqlite:";
constexpr std::string_view kFile = "/runs.db";
constexpr std::string_view kOldFolder = "/journal";

using Imported = Result<std::optional<journal::ImportReport>>;

Imported import_from(const std::string& folder, const std::shared_ptr<journal::SqliteFile>& file) {
  boost::asio::io_context context(1);
  auto imported = boost::asio::co_spawn(context, journal::import_jsonl(file, folder), boost::asio::use_future);
  context.run();
  return imported.get();
}

std::string counted(std::uint64_t count, const std::string& rest) {
  return std::to_string(count) + (count == 1 ? " run " : " runs ") + rest;
}

std::string told(const Imported& imported, const std::string& folder, const std::string& url) {
  const std::string from = "jsonl:" + folder;
  if (!imported) return "the runs in " + from + " are not taken over yet: " + imported.error().message;
  if (!*imported) return {};
  const journal::ImportReport& report = **imported;
  if (report.taken + report.held + report.damaged == 0) return {};
  std::string text = "took " + counted(report.taken, "over from " + from + " into " + url);
  if (report.held > 0) text += "; " + counted(report.held, "in use or not to be read now will follow");
  if (report.damaged > 0) text += "; " + counted(report.damaged, "damaged and left there");
  return text + "; that folder is kept as it is and not used any more";
}

}  // namespace

std::string default_store_url(const std::string& state_folder) {
  return std::string(kScheme) + state_folder + std::string(kFile);
}

Result<std::shared_ptr<JournalStore>> open_default_store(const std::string& url,
                                                         const std::function<void(std::string_view)>& say) {
  const std::string path = url.substr(kScheme.size());
  auto store = journal::SqliteStore::open({path});
  if (!store) return std::unexpected(store.error());
  const std::string folder = path.substr(0, path.size() - kFile.size()) + std::string(kOldFolder);
  const std::string text = told(import_from(folder, (*store)->file()), folder, url);
  if (!text.empty()) say(text);
  return std::shared_ptr<JournalStore>(*std::move(store));
}

}  // namespace orchestrator::harness::assembly
