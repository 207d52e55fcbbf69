// SPDX-License-Identifier: Apache-2.0
#include "note_server.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <sstream>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

std::string message(const char* status, const std::string& body = {}) {
  return std::string("HTTP/1.1 ") + status + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

NoteServer::NoteServer() : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  accept_next();
  thread_ = std::thread([this] { context_.run(); });
}

NoteServer::~NoteServer() {
  context_.stop();
  thread_.join();
}

std::map<std::string, std::string> NoteServer::notes() const {
  const std::scoped_lock lock(mutex_);
  return notes_;
}

void NoteServer::accept_next() {
  acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (!error) serve(std::move(socket));
    accept_next();
  });
}

// One request at a time is enough here.
void NoteServer::serve(tcp::socket socket) {
  boost::system::error_code error;
  std::string text;
  const std::size_t head = asio::read_until(socket, asio::dynamic_buffer(text, 1U << 16U), "\r\n\r\n", error);
  if (error) return;
  std::istringstream first(text);
  std::string method;
  std::string path;
  first >> method >> path;
  const std::size_t length = text.find("Content-Length: ");
  const std::size_t wanted = length < head ? std::strtoul(text.c_str() + length + 16, nullptr, 10) : 0;
  std::string body = text.substr(head);
  if (body.size() < wanted) {
    const std::size_t more = wanted - body.size();
    asio::read(socket, asio::dynamic_buffer(body, 1U << 16U), asio::transfer_exactly(more), error);
  }
  asio::write(socket, asio::buffer(answer(method, path, body)), error);
}

std::string NoteServer::answer(const std::string& method, const std::string& path, const std::string& body) {
  const std::scoped_lock lock(mutex_);
  const auto found = notes_.find(path);
  if (method == "PUT") {
    notes_[path] = body;
    return message(found == notes_.end() ? "201 Created" : "200 OK");
  }
  if (found == notes_.end()) return message("404 Not Found");
  if (method == "GET") return message("200 OK", found->second);
  if (method != "DELETE") return message("405 Method Not Allowed");
  notes_.erase(found);
  return message("204 No Content");
}
