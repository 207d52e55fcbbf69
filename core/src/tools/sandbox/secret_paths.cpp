// SPDX-License-Identifier: Apache-2.0
#include "tools/sandbox/secret_paths.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace orchestrator::harness::tools {
namespace {

using Name = std::string_view;

constexpr auto kFolders = std::to_array<Name>(
    {".aws", ".azure", ".docker", ".gcloud", ".gnupg", ".kube", ".password-store", ".ssh", "gcloud", "secrets"});
constexpr auto kFiles =
    std::to_array<Name>({".dockercfg", ".dockerconfigjson", ".env",        ".envrc",     ".git-credentials",
                         ".htpasswd",  ".my.cnf",           ".netrc",      ".npmrc",     ".pgpass",
                         ".pypirc",    ".vault-token",      ".yarnrc.yml", "_netrc",     "id_dsa",
                         "id_ecdsa",   "id_ed25519",        "id_rsa",      "kubeconfig", "secrets"});
constexpr auto kBeginnings = std::to_array<Name>({".env.", "credentials", "secrets.", "service-account"});
constexpr auto kEndings = std::to_array<Name>(
    {".env", ".jks", ".kdbx", ".key", ".keystore", ".p12", ".pem", ".pfx", ".ppk", ".secret", ".tfstate", ".tfvars"});
constexpr auto kHarmless = std::to_array<Name>({".dist", ".example", ".pub", ".sample", ".template"});

bool is_one_of(const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

bool has_such_name(std::string_view name, bool is_last) {
  if (is_one_of(kFolders, name)) return true;
  if (!is_last || std::ranges::any_of(kHarmless, [&](Name end) { return name.ends_with(end); })) return false;
  return is_one_of(kFiles, name) ||
         std::ranges::any_of(kBeginnings, [&](Name begin) { return name.starts_with(begin); }) ||
         std::ranges::any_of(kEndings, [&](Name end) { return name.ends_with(end); });
}

}  // namespace

bool may_hold_secrets(std::string_view path) {
  std::string lower(path);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  while (lower.ends_with('/')) lower.pop_back();
  // An address of the repository may hold a token.
  if (lower == ".git/config" || lower.ends_with("/.git/config")) return true;
  for (std::size_t begin = 0; begin <= lower.size();) {
    const std::size_t end = std::min(lower.find('/', begin), lower.size());
    if (has_such_name(std::string_view(lower).substr(begin, end - begin), end == lower.size())) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace orchestrator::harness::tools
