// SPDX-License-Identifier: Apache-2.0
#include "tools/files/file_work.hpp"

namespace orchestrator::harness::tools {

namespace asio = boost::asio;

asio::execution_context::id FileWork::id;

FileWork* FileWork::begin(asio::execution_context& context) {
  FileWork& work = asio::use_service<FileWork>(context);
  const std::lock_guard lock(work.mutex_);
  ++work.under_way_;
  return &work;
}

// The notice under the lock: once it is gone, so may this be.
void FileWork::end() {
  const std::lock_guard lock(mutex_);
  if (--under_way_ == 0) ended_.notify_all();
}

void FileWork::shutdown() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return under_way_ == 0; });
}

}  // namespace orchestrator::harness::tools
