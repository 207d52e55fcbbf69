// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one form of every refusal: `{"error":{"code","message","at","limit","got"}}`, and the one map from errors of the
// library to statuses. Values and pure functions; any thread.

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

#include "daemon/http/head_form.hpp"
#include "daemon/http/reply.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::daemon {

struct ApiError {
  unsigned status = 400;
  std::string code;     // stable
  std::string message;  // for people
  std::string at = {};  // a JSON pointer into the body, a parameter, a field; or empty
  boost::json::value limit = nullptr;
  boost::json::value got = nullptr;
};

/// The status of a failure of the library.
[[nodiscard]] unsigned status_of(const harness::Error& error);

/// What a failure of the library is to a client.
[[nodiscard]] ApiError to_api_error(const harness::Error& error);
[[nodiscard]] ApiError to_api_error(const HeadFault& fault);

/// The refusal as an answer.
[[nodiscard]] Reply to_reply(const ApiError& error);

/// An answer of JSON text, with the fields that every answer has.
[[nodiscard]] Reply json_reply(unsigned status, std::string json);
[[nodiscard]] Reply text_reply(unsigned status, std::string media_type, std::string text);

}  // namespace orchestrator::daemon
