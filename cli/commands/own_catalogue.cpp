// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/own_catalogue.hpp"

#include "cli/input/byte_reader.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::uint64_t kCatalogueBytesMax = 4U << 20U;

}  // namespace

harness::Result<harness::ModelCatalogue> own_catalogue(const Configuration& configuration) {
  const auto path = configuration.text("catalogue");
  if (!path) {
    return harness::ModelCatalogue();
  }
  auto file = read_file(*path, kCatalogueBytesMax);
  if (!file) {
    return harness::fail(harness::RuntimeErrorCode::configuration_invalid,
                         "the model catalogue " + *path + " " + file.error(), "catalogue");
  }
  return harness::ModelCatalogue::parse(file->bytes, *path);
}

}  // namespace orchestrator::cli
