// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <utility>

#include "daemon/routes/router.hpp"
#include "daemon/service.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
using harness::Harness;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint32_t kPage = 200;
constexpr std::size_t kFailuresKept = 20;

asio::awaitable<Result<Recovery>> recover_runs(Harness* harness, std::shared_ptr<const bool> is_stopping) {
  const harness::RunStore runs(harness->store());
  harness::RunQuery query;
  query.where.status = harness::RunStatus::active;
  query.where.limit = kPage;
  query.held = false;
  Recovery recovery;
  for (;;) {
    auto page = co_await runs.list(query);
    if (!page) co_return std::unexpected(std::move(page.error()));
    for (const harness::RunSummary& run : *page) {
      if (*is_stopping) co_return recovery;
      // Nobody has said yet that it may act here.
      if (run.imported) {
        recovery.imported += 1;
        continue;
      }
      harness::ResumeOptions options;
      options.by = "daemon";
      auto resumed = co_await harness->async_resume_run(run.run_id, std::move(options));
      if (resumed) {
        recovery.resumed += 1;
      } else if (recovery.failures.size() < kFailuresKept) {
        recovery.failures.push_back(std::move(resumed.error()));
      }
    }
    if (page->size() < kPage) co_return recovery;
    query.where.before = page->back().run_id;
  }
}

/// Lets go of what waits for a person; the number of what does not.
asio::awaitable<std::size_t> let_go(Harness* harness) {
  const harness::RunStore runs(harness->store());
  harness::RunQuery query;
  query.where.status = harness::RunStatus::active;
  query.where.limit = kPage;
  std::size_t left = 0;
  for (;;) {
    auto page = co_await runs.list(query);
    if (!page) co_return left + 1;
    for (const harness::RunSummary& run : *page) {
      auto handle = co_await harness->async_open_run(run.run_id);
      if (!handle || handle->session_id().is_zero()) continue;  // not one of this process
      auto released = co_await handle->control().async_detach();
      if (!released && released.error().code != harness::name_of(RuntimeErrorCode::run_not_active)) left += 1;
    }
    if (page->size() < kPage) co_return left;
    query.where.before = page->back().run_id;
  }
}

}  // namespace

struct Daemon::Parts {
  Parts(Harness& of, DaemonOptions how, DaemonRecords records)
      : harness(of),
        options(std::move(how)),
        service(std::make_shared<Service>(of, options.defaults, options.sessions, std::move(records),
                                          Tokens(options.tokens))) {}

  /// On the harness's thread.
  Result<ListenAddress> begin() {
    service->keep_private(options.private_folder);
    auto named = service->access().tokens();
    if (!named) return std::unexpected(std::move(named.error()));
    for (NamedToken& token : *named) static_cast<void>(service->tokens().add(std::move(token)));
    router = std::make_unique<Router>(service, options.note);
    server = std::make_unique<Server>(harness.executor(), *router, options.bounds);
    service->use_counts(server->counts());
    auto bound = server->listen(options.address);
    if (!bound) return bound;
    router->answer_as(OriginCheck(*bound));
    if (!options.socket_path.empty()) {
      if (auto local = server->listen_local(options.socket_path); !local) {
        return std::unexpected(std::move(local.error()));
      }
    }
    return bound;
  }

  Harness& harness;
  DaemonOptions options;
  std::shared_ptr<Service> service;
  std::unique_ptr<Router> router;
  std::unique_ptr<Server> server;
  std::shared_ptr<bool> is_stopping = std::make_shared<bool>(false);  // of the harness's thread
  std::optional<std::size_t> left;                                    // once it was stopped
};

Daemon::Daemon(Harness& harness, DaemonOptions options, DaemonRecords records)
    : parts_(std::make_unique<Parts>(harness, std::move(options), std::move(records))) {}

Daemon::~Daemon() { stop(std::chrono::milliseconds(0)); }

Result<ListenAddress> Daemon::start() {
  Parts& parts = *parts_;
  if (!parts.options.address.is_loopback()) {
    return harness::fail(RuntimeErrorCode::configuration_invalid,
                         "--listen " + parts.options.address.str() +
                             " is reached by other machines, which needs TLS, and this version has none; listen on "
                             "127.0.0.1, or put a proxy with TLS before it",
                         "--listen");
  }
  // The server's thread is the harness's: what it uses is made and begun there.
  auto begun = asio::post(parts.harness.executor(), asio::use_future([&parts] { return parts.begin(); }));
  return begun.get();
}

void Daemon::recover(std::function<void(const Result<Recovery>&)> told) {
  const std::shared_ptr<const bool> is_stopping = parts_->is_stopping;
  auto recovering = recover_runs(&parts_->harness, is_stopping);
  const auto finish = [told = std::move(told), is_stopping](const std::exception_ptr& failure,
                                                            const Result<Recovery>& recovery) {
    if (!failure && !*is_stopping) told(recovery);
  };
  asio::co_spawn(parts_->harness.executor(), std::move(recovering), finish);
}

std::size_t Daemon::stop(std::chrono::milliseconds patience) {
  Parts& parts = *parts_;
  if (parts.left) return *parts.left;
  parts.left = 0;
  if (!parts.server) return 0;
  const auto executor = parts.harness.executor();
  const auto close = [&parts] {
    *parts.is_stopping = true;
    parts.service->feeds().close();
  };
  asio::post(executor, asio::use_future(close)).get();
  asio::co_spawn(executor, parts.server->stop(patience), asio::use_future).get();
  auto letting_go = asio::co_spawn(executor, let_go(&parts.harness), asio::use_future);
  // A store that hangs must not hold the daemon.
  const bool is_done = letting_go.wait_for(patience + std::chrono::seconds(1)) == std::future_status::ready;
  parts.left = is_done ? letting_go.get() : 1;
  return *parts.left;
}

}  // namespace orchestrator::daemon
