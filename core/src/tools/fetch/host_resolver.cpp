// SPDX-License-Identifier: Apache-2.0
#include "tools/fetch/host_resolver.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <functional>
#include <optional>
#include <utility>

namespace orchestrator::harness::tools {

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// One look-up: whoever comes first of the answer, the deadline and a cancellation ends the wait. Owned by its handlers.
class Lookup final : public std::enable_shared_from_this<Lookup> {
 public:
  explicit Lookup(const asio::any_io_executor& executor) : executor_(executor), resolver_(executor), timer_(executor) {}

  void start(const std::string& host, Clock::time_point deadline, std::stop_token stop) {
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](auto error) {
      if (!error) self->finish(std::unexpected("the name was not resolved in time"));
    });
    resolver_.async_resolve(host, "", [self = shared_from_this()](auto error, auto results) {
      if (error) return self->finish(std::unexpected("the name cannot be resolved: " + error.message()));
      std::vector<asio::ip::address> addresses;
      for (const auto& entry : results) addresses.push_back(entry.endpoint().address());
      self->finish(std::move(addresses));
    });
    on_stop_.emplace(std::move(stop), [executor = executor_, weak = weak_from_this()] {
      asio::post(executor, [weak] {
        if (const auto alive = weak.lock()) alive->cancel();
      });
    });
  }

  void cancel() { finish(std::unexpected("cancelled")); }

  static auto wait(Lookup* self) {
    const auto initiate = [](auto handler, Lookup* lookup) {
      auto slot = asio::get_associated_cancellation_slot(handler);
      if (slot.is_connected()) {
        slot.assign([weak = lookup->weak_from_this()](asio::cancellation_type type) {
          const auto alive = weak.lock();
          if (alive && type != asio::cancellation_type::none) alive->cancel();
        });
      }
      lookup->waiter_ = std::move(handler);
    };
    return asio::async_initiate<const asio::deferred_t, void(ResolvedAddresses)>(initiate, asio::deferred, self);
  }

 private:
  void finish(ResolvedAddresses addresses) {
    timer_.cancel();
    on_stop_.reset();
    if (auto waiter = std::exchange(waiter_, nullptr)) waiter(std::move(addresses));
  }

  asio::any_io_executor executor_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer timer_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
  std::move_only_function<void(ResolvedAddresses)> waiter_;
};

class SystemResolver final : public HostResolver {
 public:
  Awaitable<ResolvedAddresses> resolve(std::string host, Clock::time_point deadline, std::stop_token stop) override {
    const auto executor = co_await asio::this_coro::executor;
    auto lookup = std::make_shared<Lookup>(executor);
    lookup->start(host, deadline, std::move(stop));
    // Its pending handlers own it, and it owns this frame.
    Lookup* const pending = lookup.get();
    lookup.reset();
    ResolvedAddresses addresses = co_await Lookup::wait(pending);
    co_return addresses;
  }
};

}  // namespace

std::shared_ptr<HostResolver> system_resolver() { return std::make_shared<SystemResolver>(); }

}  // namespace orchestrator::harness::tools
