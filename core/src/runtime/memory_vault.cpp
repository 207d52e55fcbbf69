// SPDX-License-Identifier: Apache-2.0
#include <mutex>

#include "codec/redaction/secret_vault.hpp"

namespace orchestrator::harness {
namespace {

class LockedVault final : public SecretVault {
 public:
  std::string placeholder_for(RedactionKind kind, std::string_view value) override {
    const std::scoped_lock lock(mutex_);
    return vault_.placeholder_for(kind, value);
  }
  [[nodiscard]] std::optional<std::string> value_of(std::string_view placeholder) const override {
    const std::scoped_lock lock(mutex_);
    return vault_.value_of(placeholder);
  }

 private:
  mutable std::mutex mutex_;
  codec::MemoryVault vault_;  // guarded by mutex_
};

}  // namespace

std::shared_ptr<SecretVault> memory_vault() { return std::make_shared<LockedVault>(); }

}  // namespace orchestrator::harness
