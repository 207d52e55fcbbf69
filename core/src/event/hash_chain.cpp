// SPDX-License-Identifier: Apache-2.0
#include "event/hash_chain.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <new>

namespace orchestrator::harness::event {

namespace {

// Looked up once: finding it among the providers of libcrypto costs more than hashing a line.
const EVP_MD* method() {
  static const EVP_MD* const sha256_method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return sha256_method;
}

}  // namespace

Digest::Digest() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) throw std::bad_alloc();
}
Digest::~Digest() { EVP_MD_CTX_free(context_); }

void Digest::start() {
  if (is_started_) return;
  // Fails only when memory ends: SHA-256 is in every provider of libcrypto.
  if (EVP_DigestInit_ex(context_, method(), nullptr) != 1) throw std::bad_alloc();
  is_started_ = true;
}

Digest& Digest::add(std::string_view bytes) {
  start();
  EVP_DigestUpdate(context_, bytes.data(), bytes.size());
  return *this;
}

Digest& Digest::add(const Hash& hash) {
  start();
  EVP_DigestUpdate(context_, hash.bytes().data(), hash.bytes().size());
  return *this;
}

Hash Digest::finish() {
  start();
  std::array<std::uint8_t, Hash::kBytes> out{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(context_, out.data(), &size);
  is_started_ = false;
  return Hash(out);
}

Hash chain_hash(const Hash& previous, std::string_view envelope, const Hash& data_hash) {
  Digest digest;
  return digest.add(previous).add(envelope).add(data_hash).finish();
}

Hash list_hash(const Hash& before, const Hash& element) {
  Digest digest;
  return digest.add(before).add(element).finish();
}

}  // namespace orchestrator::harness::event

namespace orchestrator::harness {

Hash sha256(std::string_view bytes) {
  event::Digest digest;
  return digest.add(bytes).finish();
}

}  // namespace orchestrator::harness
