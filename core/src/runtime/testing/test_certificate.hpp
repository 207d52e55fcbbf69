// SPDX-License-Identifier: Apache-2.0
#pragma once

// A self-signed certificate and its key as PEM files, which is also its own authority.
// The files live in a folder of their own that the destructor removes. One thread.

#include <filesystem>
#include <string>

namespace orchestrator::harness::runtime::testing {

/// What the certificate says.
struct CertificateFacts {
  std::string names = "DNS:localhost,IP:127.0.0.1";  // subject alternative names
  long valid_from_s = -3600;                         // seconds from now
  long valid_until_s = 86400;
};

class TestCertificate {
 public:
  explicit TestCertificate(const CertificateFacts& facts = {});
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;
  ~TestCertificate();

  [[nodiscard]] std::string certificate_file() const { return folder_ / "certificate.pem"; }
  [[nodiscard]] std::string key_file() const { return folder_ / "key.pem"; }
  /// The folder of the files; a test may put others there.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace orchestrator::harness::runtime::testing
