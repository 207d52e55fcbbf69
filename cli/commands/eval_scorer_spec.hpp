// SPDX-License-Identifier: Apache-2.0
#pragma once

// Scorers as they are written on a command line: `KIND`, `KIND:VALUE`, each with `[OPTION,...]` behind it.

#include <memory>
#include <vector>

#include "cli/commands/command_context.hpp"
#include "cli/commands/eval_order.hpp"

namespace orchestrator::cli {

/// The scorers of an order. Several of one kind are called `exact`, `exact-2`, and so on. May look for a server of
/// embeddings. Errors: `invalid_argument` naming the specification, those of the files that it names,
/// `configuration_invalid` (embeddings).
[[nodiscard]] harness::Result<std::vector<std::shared_ptr<harness::Scorer>>> make_scorers(
    const EvalOrder& order, const EvalWords& words, const Configuration& configuration, const Environment& environment);

}  // namespace orchestrator::cli
