// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything that will happen in one simulation, written down before it begins: what the provider answers, what the
// operator does, where the process dies. So it can be printed, replayed and made smaller. Values without behaviour.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/input.hpp"

namespace orchestrator::harness::sim {

/// Parts that arrive together, `after_us` after the ones before.
struct ChunkPlan {
  std::uint64_t after_us = 0;
  std::vector<ProviderPart> parts;
};

/// How a call ends that no terminal part ends.
struct EndPlan {
  std::uint64_t after_us = 0;
  Error error;
  std::optional<TimerKind> timer;
  std::uint64_t timer_ms = 0;
  Usage usage;
  std::optional<RetryAdvice> advice;
};

/// How a request for a slot is answered.
enum class SlotAnswer : std::uint8_t { granted, probe, circuit_open, no_retry_left };

/// What the provider does in one call.
struct AnswerPlan {
  std::optional<std::uint64_t> headers_after_us;  // empty: the call dies before its headers
  std::uint32_t headers_times = 1;                // more than once is a bug of the shell that must do no harm
  std::vector<ChunkPlan> chunks;
  EndPlan end;                        // where the last chunk holds no terminal part
  std::uint64_t cancel_after_us = 0;  // from the order to close the socket to its end
  bool sends_on = false;              // one more chunk is under way when the socket is closed, or after the end
  bool through_codec = false;         // the chunks were decoded from a stream of bytes
  bool is_objected_to = false;        // by every rule of the output, where its text or its failure ends it
};

/// What the world makes of one execution, or one look, of a tool call; by its place among all of the run.
struct ToolPlan {
  std::uint64_t prepared_after_us = 0;
  bool is_refused = false;               // the look ends the call
  bool is_objected_to = false;           // by every rule of calls
  std::optional<ApprovalNeed> approval;  // of the call
  std::optional<ToolReach> reach;        // of the call
  std::uint32_t content = 0;             // of its target: another one after an answer makes the approval stale
  std::uint64_t returned_after_us = 0;
  bool acts_at_once = false;    // the world changes as the call begins, else as it returns
  bool acts_on_cancel = false;  // a cancelled call has acted all the same
  bool fails = false;
  std::uint64_t cancelled_after_us = 0;
};

/// What a look into the memory store, or leaving a memory there, comes to.
struct MemoryAnswer {
  std::uint32_t hits = 0;
  std::optional<std::uint64_t> cost_micro_usd = 0;
  bool fails = false;
  std::uint64_t after_us = 0;
};
/// What the person says to one question.
struct AnswerToQuestion {
  std::uint64_t after_us = 0;
  InterruptDecision decision = InterruptDecision::allow_once;
};

/// An order of the operator, given once the run has taken `at_input` inputs.
struct CommandPlan {
  std::uint64_t at_input = 0;
  event::Input::Value command;
};

/// Where in the life of a step the process dies.
enum class CrashPoint : std::uint8_t {
  before_append,   // decided, not stored
  append_lost,     // the store says nothing, and the step is not there
  append_kept,     // the store says nothing, and the step is there
  before_effects,  // stored and acknowledged, nothing done yet
  after_effects    // everything done
};

/// The process dies at the input of this number, and another takes the run over `down_us` later.
struct CrashPlan {
  std::uint64_t at_input = 0;
  CrashPoint point = CrashPoint::before_append;
  std::uint64_t down_us = 0;
};

/// What the store does with the step of an input.
enum class StoreFault : std::uint8_t {
  refused,  // it is not there, and the store says so: the disk is full, or broken
  kept,     // it is there, though the store says that it has failed
  slow      // it is there, after a while
};

/// The store fails at the input of this number; after a failure nothing more is written until somebody opens the run
/// anew, `healed_after_us` later, which fails again `again` times.
struct StoreFaultPlan {
  std::uint64_t at_input = 0;
  StoreFault fault = StoreFault::refused;
  std::uint64_t healed_after_us = 0;  // or how slow it is
  std::uint32_t again = 0;
};

/// What the world makes of one look at a step of an undo, or of the step; by its place among all of the run.
struct CompensationPlan {
  std::uint64_t after_us = 0;
  bool meddles = false;      // somebody writes the file right before
  bool fails = false;        // the disk does not do it
  bool acts_at_once = true;  // else as it returns
};

/// The wall clock is set at the input of this number; the run's own clock does not care.
struct WallJumpPlan {
  std::uint64_t at_input = 0;
  std::int64_t by_us = 0;
};

struct RunPlan {
  event::RunIdentity identity;
  events::RunStarted spec;                    // its history reference is filled in when the run begins
  std::vector<AnswerPlan> answers;            // by call; later calls get a short plain answer
  std::vector<std::uint64_t> slot_delays_us;  // by request for a slot; later ones get theirs at once
  std::vector<SlotAnswer> slot_answers;       // by request for a slot; later ones are granted
  std::vector<ToolPlan> tools;                // by effect of the tool loop; later ones are plain
  std::vector<MemoryAnswer> memory;           // by effect; later ones find nothing, at once
  std::uint64_t judged_after_us = 0;          // the input, where the run is under rules
  bool is_objected_to = false;                // and by every rule of the input
  std::uint64_t redacted_every = 0;           // of so many inputs one had a secret in it; 0: none
  std::vector<AnswerToQuestion> questions;    // by question; later ones are allowed once
  bool tells_truth = true;                    // a look at a lost call finds out what has happened
  std::vector<CommandPlan> commands;
  std::vector<CrashPlan> crashes;
  std::optional<CrashPlan> tool_crash;  // at the input that starts this many calls, counted from 0
  std::vector<StoreFaultPlan> store_faults;
  std::vector<WallJumpPlan> wall_jumps;
  std::vector<CompensationPlan> compensations;  // of an undo, by effect; later ones are plain
  bool fires_stale_timers = false;              // timers that were stopped or moved fire all the same
  bool resumes_at_end = true;                   // the operator resumes a run that is left paused
};

/// The last run is taken back.
struct UndoPlan {
  RunPlan run;
  std::uint32_t meddled_every = 0;  // of so many calls one has a file that somebody else wrote before; 0: none
  bool consents = false;            // to lose that
};

/// The last run is gone on with from one of its steps.
struct ForkPlan {
  RunPlan run;               // its spec is that of the run
  std::uint64_t chance = 0;  // which step: its remainder by their number
  bool has_hint = false;
};

/// One session: runs one after the other, each with the history that the ones before left; then what is made out of the
/// last one.
struct Scenario {
  std::uint64_t seed = 0;
  std::vector<RunPlan> runs;
  std::optional<ForkPlan> fork = {};
  std::optional<UndoPlan> undo = {};
};

}  // namespace orchestrator::harness::sim
