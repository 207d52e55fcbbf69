// SPDX-License-Identifier: Apache-2.0
// The one translation unit that holds Asio's own code: every other one declares it only
// (BOOST_ASIO_SEPARATE_COMPILATION is a public compile definition of the runtime).

#include <boost/asio/impl/src.hpp>
