// Echo by Boost.Beast, with its own defaults: a thread for each connection, as its simplest example has it. The TLS
// listener appears when a certificate was put into /etc/touchstone.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <filesystem>
#include <iostream>
#include <thread>

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

template <class Stream>
void echo(beast::websocket::stream<Stream> &socket) {
  socket.accept();
  for (;;) {
    beast::flat_buffer message;
    socket.read(message);
    socket.text(socket.got_text());
    socket.write(message.data());
  }
}

// Whatever ends a connection is reported as an error of the system.
template <class Work>
void untilItEnds(Work work) {
  try {
    work();
  } catch (boost::system::system_error const &) {
  }
}

template <class Serve>
void listen(asio::io_context &context, unsigned short port, Serve serve) {
  tcp::acceptor acceptor(context, {tcp::v4(), port});
  for (;;) {
    tcp::socket socket(context);
    acceptor.accept(socket);
    std::thread([serve, socket = std::move(socket)]() mutable { untilItEnds([&] { serve(std::move(socket)); }); }).detach();
  }
}

int main() {
  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_server);
  std::string const folder = "/etc/touchstone/";
  if (std::filesystem::exists(folder + "server.crt")) {
    tls.use_certificate_chain_file(folder + "server.crt");
    tls.use_private_key_file(folder + "server.key", asio::ssl::context::pem);
    std::thread([&] {
      listen(context, 9002, [&tls](tcp::socket socket) {
        beast::websocket::stream<asio::ssl::stream<tcp::socket>> secured(std::move(socket), tls);
        secured.next_layer().handshake(asio::ssl::stream_base::server);
        echo(secured);
      });
    }).detach();
  }
  std::cout << "listening" << std::endl;
  listen(context, 9001, [](tcp::socket socket) {
    beast::websocket::stream<tcp::socket> plain(std::move(socket));
    echo(plain);
  });
}
