// SPDX-License-Identifier: Apache-2.0
// Any text as a model catalogue: it is refused with its place, or what it says of a model is found again, and what a
// request may cost never wraps.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kernel/money.hpp"
#include "orchestrator/harness/catalogue.hpp"

namespace {

using namespace orchestrator::harness;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto catalogue = ModelCatalogue::parse({reinterpret_cast<const char*>(data), size}, "fuzz.json");
  if (!catalogue) {
    require(catalogue.error().code == "configuration_invalid" && catalogue.error().at.starts_with("/"));
    return 0;
  }
  require(!catalogue->version().empty());
  for (const CatalogueEntry& entry : catalogue->entries()) {
    const auto found = catalogue->find(entry.model);
    require(found.entry != nullptr && !found.is_relative && found.entry->model == entry.model);
    if (!entry.price) continue;
    for (const std::uint64_t tokens : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1'000'000'000'000}}) {
      const auto less = kernel::cost_at_most(tokens, tokens, *entry.price);
      const auto more = kernel::cost_at_most(tokens, tokens + 1, *entry.price);
      require(less.has_value() == more.has_value() && (!less || *less <= *more));
    }
  }
  return 0;
}
