// SPDX-License-Identifier: Apache-2.0
#include "daemon/access/token_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "cli/daemon/daemon_token.hpp"
#include "orchestrator/harness/ids.hpp"
#include "runtime/entropy.hpp"
#include "runtime/private_folder.hpp"

namespace orchestrator::daemon {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

std::unexpected<harness::Error> failed(const std::string& path, int number) {
  return fail(RuntimeErrorCode::storage_failed, "the token file " + path + ": " + std::strerror(number), path);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// Makes the file whole or not at all: it gets its name once it is complete. True where it is there then, whoever made
/// it.
Result<void> make_token_file(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (const int number = harness::runtime::make_private_folders(folder); number != 0) return failed(folder, number);
  const std::string draft = path + "." + std::to_string(::getpid());
  ::unlink(draft.c_str());
  const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.number() < 0) return failed(draft, errno);
  const std::string text = new_token() + "\n";
  const bool is_written = ::write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                          ::fsync(file.number()) == 0;
  const int write_error = errno;
  const int link_error = is_written && ::link(draft.c_str(), path.c_str()) != 0 ? errno : 0;
  ::unlink(draft.c_str());
  if (!is_written) return failed(draft, write_error);
  if (link_error != 0 && link_error != EEXIST) return failed(path, link_error);
  return {};
}

}  // namespace

Result<std::string> load_token(const std::string& path) {
  auto token = cli::read_token(path);
  if (token && !*token) {
    if (auto made = make_token_file(path); !made) return std::unexpected(std::move(made.error()));
    token = cli::read_token(path);
  }
  if (!token) return std::unexpected(std::move(token.error()));
  if (!*token) return failed(path, ENOENT);
  return **std::move(token);
}

std::string new_token() {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t bits = harness::runtime::random_bits();
    std::memcpy(bytes.data() + at, &bits, sizeof bits);
  }
  return std::string(cli::kTokenPrefix) + harness::Hash(bytes).str();
}

}  // namespace orchestrator::daemon
