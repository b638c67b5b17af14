// The router: holds a network namespace of its own, with the bridge that sandboxes are attached to and the rules for
// what passes. Root, single-threaded, started by packages/sandbox. With its end the namespace is gone, and all in it.
//
//   router LOCKFILE
// Descriptor 3 is its socket to the worker; when that closes, it gives back what it changed on the host and ends.
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "router/service.h"
#include "sys/file.h"

namespace {

using router::NetlinkSocket;
using sys::Done;
using sys::Fd;

constexpr int kWorkerSocket = 3;

Done serve(const char* lock_file) {
  (void)::setsid();
  // The worker ends the router by closing its socket; signals to the process group are not for it.
  for (const int ignored : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(ignored, SIG_IGN);
  if (::fcntl(kWorkerSocket, F_SETFD, FD_CLOEXEC) < 0) return sys::failure("fcntl", "descriptor 3");
  const Fd held = TRY(sys::lock_path(lock_file));
  NetlinkSocket host_filter = TRY(NetlinkSocket::open(NETLINK_NETFILTER));
  NetlinkSocket host_log = TRY(NetlinkSocket::open(NETLINK_NETFILTER));
  const router::Namespaces namespaces = TRY(router::Namespaces::open());
  NetlinkSocket route = TRY(NetlinkSocket::open(NETLINK_ROUTE));
  router::Sockets sockets{TRY(NetlinkSocket::open(NETLINK_NETFILTER)), TRY(NetlinkSocket::open(NETLINK_NETFILTER)),
                          std::move(host_filter), std::move(host_log)};
  router::Service service(launcher::WorkerLink(Fd(kWorkerSocket)), namespaces,
                          router::Ports(namespaces, std::move(route)), std::move(sockets));
  service.run();
  return sys::done();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "router: bad arguments; it is started by the worker, not by hand\n");
    return 2;
  }
  if (const Done served = serve(argv[1]); !served) {
    std::fprintf(stderr, "router: %s\n", served.failure().text().c_str());
    return 1;
  }
  return 0;
}
