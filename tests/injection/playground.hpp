// SPDX-License-Identifier: Apache-2.0
#pragma once

// A workspace with secrets, a server of somebody else's, and tools that carry things outside: where a case is played.
// What left is written down. For one test at a time.

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "injection/injection_case.hpp"
#include "orchestrator/harness/harness.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "runtime/testing/test_server.hpp"

namespace orchestrator::harness::injection {

/// What a run of a case did.
struct Played {
  std::vector<StreamEvent> events;  // of the run that obeys
  std::string left;                 // all that reached the server or a tool that reaches outside
  std::size_t reasoned = 0;         // questions that said what untrusted thing they are asked because of
  std::size_t plain = 0;            // other questions, which were allowed
};

/// How a case is played.
struct Stance {
  InjectionStance injection = InjectionStance::strict;
  ApprovalMode approval = ApprovalMode::never;
  bool allows = false;  // what is asked because of something untrusted
};

class Playground {
 public:
  Playground();
  /// Makes the workspace anew, lets the run meet the text, and plays a model that obeys it.
  Played play(const InjectionCase& one, const Stance& stance);
  /// True where `text` holds the secret, as it is or in one of the codes that cases use.
  [[nodiscard]] static bool holds_secret(const std::string& text);

 private:
  void make_workspace(const InjectionCase& one);
  [[nodiscard]] std::string script_of(const InjectionCase& one) const;
  [[nodiscard]] std::string page() const;
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::vector<std::shared_ptr<Tool>> own_tools(const InjectionCase& one);
  void write_down(const std::string& text);

  mutable std::mutex mutex_;
  std::string left_;  // guarded by mutex_
  std::string page_;  // guarded by mutex_
  runtime::testing::TemporaryFolder folder_;
  runtime::testing::TestServer server_;
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace orchestrator::harness::injection
