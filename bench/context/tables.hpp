// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tables of the context benchmark, written to standard output.

namespace orchestrator::bench {

void print_assembly(bool is_quick);
void print_memory_search(bool is_quick);

}  // namespace orchestrator::bench
