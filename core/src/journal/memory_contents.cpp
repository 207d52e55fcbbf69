// SPDX-License-Identifier: Apache-2.0
#include "journal/memory_contents.hpp"

#include <string>
#include <utility>

#include "journal/blob_files.hpp"

namespace orchestrator::harness::journal {

Result<void> ByteBudget::take(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > bytes_max_ - used_) {
    return fail(RuntimeErrorCode::storage_full,
                "the store in memory is full: it may hold " + std::to_string(bytes_max_) + " bytes", "memory:");
  }
  used_ += bytes;
  return {};
}

void ByteBudget::give_back(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
}

Result<void> MemoryContents::put(const SharedBytes& bytes, std::set<Hash>& holds) {
  if (!bytes.is_loaded()) {
    return fail(RuntimeErrorCode::invalid_argument, "content " + bytes.hash().str() + " has no bytes to store");
  }
  const std::lock_guard lock(mutex_);
  if (!contents_.contains(bytes.hash())) {
    if (auto taken = budget_->take(bytes.size_bytes()); !taken) return taken;
    contents_.emplace(bytes.hash(), bytes);
  }
  if (holds.insert(bytes.hash()).second) ++holders_[bytes.hash()];
  return {};
}

void MemoryContents::let_go(const std::set<Hash>& holds) {
  const std::lock_guard lock(mutex_);
  for (const Hash& hash : holds) {
    const auto held = holders_.find(hash);
    if (held != holders_.end() && --held->second == 0) holders_.erase(held);
  }
}

Result<SharedBytes> MemoryContents::get(Hash hash) const {
  const std::lock_guard lock(mutex_);
  const auto found = contents_.find(hash);
  if (found == contents_.end()) return blob_not_found(hash);
  return found->second;
}

void MemoryContents::drop(Sizes contents, const std::function<void(Sizes&)>& spare_used) {
  if (contents.empty()) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(contents, [&](const auto& content) { return holders_.contains(content.first); });
  spare_used(contents);
  for (const auto& [hash, size_bytes] : contents) {
    if (contents_.erase(hash) > 0) budget_->give_back(size_bytes);
  }
}

}  // namespace orchestrator::harness::journal
