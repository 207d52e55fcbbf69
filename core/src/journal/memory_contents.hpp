// SPDX-License-Identifier: Apache-2.0
#pragma once

// The contents of a store in memory, by hash. Shared by the store and its writers, which may outlive it. Any thread.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// The bytes that a store may hold, shared by it and its runs. Any thread.
class ByteBudget final {
 public:
  explicit ByteBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  /// Takes `bytes`; `storage_full` where they no longer fit.
  [[nodiscard]] Result<void> take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes);

 private:
  std::mutex mutex_;
  std::uint64_t bytes_max_;
  std::uint64_t used_ = 0;
};

class MemoryContents final {
 public:
  /// Contents by hash, with their sizes in bytes.
  using Sizes = std::map<Hash, std::uint64_t>;

  explicit MemoryContents(std::shared_ptr<ByteBudget> budget) : budget_(std::move(budget)) {}

  /// Keeps content, for as long as it is among `holds` also where no line refers to it yet. `holds` is the caller's
  /// own, of whom `let_go` takes it back. Errors: `invalid_argument` without bytes, `storage_full`.
  [[nodiscard]] Result<void> put(const SharedBytes& bytes, std::set<Hash>& holds);
  void let_go(const std::set<Hash>& holds);
  /// Error: `blob_not_found`.
  [[nodiscard]] Result<SharedBytes> get(Hash hash) const;
  /// Takes away what of `contents` nobody holds and `spare_used` leaves in it; nothing is put meanwhile.
  void drop(Sizes contents, const std::function<void(Sizes&)>& spare_used);

 private:
  std::shared_ptr<ByteBudget> budget_;
  mutable std::mutex mutex_;
  std::map<Hash, SharedBytes> contents_;
  std::map<Hash, std::uint32_t> holders_;  // how many hold one
};

}  // namespace orchestrator::harness::journal
