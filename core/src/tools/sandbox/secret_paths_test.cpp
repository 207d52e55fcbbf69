// SPDX-License-Identifier: Apache-2.0
// Goal: paths that look as if they held secrets are known by their names, and ordinary ones are left alone.
#include "tools/sandbox/secret_paths.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace orchestrator::harness::tools {
namespace {

TEST(SecretPaths, AreKnownByTheirNames) {
  for (const char* path : {".env",
                           ".env.local",
                           "a/b/.ENV",
                           "prod.env",
                           "id_rsa",
                           "keys/id_ed25519",
                           "server.pem",
                           "server.key",
                           "Server.PEM",
                           ".npmrc",
                           ".netrc",
                           "home/.git-credentials",
                           "credentials",
                           "credentials.json",
                           "vault.kdbx",
                           ".ssh",
                           ".ssh/config",
                           "x/.aws/config",
                           ".gnupg/",
                           "a/secrets/b.txt",
                           "secrets.yaml",
                           "main.tfstate",
                           ".git/config",
                           "sub/.git/config",
                           "service-account-1.json"}) {
    EXPECT_TRUE(may_hold_secrets(path)) << path;
  }
}

TEST(SecretPaths, OrdinaryOnesAreNone) {
  for (const char* path : {"", ".", "README.md", "src/main.c", ".env.example", "env", "environment.cpp", "id_rsa.pub",
                           "id_ed25519.pub", "keyboard.cpp", "a.keys", "monkey", ".github/workflows/ci.yml",
                           ".git/HEAD", "secret.txt", "docs/ssh/a.md", "config/settings.toml", "config"}) {
    EXPECT_FALSE(may_hold_secrets(path)) << path;
  }
}

}  // namespace
}  // namespace orchestrator::harness::tools
