// SPDX-License-Identifier: Apache-2.0
// A function as a tool: one call that works, one whose arguments do not fit and that the model mends, one that fails
// with a typed error. Nothing but events says what happened.
// Usage: i03_tools [PROVIDER/MODEL]
#include <boost/describe.hpp>

#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "orchestrator/harness/harness.hpp"
#include "orchestrator/harness/make_tool.hpp"

namespace oh = orchestrator::harness;

namespace {

struct PriceOf {
  std::string item;
  std::optional<std::uint16_t> count;
};
BOOST_DESCRIBE_STRUCT(PriceOf, (), (item, count))

struct Price {
  std::string item;
  std::uint32_t cents = 0;
};
BOOST_DESCRIBE_STRUCT(Price, (), (item, cents))

// Blocking code is fine: it runs on a thread of its own.
oh::Result<Price> price_of(const PriceOf& wanted) {
  static const std::map<std::string, std::uint32_t> cents{{"apple", 50}, {"pear", 60}};
  const auto found = cents.find(wanted.item);
  if (found == cents.end()) {
    return oh::fail(oh::ToolErrorCode::not_found, "there is no " + wanted.item + "; there are apple and pear", "/item");
  }
  return Price{wanted.item, found->second * wanted.count.value_or(1)};
}

void show(const oh::StreamEvent& event) {
  if (const auto* delta = event.get_if<oh::StreamEvent::OutputDelta>()) std::cout << delta->text << std::flush;
  if (const auto* call = event.get_if<oh::StreamEvent::ToolCallRequested>()) {
    std::cout << "\n-> " << call->tool << " " << call->arguments << "\n";
  }
  if (const auto* end = event.get_if<oh::StreamEvent::ToolCallFinished>()) {
    if (end->error) {
      std::cout << "<- " << end->error->code << ": " << end->error->message << "\n";
    } else {
      for (const oh::ContentPart& part : end->result) {
        if (const auto* json = std::get_if<oh::JsonPart>(&part)) std::cout << "<- " << json->json.text << "\n";
      }
    }
  }
  if (event.is_terminal()) std::cout << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  auto price = oh::make_tool<PriceOf>("price", "What some fruit costs.", price_of,
                                      {.effect_class = oh::EffectClass::pure,
                                       .fields = {{"item", "The fruit, in the singular."}, {"count", "How many."}}});
  auto harness = oh::HarnessBuilder::from_environment().tool(price).build();
  if (!harness) {
    std::cerr << harness.error().message << "\n";
    return 2;
  }
  auto request = harness->session().run("What do three apples, two pears and a durian cost?");
  if (argc > 1) request.model(argv[1]);
  auto run = request.start();
  if (!run) {
    std::cerr << run.error().message << "\n";
    return 1;
  }
  bool is_completed = false;
  for (const oh::StreamEvent& event : run->events()) {
    show(event);
    if (event.get_if<oh::StreamEvent::Completed>()) is_completed = true;
    if (const auto* error = event.get_if<oh::StreamEvent::Error>()) std::cerr << error->error.message << "\n";
  }
  std::cout << "Run " << run->id().str() << "; orchestrator runs events shows every step of it.\n";
  return is_completed ? 0 : 1;
}
