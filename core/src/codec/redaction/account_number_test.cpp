// SPDX-License-Identifier: Apache-2.0
// Goal: card numbers and IBANs are told from other numbers. Method: published test numbers, and the same with one digit
// changed, which check digits must refuse.
#include "codec/redaction/account_number.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::codec {
namespace {

std::string card_in(std::string_view text) {
  const auto found = find_card(text);
  return found ? std::string(text.substr(found->begin, found->end - found->begin)) : std::string();
}

std::string iban_in(std::string_view text) {
  const auto found = find_iban(text);
  return found ? std::string(text.substr(found->begin, found->end - found->begin)) : std::string();
}

TEST(AccountNumber, FindsCardsOfEveryIssuerAndGrouping) {
  for (const std::string_view card : {"4111111111111111", "4012 8888 8888 1881", "5555-5555-5555-4444",
                                      "2223003122003222", "378282246310005", "3714 496353 98431", "6011111111111117",
                                      "3530111333300000", "30569309025904", "4222222222222", "6200000000000005"}) {
    EXPECT_EQ(card_in("pay " + std::string(card) + ", now"), card);
  }
  EXPECT_EQ(card_in("17 4012888888881881 18"), "4012888888881881");
  EXPECT_EQ(card_in("4012 8888 8888 1881 123"), "4012 8888 8888 1881");
}

TEST(AccountNumber, RefusesOtherNumbers) {
  for (const std::string_view text :
       {"4111111111111112", "4012 8888 8888 1882", "1234567890123456", "0000000000000000", "4111111111111111a",
        "x4111111111111111", "41111111111111111111", "4111 1111-1111 1111", "41 11111111 111111", "1764495900123456789",
        "3.4111111111111111", "4111111111111111.5", "_4111111111111111"}) {
    EXPECT_EQ(card_in(text), "") << text;
  }
}

TEST(AccountNumber, EveryChangedDigitOfACardIsRefused) {
  const std::string card = "4012888888881881";
  for (std::size_t i = 1; i < card.size(); ++i) {
    std::string changed = card;
    changed[i] = static_cast<char>('0' + (changed[i] - '0' + 1) % 10);
    EXPECT_EQ(card_in(changed), "") << changed;
  }
}

TEST(AccountNumber, FindsIbans) {
  for (const std::string_view iban :
       {"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432",
        "FR1420041010050500013M02606", "NO9386011117947", "MT84MALT011000012345MTLCAST001S",
        "CH93 0076 2011 6238 5295 7", "de89370400440532013000"}) {
    EXPECT_EQ(iban_in("to " + std::string(iban) + "."), iban);
  }
}

TEST(AccountNumber, RefusesWhatIsNoIban) {
  for (const std::string_view text :
       {"DE89370400440532013001", "DE8937040044053201300", "DE893704004405320130000", "XX89370400440532013000",
        "DE89 3704 0044 0532 0130 01", "xDE89370400440532013000", "de89 3704 0044 0532 0130 00",
        "DE893 7040 0440 5320 1300 0"}) {
    EXPECT_EQ(iban_in(text), "") << text;
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
