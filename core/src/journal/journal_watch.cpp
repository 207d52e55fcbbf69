// SPDX-License-Identifier: Apache-2.0
#include "journal/journal_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace orchestrator::harness::journal {

namespace {

void notify(const std::vector<std::shared_ptr<RunSignal>>& signals) {
  for (const auto& signal : signals) signal->notify();
}

}  // namespace

JournalWatch::~JournalWatch() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  // It cannot fail on an eventfd of our own; if it did, the thread could not be joined.
  if (::write(stop_.get(), &one, sizeof one) != sizeof one) std::terminate();
}

bool JournalWatch::start() {
  if (is_tried_) return events_.is_open();
  is_tried_ = true;
  FileDescriptor events(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  FileDescriptor stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!events.is_open() || !stop.is_open()) return false;
  events_ = std::move(events);
  stop_ = std::move(stop);
  thread_ = std::jthread([this, events_fd = events_.get(), stop_fd = stop_.get()] { run(events_fd, stop_fd); });
  return true;
}

int JournalWatch::watch(const std::string& path, std::shared_ptr<RunSignal> signal) {
  const std::lock_guard lock(mutex_);
  if (!start()) return -1;
  constexpr std::uint32_t kChanges = IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
  const int watch = ::inotify_add_watch(events_.get(), path.c_str(), kChanges);
  if (watch < 0) return -1;
  // The system gives one number for one file, however often it is asked.
  watched_[watch].signals.push_back(std::move(signal));
  return watch;
}

void JournalWatch::unwatch(int watch, const std::shared_ptr<RunSignal>& signal) {
  const std::lock_guard lock(mutex_);
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return;
  auto& signals = found->second.signals;
  const auto mine = std::ranges::find(signals, signal);
  if (mine != signals.end()) signals.erase(mine);
  if (!signals.empty()) return;
  watched_.erase(found);
  ::inotify_rm_watch(events_.get(), watch);
}

void JournalWatch::run(int events_fd, int stop_fd) {
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{events_fd, POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[1].revents != 0) return;
    alignas(inotify_event) std::array<char, 4'096> buffer;
    const ssize_t size = ::read(events_fd, buffer.data(), buffer.size());
    const std::lock_guard lock(mutex_);
    for (ssize_t at = 0; at + static_cast<ssize_t>(sizeof(inotify_event)) <= size;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += static_cast<ssize_t>(sizeof event) + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        // It names no watch: everybody looks again.
        for (const auto& [watch, watched] : watched_) notify(watched.signals);
      } else if (const auto found = watched_.find(event.wd); found != watched_.end()) {
        notify(found->second.signals);
      }
    }
  }
}

}  // namespace orchestrator::harness::journal
