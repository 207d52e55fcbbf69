// SPDX-License-Identifier: Apache-2.0
#include "memory/testing/labelled_memories.hpp"

namespace orchestrator::harness::memory::testing {

const std::vector<std::string_view>& labelled_memories() {
  static const std::vector<std::string_view> kMemories{
      "The user prefers answers in metric units and dates written as 2026-11-29.",
      "The billing service is written in Go and lives in the repository payments-core.",
      "Deployments to production happen on Tuesdays and Thursdays, never before a holiday.",
      "Ann is allergic to peanuts and avoids restaurants that cook with peanut oil.",
      "The staging database was migrated to PostgreSQL 16; the old cluster is switched off.",
      "A failed build on Friday was caused by an expired certificate of the package mirror.",
      "Her manager is called Tobias; he wants a weekly summary by Monday morning.",
      "Tests of the parser are slow because each one starts a new Java virtual machine.",
      "The customer in Oslo asked for invoices in Norwegian kroner.",
      "Ann is learning to play the cello and practises on Wednesday evenings.",
      "The load balancer drops idle connections after sixty seconds.",
      "For code reviews the team uses small pull requests with at most three hundred lines.",
      "The password reset mail was sent twice because the queue redelivered the message.",
      "Ann's flight to Lisbon leaves at 07:40 on the third of December from terminal two.",
      "The mobile app supports Android 11 and newer; older phones are shown a notice.",
      "Log files are rotated every night and kept for ninety days.",
      "The search page became faster after an index on the column created_at was added.",
      "Ann's daughter Mira starts school next autumn.",
      "Feature flags are stored in Consul and cached for five minutes by each server.",
      "The design team wants rounded corners and a darker shade of green for buttons.",
      "An incident in March was traced to a leap year bug in the subscription renewal.",
      "The office in Graz has no parking; visitors take tram line five.",
      "Secrets are kept in Vault and must not be written into environment files.",
      "The nightly backup of the warehouse takes four hours and finishes at six.",
      "Ann likes her coffee without sugar and with oat milk.",
      "The API limits each key to one hundred requests a minute and answers 429 beyond.",
      "Documentation is generated from comments and published with every tagged release.",
      "The French translation is done by an agency that needs ten working days.",
      "A memory leak in the image resizer was fixed by closing file handles.",
      "The contract with the hosting company ends in June and renews by itself.",
      "Integration tests need Docker; on the laptops of new colleagues it is missing.",
      "Ann takes the train on Mondays and works without a network for two hours.",
      "The checkout shows an error when a voucher is combined with free shipping.",
      "Metrics are collected by Prometheus every fifteen seconds.",
      "The accountant needs receipts of every journey before the end of the month.",
      "Two engineers share the on-call duty and swap on Wednesdays at noon.",
      "The recommendation model is retrained weekly with the clicks of the last month.",
      "Ann asked not to be interrupted between nine and eleven.",
      "The firewall blocks outgoing mail on port 25; port 587 is open.",
      "A copy of the customer table was deleted by mistake and restored from a snapshot."};
  return kMemories;
}

const std::vector<LabelledQuestion>& labelled_questions() {
  static const std::vector<LabelledQuestion> kQuestions{{"Which units and which date format should I write?", 0},
                                                        {"in what language was the service for bills written", 1},
                                                        {"On what day can we deploy this to production?", 2},
                                                        {"Can she eat a dish with peanuts?", 3},
                                                        {"Did we migrate the database of staging already?", 4},
                                                        {"Who is the boss of Ann and what does he expect?", 6},
                                                        {"why is testing the parsers so slow", 7},
                                                        {"Which musical instrument does she practise?", 9},
                                                        {"How big may a change be that I hand in for reviewing?", 11},
                                                        {"When will Ann be flying to Lisbon?", 13},
                                                        {"How long do we keep rotated logs?", 15},
                                                        {"How old is her child?", 17},
                                                        {"caching of a feature flag", 18},
                                                        {"Where should I store a secret?", 22},
                                                        {"How does Ann take her coffees?", 24},
                                                        {"too many request errors: what is the limit of the API", 25},
                                                        {"Vouchers and shipping for free give errors at checkout", 32},
                                                        {"Who answers alarms, and when does that change?", 35},
                                                        {"At what hours does she want to be left in peace?", 37},
                                                        {"Which tables did somebody delete mistakenly?", 39}};
  return kQuestions;
}

}  // namespace orchestrator::harness::memory::testing
