// SPDX-License-Identifier: Apache-2.0
#include "measure.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "mock_body.hpp"

namespace bench {
namespace {

constexpr std::size_t kStampDigits = 12;
constexpr std::uint64_t kStampMask = (std::uint64_t{1} << 48) - 1;

[[noreturn]] void usage(const std::string& what) {
  std::fprintf(stderr,
               "%s; usage: client --base-url URL --concurrency C --requests R --mode "
               "blast|paced|abort --deltas N"
               " [--warmup W] [--store URL]\n",
               what.c_str());
  std::exit(2);
}

std::uint32_t parse_count(std::string_view name, std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    usage(std::string(name).append(" needs a whole number, got '").append(text).append("'"));
  }
  return value;
}

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::blast:
      return "blast";
    case Mode::paced:
      return "paced";
    case Mode::abort:
      return "abort";
  }
  return "?";
}

std::string joined(const std::vector<std::uint64_t>& values) {
  std::string text = "[";
  for (const std::uint64_t value : values) {
    if (text.size() > 1) text += ',';
    text += std::to_string(value);
  }
  return text += ']';
}

std::string number_or_null(bool known, double value) {
  if (!known) return "null";
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.4f", value);
  return buffer.data();
}

std::string latency_us(const LatencyHistogram& histogram, double q) {
  return number_or_null(!histogram.empty(), histogram.quantile_ns(q) / 1e3);
}

/// The exact quantile; `values` need no order.
std::string quantile_ms(std::vector<std::uint64_t> values, double q) {
  if (values.empty()) return "null";
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(q * static_cast<double>(values.size()));
  const auto index = static_cast<std::size_t>(rank < 1 ? 0 : rank - 1);
  return number_or_null(true, static_cast<double>(values[index]) / 1e6);
}

}  // namespace

std::string Options::model() const {
  return std::string("mock-").append(name_of(mode)).append("-").append(std::to_string(deltas));
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 >= argc) usage(std::string(name).append(" needs a value"));
    const std::string_view value = argv[i + 1];
    if (name == "--base-url") {
      options.base_url = value;
    } else if (name == "--concurrency") {
      options.concurrency = parse_count(name, value);
    } else if (name == "--requests") {
      options.requests = parse_count(name, value);
    } else if (name == "--warmup") {
      options.warmup = parse_count(name, value);
    } else if (name == "--deltas") {
      options.deltas = parse_count(name, value);
    } else if (name == "--store") {
      options.store = value;
    } else if (name == "--mode") {
      if (value == "blast") {
        options.mode = Mode::blast;
      } else if (value == "paced") {
        options.mode = Mode::paced;
      } else if (value == "abort") {
        options.mode = Mode::abort;
      } else {
        usage(std::string("unknown mode '").append(value).append("'"));
      }
    } else {
      usage(std::string("unknown option '").append(name).append("'"));
    }
  }
  if (options.base_url.empty()) usage("--base-url is missing");
  if (options.concurrency == 0 || options.requests == 0 || options.deltas == 0) {
    usage("--concurrency, --requests and --deltas must be 1 or more");
  }
  return options;
}

void LatencyHistogram::add(std::uint64_t duration_ns) {
  const double octave = std::log2(static_cast<double>(duration_ns < 1 ? 1 : duration_ns));
  const auto bucket = static_cast<std::size_t>(octave * static_cast<double>(kBucketsPerOctave));
  ++buckets_[bucket < buckets_.size() ? bucket : buckets_.size() - 1];
  ++count_;
}

double LatencyHistogram::quantile_ns(double q) const {
  const double wanted = q * static_cast<double>(count_);
  double seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (buckets_[bucket] > 0 && seen >= wanted) {
      return std::exp2((static_cast<double>(bucket) + 0.5) / static_cast<double>(kBucketsPerOctave));
    }
  }
  return 0;
}

void StreamMeter::start(Tally& tally) {
  tally_ = &tally;
  text_.clear();
  parsed_bytes_ = 0;
  deltas_ = 0;
  started_ns_ = now_ns();
}

void StreamMeter::add(std::string_view text) {
  ++tally_->pieces;
  const bool first = text_.empty();
  text_.append(text);
  if (tally_->mode == Mode::blast) {
    deltas_ = text_.size() / kBlastDeltaBytes;
    if (!first) return;
  }
  const std::uint64_t now = now_ns();
  if (first) {
    tally_->first_token_after_ns.push_back(now - started_ns_);
    if (tally_->first_token_ns == 0) tally_->first_token_ns = now;
  }
  if (tally_->mode == Mode::blast) return;
  for (; parsed_bytes_ + kStampedDeltaBytes <= text_.size(); parsed_bytes_ += kStampedDeltaBytes) {
    std::uint64_t stamp = 0;
    const char* digits = text_.data() + parsed_bytes_;
    std::from_chars(digits, digits + kStampDigits, stamp, 16);
    tally_->delta_latency.add((now - stamp) & kStampMask);
    ++deltas_;
  }
}

void StreamMeter::finish(std::uint64_t expected) {
  tally_->deltas += deltas_;
  if (deltas_ != expected) ++tally_->failed;
}

void StreamMeter::note_abort_call() { tally_->abort_call_ns.push_back(now_ns()); }

void StreamMeter::note_aborted() {
  tally_->deltas += deltas_;
  tally_->aborted_ns.push_back(now_ns());
}

void print_report(std::string_view client, const Options& options, const Tally& tally, double wall_s, double cpu) {
  std::printf(
      "{\"client\":\"%.*s\",\"mode\":\"%.*s\",\"requests\":%u,\"failed\":%llu,\"deltas\":%llu,"
      "\"pieces\":%llu,"
      "\"wall_s\":%.6f,\"cpu_s\":%.6f,\"p50_us\":%s,\"p99_us\":%s,\"ttft_p50_ms\":%s,\"ttft_p99_"
      "ms\":%s,"
      "\"rss_mib\":%.2f,\"first_token_ns\":%llu,\"abort_call_ns\":%s,\"aborted_ns\":%s}\n",
      static_cast<int>(client.size()), client.data(), static_cast<int>(name_of(options.mode).size()),
      name_of(options.mode).data(), options.requests, static_cast<unsigned long long>(tally.failed),
      static_cast<unsigned long long>(tally.deltas), static_cast<unsigned long long>(tally.pieces), wall_s, cpu,
      latency_us(tally.delta_latency, 0.5).c_str(), latency_us(tally.delta_latency, 0.99).c_str(),
      quantile_ms(tally.first_token_after_ns, 0.5).c_str(), quantile_ms(tally.first_token_after_ns, 0.99).c_str(),
      peak_rss_mib(), static_cast<unsigned long long>(tally.first_token_ns), joined(tally.abort_call_ns).c_str(),
      joined(tally.aborted_ns).c_str());
  std::fflush(stdout);
}

}  // namespace bench
