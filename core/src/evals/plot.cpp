// SPDX-License-Identifier: Apache-2.0
#include "evals/plot.hpp"

#include <algorithm>
#include <array>

#include "evals/report_text.hpp"

namespace orchestrator::harness::evals {
namespace {

constexpr double kLabelWidth = 170;
constexpr double kAxisWidth = 380;
constexpr double kValueWidth = 170;
constexpr double kRow = 30;
constexpr double kBar = 16;
constexpr double kFoot = 24;
constexpr std::size_t kBins = 10;
constexpr double kBinWidth = 44;
constexpr double kBinHeight = 120;
constexpr std::size_t kLabelBytes = 22;

std::string number(double value) { return decimal(value, 1); }

std::string begin(double width, double height, const std::string& title) {
  return "<svg viewBox=\"0 0 " + number(width) + " " + number(height) + "\" width=\"" + number(width) +
         "\" role=\"img\" aria-label=\"" + escaped(title) + "\">\n";
}

std::string line(const char* style, double x1, double y1, double x2, double y2) {
  return std::string("<line class=\"") + style + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" +
         number(x2) + "\" y2=\"" + number(y2) + "\"/>\n";
}

std::string rectangle(double x, double y, double width, double height) {
  return "<rect class=\"bar\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) +
         "\" height=\"" + number(height) + "\"/>\n";
}

std::string text(double x, double y, const char* anchor, const std::string& content) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" + escaped(content) +
         "</text>\n";
}

}  // namespace

std::string bar_plot(const std::vector<Bar>& bars) {
  if (bars.empty()) return "";
  const double bottom = kRow * static_cast<double>(bars.size());
  std::string svg = begin(kLabelWidth + kAxisWidth + kValueWidth, bottom + kFoot, "bars with 95 % intervals");
  for (int tenth = 0; tenth <= 10; tenth += 2) {
    const double x = kLabelWidth + kAxisWidth * tenth / 10;
    svg += line("grid", x, 0, x, bottom) + text(x, bottom + 16, "middle", decimal(tenth / 10.0, 1));
  }
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const double top = kRow * static_cast<double>(i) + (kRow - kBar) / 2;
    const double middle = top + kBar / 2;
    svg += text(kLabelWidth - 8, middle + 4, "end", plain_line(bar.label, kLabelBytes));
    svg += rectangle(kLabelWidth, top, kAxisWidth * std::clamp(bar.value, 0.0, 1.0), kBar);
    if (bar.interval) {
      const double low = kLabelWidth + kAxisWidth * std::clamp(bar.interval->low, 0.0, 1.0);
      const double high = kLabelWidth + kAxisWidth * std::clamp(bar.interval->high, 0.0, 1.0);
      svg += line("interval", low, middle, high, middle) + line("interval", low, middle - 5, low, middle + 5) +
             line("interval", high, middle - 5, high, middle + 5);
    }
    svg += text(kLabelWidth + kAxisWidth + 8, middle + 4, "start", with_interval(bar.value, bar.interval));
  }
  return svg + "</svg>\n";
}

std::string histogram(const std::vector<double>& values) {
  if (values.empty()) return "";
  std::array<std::size_t, kBins> counts{};
  for (const double value : values) {
    const auto bin = static_cast<std::size_t>(std::clamp(value, 0.0, 1.0) * static_cast<double>(kBins));
    counts.at(std::min(bin, kBins - 1)) += 1;
  }
  const double most = static_cast<double>(*std::ranges::max_element(counts));
  std::string svg = begin(kBinWidth * kBins + 20, kBinHeight + kFoot + 16, "how many scores are in each tenth");
  for (std::size_t i = 0; i < kBins; ++i) {
    const double height = kBinHeight * static_cast<double>(counts.at(i)) / most;
    const double x = 10 + kBinWidth * static_cast<double>(i);
    svg += rectangle(x + 2, 16 + kBinHeight - height, kBinWidth - 4, height);
    if (counts.at(i) > 0)
      svg += text(x + kBinWidth / 2, 12 + kBinHeight - height, "middle", std::to_string(counts.at(i)));
    svg += text(x, kBinHeight + 32, "middle", decimal(static_cast<double>(i) / kBins, 1));
  }
  svg += text(10 + kBinWidth * kBins, kBinHeight + 32, "middle", "1.0");
  return svg + line("grid", 10, 16 + kBinHeight, 10 + kBinWidth * kBins, 16 + kBinHeight) + "</svg>\n";
}

}  // namespace orchestrator::harness::evals
