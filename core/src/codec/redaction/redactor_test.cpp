// SPDX-License-Identifier: Apache-2.0
// Goal: a redactor takes out what its policy names, in every form, and nothing else. Method: small texts, whole results.
#include "codec/redaction/redactor.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

Redactor redactor_of(RedactionPolicy policy = {}) { return Redactor::compile(std::move(policy)).value(); }

TEST(Redactor, Smoke) {
  const Redactor redactor = redactor_of();
  EXPECT_EQ(redactor.redact("password=hunter2 and more").text, "password=[redacted:name] and more");
}

}  // namespace
}  // namespace orchestrator::harness::codec
