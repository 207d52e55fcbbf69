// SPDX-License-Identifier: Apache-2.0
#pragma once

// SHA-256 (FIPS 180-4, by libcrypto) in the two forms that journals need: a running digest, and the chain
// hash of an event. A `Digest` is used by one thread; the functions are pure.

#include <string_view>

#include "orchestrator/harness/ids.hpp"

struct evp_md_ctx_st;

namespace orchestrator::harness::event {

/// A running SHA-256. Reusable: `finish` returns the digest and starts anew.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  Digest& add(std::string_view bytes);
  Digest& add(const Hash& hash);
  [[nodiscard]] Hash finish();

 private:
  void start();
  evp_md_ctx_st* context_;
  bool is_started_ = false;
};

/// The chain hash of an event: SHA-256(previous, canonical envelope, SHA-256(canonical data)), so that data may
/// be replaced by its digest and the chain still verifies. The first event's `previous` is all zeros.
[[nodiscard]] Hash chain_hash(const Hash& previous, std::string_view envelope, const Hash& data_hash);

/// The hash of a list from the hash of the same list without its last element; the empty list is all zeros.
[[nodiscard]] Hash list_hash(const Hash& before, const Hash& element);

}  // namespace orchestrator::harness::event
