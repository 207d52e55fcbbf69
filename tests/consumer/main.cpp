// SPDX-License-Identifier: Apache-2.0
// Uses the installed package: headers are found, libraries link, and an answer comes out.

#include <iostream>
#include <orchestrator/harness/ids.hpp>

int main() {
  const auto hash = orchestrator::harness::sha256("abc").str();
  std::cout << hash << '\n';
  return hash.starts_with("ba7816bf") ? 0 : 1;
}
