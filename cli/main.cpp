// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

int main(int count, char** words) {
  return orchestrator::cli::run_program({words + (count > 0 ? 1 : 0), words + count});
}
