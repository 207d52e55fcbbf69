// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rest of an HTTP answer that is read whole: a JSON body, or what came in place of an answer. For the coroutine
// that reads the exchange.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "codec/provider_failure.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "runtime/http_client.hpp"

namespace orchestrator::harness::providers {

/// The body, or its first `bytes_max` bytes. `stream` outlives the wait. Errors: those of `HttpStream::read`.
[[nodiscard]] Awaitable<Result<std::string>> whole_body(runtime::HttpStream* stream, std::size_t bytes_max);

/// Reads what the host sent in place of an answer and understands it. A body that breaks off is left out: the status
/// says more than how it broke. `stream` outlives the wait.
[[nodiscard]] Awaitable<codec::ProviderFailure> read_failure(runtime::HttpStream* stream,
                                                             runtime::HttpResponseHead head);

/// The headers as codecs take them.
[[nodiscard]] codec::Headers pairs_of(const std::vector<runtime::HttpHeader>& headers);

/// Cuts the key out of an error: some servers repeat it in what they answer. Keys of a known form are cut out on
/// reading; this one is known.
void hide_key(Error& error, const std::string& key);

}  // namespace orchestrator::harness::providers
