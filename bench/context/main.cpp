// SPDX-License-Identifier: Apache-2.0
// ./dev bench context [--quick]
#include <iostream>
#include <string_view>

#include "bench/context/tables.hpp"

int main(int argc, char** argv) {
  const bool is_quick = argc == 2 && std::string_view(argv[1]) == "--quick";
  if (argc > 1 && !is_quick) {
    std::cerr << "usage: bench_context [--quick]\n";
    return 2;
  }
  orchestrator::bench::print_assembly(is_quick);
  orchestrator::bench::print_memory_search(is_quick);
  return 0;
}
