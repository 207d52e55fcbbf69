// SPDX-License-Identifier: Apache-2.0
#include "runtime/storage_error.hpp"

#include <cerrno>
#include <system_error>

namespace orchestrator::harness::runtime {
namespace {

RuntimeErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return RuntimeErrorCode::storage_full;
    case EROFS:
    case EACCES:
    case EPERM:
      return RuntimeErrorCode::storage_readonly;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return RuntimeErrorCode::storage_unavailable;
    default:
      return RuntimeErrorCode::storage_failed;
  }
}

}  // namespace

Error storage_error(int error_number, std::string_view action, std::string_view path) {
  std::string message = "cannot ";
  message.append(action).append(" ").append(path).append(": ");
  message += std::generic_category().message(error_number);
  return RuntimeError{code_of(error_number), std::move(message), std::string(path), {}}.to_error();
}

}  // namespace orchestrator::harness::runtime
