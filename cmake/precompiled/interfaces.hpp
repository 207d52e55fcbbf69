// SPDX-License-Identifier: Apache-2.0
// The interfaces above the pure layers, for the precompiled headers.
#pragma once

#include <orchestrator/harness/harness.hpp>
#include <orchestrator/harness/journal.hpp>
#include <orchestrator/harness/memory.hpp>
#include <orchestrator/harness/run.hpp>
#include <orchestrator/harness/tools.hpp>
