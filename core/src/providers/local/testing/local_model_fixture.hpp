// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tests with the real local model: its server in a state directory of each test's own, ended after it. They are skipped
// where the model is not installed. One thread.

#include "providers/local/testing/local_server_fixture.hpp"

namespace orchestrator::harness::providers::testing {

class LocalModelTest : public LocalServerTest {
 protected:
  void SetUp() override {
    const std::filesystem::path root = ORCHESTRATOR_SOURCE_DIR;
    const char* given = std::getenv("ORCHESTRATOR_LOCAL_PYTHON");
    settings_.python = given != nullptr ? std::filesystem::path(given) : root / ".local-model/venv/bin/python";
    settings_.launcher = root / "tools/local_model/serve.py";
    settings_.state_dir = state_dir();
    if (!std::filesystem::exists(settings_.python)) {
      GTEST_SKIP() << "the local model is not installed: tools/dev/local_model.sh ensure installs it";
    }
  }

  void TearDown() override {
    if (std::filesystem::exists(state_dir())) {
      LocalServer server(settings_);
      EXPECT_TRUE(run(server.stop(soon())));
    }
  }

  LocalSettings settings_;
};

}  // namespace orchestrator::harness::providers::testing
