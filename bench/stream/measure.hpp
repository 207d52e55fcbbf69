// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every C++ benchmark client shares: the command line, the meters of one stream, and the
// JSON line that `processes.py` reads. The JavaScript clients have the same in
// `../peers/stream/measure.mjs`; keep the two alike. Single-threaded unless a function says otherwise.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "process_meters.hpp"

namespace bench {

enum class Mode : std::uint8_t { blast, paced, abort };

/// In mode abort, the client aborts when it has seen so many deltas.
inline constexpr std::uint64_t kDeltasBeforeAbort = 3;

/// The command line of a client, the same for every client.
struct Options {
  std::string base_url;  // http://127.0.0.1:PORT/v1
  std::uint32_t concurrency = 1;
  std::uint32_t requests = 1;
  std::uint32_t warmup = 0;
  std::uint32_t deltas = 0;
  Mode mode = Mode::blast;
  std::string store = "memory:";  // for clients with a journal

  /// The name that tells the mock what to stream, such as `mock-blast-2000`.
  [[nodiscard]] std::string model() const;
};

/// Parses the command line; on a mistake prints one line to stderr and exits 2.
[[nodiscard]] Options parse_options(int argc, char** argv);

/// Counts of durations in logarithmic buckets 1.1 % wide: constant memory, however long the run.
class LatencyHistogram {
 public:
  void add(std::uint64_t duration_ns);
  /// The duration below which the share `q` (0 to 1) lies, in nanoseconds; 0 when empty.
  [[nodiscard]] double quantile_ns(double q) const;
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  static constexpr std::size_t kBucketsPerOctave = 64;
  std::array<std::uint32_t, 48 * kBucketsPerOctave> buckets_{};
  std::uint64_t count_ = 0;
};

/// What a process measures; one for the warm-up, thrown away, and one for the measured phase.
struct Tally {
  Mode mode = Mode::blast;
  std::uint64_t deltas = 0;
  std::uint64_t pieces = 0;  // calls with text; fewer than deltas where a client joins them
  std::uint64_t failed = 0;
  std::uint64_t first_token_ns = 0;  // clock at the first text this tally saw
  LatencyHistogram delta_latency;
  std::vector<std::uint64_t> first_token_after_ns;  // one for each request
  std::vector<std::uint64_t> abort_call_ns;
  std::vector<std::uint64_t> aborted_ns;

  explicit Tally(Mode of_mode) : mode(of_mode) {}
};

/// The meter of one stream. `start` right before the request, `add` for each piece of text that
/// reaches user code. The text is kept, as a user would keep it.
class StreamMeter {
 public:
  void start(Tally& tally);
  void add(std::string_view text);
  /// Deltas seen so far in this stream.
  [[nodiscard]] std::uint64_t deltas() const { return deltas_; }
  /// Counts the request as failed unless exactly `expected` deltas came.
  void finish(std::uint64_t expected);
  /// Notes the moment before the abort call, and the moment the user's code saw the run end.
  void note_abort_call();
  void note_aborted();

 private:
  Tally* tally_ = nullptr;  // outlives the stream
  std::string text_;
  std::size_t parsed_bytes_ = 0;
  std::uint64_t deltas_ = 0;
  std::uint64_t started_ns_ = 0;
};

/// Prints the JSON line of the measured phase to stdout. `wall_s` and `cpu` are of that phase
/// alone.
void print_report(std::string_view client, const Options& options, const Tally& tally, double wall_s, double cpu);

}  // namespace bench
