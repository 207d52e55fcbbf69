// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random inputs with the events that a kernel might answer them by: what the codec's properties run over. Texts are
// any valid UTF-8, numbers any of their type. For rapidcheck; values, one thread.

#include <rapidcheck.h>

#include <string>

#include "event/step.hpp"

namespace orchestrator::harness::event {

/// Any valid UTF-8 text: letters, quotes, backslashes, control characters, and code points of every length.
[[nodiscard]] rc::Gen<std::string> any_text();

/// Any finite double from 0 to 2: short decimals, and values with all 52 bits set at random.
[[nodiscard]] rc::Gen<double> any_setting();

/// A step of any input type. Its events hold all of the input, a part, or none of it, so that every stored form
/// of an input comes up; the first of a `Start` is always its `RunStarted`. Seqs go on from `before`.
[[nodiscard]] rc::Gen<Step> any_step(JournalHead before);

}  // namespace orchestrator::harness::event
