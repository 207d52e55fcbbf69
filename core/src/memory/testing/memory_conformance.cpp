// SPDX-License-Identifier: Apache-2.0
#include "memory/testing/memory_conformance.hpp"

#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::memory::testing {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

class InMemoryHost final : public MemoryHost {
 public:
  explicit InMemoryHost(const MemoryBounds& bounds) : store_(open_memory_store("memory:", bounds).value()) {}
  std::shared_ptr<MemoryStore> open() override { return store_; }

 private:
  std::shared_ptr<MemoryStore> store_;  // the only handle there can be
};

class SqliteHost final : public MemoryHost {
 public:
  explicit SqliteHost(const MemoryBounds& bounds) : bounds_(bounds) {}
  std::shared_ptr<MemoryStore> open() override {
    auto store = open_memory_store("sqlite:" + folder_.path("memory.db"), bounds_);
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }

 private:
  TemporaryFolder folder_{FolderPlace::memory};
  MemoryBounds bounds_;
};

// The value, or a failed test and an empty one.
template <class T>
T value_of(Result<T> result) {
  if (result) return *std::move(result);
  ADD_FAILURE() << result.error().code << ": " << result.error().message;
  return T();
}

template <class Item, class IdOf>
std::vector<std::uint64_t> numbers(const std::vector<Item>& items, IdOf id_of) {
  std::vector<std::uint64_t> all;
  for (const Item& item : items) {
    std::uint64_t number = 0;
    while (memory_id(number) < id_of(item)) ++number;
    EXPECT_EQ(memory_id(number), id_of(item));
    all.push_back(number);
  }
  return all;
}

}  // namespace

MemoryKind in_memory_kind() {
  return {"memory", [](const MemoryBounds& bounds) { return std::make_unique<InMemoryHost>(bounds); }, false};
}

MemoryKind sqlite_kind() {
  return {"sqlite", [](const MemoryBounds& bounds) { return std::make_unique<SqliteHost>(bounds); }, true};
}

void PrintTo(const MemoryKind& kind, std::ostream* out) { *out << kind.name; }

std::string kind_name(const ::testing::TestParamInfo<MemoryKind>& info) { return info.param.name; }

MemoryId memory_id(std::uint64_t number) { return MemoryId::make(1'700'000'000'000, 1, number); }

SessionId session_id(std::uint64_t number) { return SessionId::make(1'700'000'000'000, 2, number); }

Memory fact(std::uint64_t number, std::string text) {
  Memory memory;
  memory.id = memory_id(number);
  memory.text = std::move(text);
  memory.user = "ann";
  memory.created_at = {static_cast<std::int64_t>(number) * 1'000'000};
  return memory;
}

Memory note(std::uint64_t number, std::string text) {
  Memory memory = fact(number, std::move(text));
  memory.lane = MemoryLane::working;
  memory.session_id = session_id(1);
  return memory;
}

MemoryQuery question(std::string text) {
  MemoryQuery query;
  query.text = std::move(text);
  query.user = "ann";
  query.now = {1'000'000'000'000};
  return query;
}

Embedding embedding(std::vector<float> values, std::string model) { return {std::move(model), std::move(values)}; }

std::vector<std::uint64_t> numbers_of(const std::vector<MemoryHit>& hits) {
  return numbers(hits, [](const MemoryHit& hit) { return hit.memory.id; });
}

std::vector<std::uint64_t> numbers_of(const std::vector<Memory>& memories) {
  return numbers(memories, [](const Memory& memory) { return memory.id; });
}

std::vector<std::uint64_t> numbers_of(const std::vector<MemoryId>& ids) {
  return numbers(ids, [](const MemoryId& id) { return id; });
}

MemoryPut MemoryCalls::put(MemoryStore& store, Memory memory) { return value_of(await(store.put(std::move(memory)))); }

std::vector<MemoryHit> MemoryCalls::search(MemoryStore& store, MemoryQuery query) {
  return value_of(await(store.search(std::move(query))));
}

std::vector<Memory> MemoryCalls::list(MemoryStore& store, MemoryFilter filter) {
  return value_of(await(store.list(std::move(filter), std::nullopt, 1'000)));
}

std::uint64_t MemoryCalls::forget(MemoryStore& store, MemoryFilter filter) {
  return value_of(await(store.forget(std::move(filter))));
}

void MemoryConformance::use(const MemoryBounds& bounds) {
  store_.reset();
  host_ = GetParam().make_host(bounds);
  store_ = host_->open();
  ASSERT_NE(store_, nullptr);
}

void MemoryConformance::TearDown() {
  store_.reset();
  host_.reset();
}

}  // namespace orchestrator::harness::memory::testing
