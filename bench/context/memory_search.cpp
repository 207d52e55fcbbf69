// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/context/duration.hpp"
#include "bench/context/tables.hpp"
#include "orchestrator/harness/memory.hpp"

namespace orchestrator::bench {
namespace {

using namespace harness;

constexpr std::size_t kWordsOfLanguage = 20'000;
constexpr std::size_t kWordsOfMemory = 20;
constexpr std::size_t kNumbersOfVector = 384;
constexpr std::size_t kRepetitions = 51;

template <class T>
T await(boost::asio::awaitable<T> operation) {
  boost::asio::io_context io;
  auto result = boost::asio::co_spawn(io, std::move(operation), boost::asio::use_future);
  io.run();
  return result.get();
}

// Few words are in most texts and most words in few, as in a language.
std::string draw_text(std::mt19937_64& random, std::size_t words) {
  std::exponential_distribution<double> rank(1.0 / (kWordsOfLanguage / 10.0));
  std::string text;
  for (std::size_t i = 0; i < words; ++i) {
    const auto word = static_cast<std::size_t>(rank(random)) % kWordsOfLanguage;
    text += (text.empty() ? "w" : " w") + std::to_string(word);
  }
  return text;
}

Embedding draw_embedding(std::mt19937_64& random) {
  std::normal_distribution<float> number;
  Embedding embedding{"bench/model", {}};
  for (std::size_t i = 0; i < kNumbersOfVector; ++i) embedding.values.push_back(number(random));
  return embedding;
}

std::shared_ptr<MemoryStore> fill(std::size_t count, std::mt19937_64& random) {
  auto store = open_memory_store("memory:").value();
  for (std::size_t i = 0; i < count; ++i) {
    Memory memory;
    memory.id = MemoryId::make(1'700'000'000'000 + i, 0, i);
    memory.text = draw_text(random, kWordsOfMemory);
    memory.created_at.unix_us = static_cast<std::int64_t>(i) * 1'000'000;
    memory.embedding = draw_embedding(random);
    await(store->put(std::move(memory))).value();
  }
  return store;
}

void print_row(std::size_t count, const char* name, const std::vector<double>& times) {
  std::printf("| %zu | %s | %.2f | %.2f |\n", count, name, percentile(times, 50) / 1'000,
              percentile(times, 95) / 1'000);
}

}  // namespace

void print_memory_search(bool is_quick) {
  std::puts("| memories | search by | median ms | 95th percentile ms |");
  std::puts("|---|---|---|---|");
  std::mt19937_64 random(1);
  for (const std::size_t count :
       is_quick ? std::vector<std::size_t>{1'000} : std::vector<std::size_t>{1'000, 100'000}) {
    const auto store = fill(count, random);
    const auto search = [&](bool by_text, bool by_vector) {
      MemoryQuery query;
      if (by_text) query.text = draw_text(random, 5);
      if (by_vector) query.embedding = draw_embedding(random);
      query.now.unix_us = static_cast<std::int64_t>(count) * 1'000'000;
      await(store->search(std::move(query))).value();
    };
    print_row(count, "5 words", times_us(kRepetitions, [&] { search(true, false); }));
    print_row(count, "vector of 384", times_us(kRepetitions, [&] { search(false, true); }));
    print_row(count, "both", times_us(kRepetitions, [&] { search(true, true); }));
  }
}

}  // namespace orchestrator::bench
