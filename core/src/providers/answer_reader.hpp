// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads one HTTP answer into a sink: an event stream, a JSON body, or a failure. Used once, by the call's coroutine.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

#include "orchestrator/harness/provider.hpp"
#include "providers/wire_format.hpp"
#include "runtime/http_client.hpp"

namespace orchestrator::harness::providers {

class AnswerReader {
 public:
  /// `format` and `sink` outlive the reader.
  AnswerReader(runtime::HttpStream stream, const WireFormat* format, ProviderCallContext context, ProviderSink* sink);

  /// Reads to the end. The result is that of `ProviderAdapter::call`.
  Awaitable<std::expected<void, ProviderCallFailure>> read();

 private:
  Awaitable<std::expected<void, ProviderCallFailure>> read_failure(runtime::HttpResponseHead head);
  Awaitable<std::expected<void, ProviderCallFailure>> read_body();
  Awaitable<std::expected<void, ProviderCallFailure>> read_stream();
  Awaitable<void> let_connection_go();
  [[nodiscard]] std::unexpected<ProviderCallFailure> failed(Error error) const;

  runtime::HttpStream stream_;
  const WireFormat* format_;
  ProviderCallContext context_;
  ProviderSink* sink_;
};

}  // namespace orchestrator::harness::providers
