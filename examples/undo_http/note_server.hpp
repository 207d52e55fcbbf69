// SPDX-License-Identifier: Apache-2.0
#pragma once

// The small server of the example: notes by id, with GET, PUT and DELETE of /notes/ID, on a port and a thread of its
// own.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <map>
#include <mutex>
#include <string>
#include <thread>

class NoteServer {
 public:
  NoteServer();
  ~NoteServer();
  NoteServer(const NoteServer&) = delete;
  NoteServer& operator=(const NoteServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// What it holds now. Any thread.
  [[nodiscard]] std::map<std::string, std::string> notes() const;

 private:
  void accept_next();
  void serve(boost::asio::ip::tcp::socket socket);
  [[nodiscard]] std::string answer(const std::string& method, const std::string& path, const std::string& body);

  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> notes_;
  std::thread thread_;
};
