// Opens the gateway's listening socket and becomes the program that keeps it.
//
//   listen <host> <port> <program> [argument …]
//
// The program gets the socket as descriptor 3, and FN_LISTEN_FD=3. It hands it on to each gateway that it starts: one
// socket outlives them all, so a connection that nobody has accepted yet is not lost when a gateway goes. Node cannot
// open such a socket without accepting from it.
//
// Ends with 98 when the address is in use, 1 for any other reason, told on standard error.
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kPassed = 3;
constexpr int kAddressInUse = 98;
// The kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 4096;

int fail(const char* what, int code) {
  std::fprintf(stderr, "listen: %s: %s\n", what, std::strerror(errno));
  return code;
}

// -1: errno tells why.
int open_listener(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int yes = 1;
  const int dual_stack = 0;
  (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (address.ai_family == AF_INET6) (void)::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &dual_stack, sizeof dual_stack);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) < 0 || ::listen(fd, kBacklog) < 0) return -1;
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fputs("usage: listen <host> <port> <program> [argument …]\n", stderr), 1;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int why = ::getaddrinfo(argv[1], argv[2], &hints, &found); why != 0) {
    std::fprintf(stderr, "listen: %s: %s\n", argv[1], ::gai_strerror(why));
    return 1;
  }
  const int fd = open_listener(*found);
  if (fd < 0) return fail(argv[2], errno == EADDRINUSE ? kAddressInUse : 1);
  // A dup2 onto itself would keep close-on-exec.
  if (fd == kPassed ? ::fcntl(fd, F_SETFD, 0) < 0 : ::dup2(fd, kPassed) < 0) return fail("dup2", 1);
  if (::setenv("FN_LISTEN_FD", "3", 1) < 0) return fail("setenv", 1);
  ::execvp(argv[3], argv + 3);
  return fail(argv[3], 1);
}
