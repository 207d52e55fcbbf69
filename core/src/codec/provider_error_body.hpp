// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a provider's error body says, whatever its shape: an `error` object or string, `detail`, flat fields, a list
// of one, a page of HTML, plain text, or nothing. Reads leniently and never fails. Pure functions, safe on any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace orchestrator::harness::codec {

/// The provider's own words. Empty fields were not sent. All texts are redacted, free of control characters
/// (but for line ends in `message`) and bounded.
struct ProviderErrorBody {
  std::string type;  // Google's `status` word too
  std::string code;  // numbers as decimal text
  std::string param;
  std::string message;  // empty where the body is not JSON
  std::string request_id;
  std::string upstream;              // what the host behind an aggregator said
  std::vector<std::string> reasons;  // further codes: Google's reasons and quota ids, Azure's inner code, ...
  std::string retry_delay;           // Google's RetryInfo, such as `48s`
  std::string title;                 // of an HTML page
  std::string excerpt;               // the beginning of a body that is neither JSON nor HTML
  bool operator==(const ProviderErrorBody&) const = default;
};

/// Reads at most the first MiB of `body`.
[[nodiscard]] ProviderErrorBody read_error_body(std::string_view body);

/// From an object that holds the error's fields at its top, or below `error`, `detail` or `errors`.
[[nodiscard]] ProviderErrorBody read_error_object(const boost::json::object& object);

}  // namespace orchestrator::harness::codec
