// SPDX-License-Identifier: Apache-2.0
#include "daemon/program.hpp"

int main(int count, char** words) {
  return orchestrator::daemon::run_daemon({words + (count > 0 ? 1 : 0), words + count});
}
