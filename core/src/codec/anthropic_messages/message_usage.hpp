// SPDX-License-Identifier: Apache-2.0
#pragma once

// Token counts of a Messages answer, which come in parts: at its start, and once more at its end. A value.

#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::codec::messages {

class MessageUsage {
 public:
  /// Takes a `usage` object: each count that is not null stands in for the one before.
  void take(const boost::json::object& usage);
  /// What is known so far. `input` includes what was read from and written to the cache, `output` the thinking; `total`
  /// is not sent, and is their sum. Nothing where no count came.
  [[nodiscard]] std::optional<Usage> sum() const;

 private:
  std::optional<std::uint64_t> input_;  // without the cache
  std::optional<std::uint64_t> cache_read_;
  std::optional<std::uint64_t> cache_write_;
  std::optional<std::uint64_t> output_;
  std::optional<std::uint64_t> thinking_;
  bool invalid_ = false;
  std::string service_tier_;
  bool is_fast_ = false;
  bool is_regional_ = false;
  bool writes_for_an_hour_ = false;
  bool uses_hosted_tools_ = false;
};

}  // namespace orchestrator::harness::codec::messages
