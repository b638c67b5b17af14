// What the worker needs of the kernel and Node does not offer: socket pairs, descriptors sent along, sockets in another
// network namespace.
//
//   socketPair() → [fd, fd]                        SOCK_STREAM, close-on-exec; the first takes no descriptors: what a
//                                                  tenant sends along would be closed by this process, and the close
//                                                  of a lingering socket blocks for as long as its sender chose
//   sendWithFds(socket, text, fds)                 blocks up to a second when the peer's buffer is full
//   closeFd(fd)
//   listenInside(pid, ipv4, port) → fd             a TCP listener in the network namespace of that process
//   bindUdpInside(pid, ipv4, port) → fd
//   openMeter(paths) → meter                       see binding/meter.h for the order of the paths
//   readMeter(meter, counters, whole) → boolean    into a Float64Array; false: what it counted is gone
//   closeMeter(meter)                              idempotent
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "binding/meter.h"
#include "napi.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/socket.h"

namespace {

constexpr int kBacklog = 128;

template <class T>
T unwrap(Napi::Env env, sys::Result<T> result) {
  if (!result) throw Napi::Error::New(env, result.failure().text());
  return std::move(*result);
}

Napi::Value socket_pair(const Napi::CallbackInfo& info) {
  auto ends = unwrap(info.Env(), sys::socket_pair(SOCK_STREAM));
  unwrap(info.Env(), sys::refuse_descriptors(ends.first));
  auto result = Napi::Array::New(info.Env(), 2);
  result[0U] = ends.first.release();
  result[1U] = ends.second.release();
  return result;
}

Napi::Value send_with_fds(const Napi::CallbackInfo& info) {
  const std::string text = info[1].As<Napi::String>().Utf8Value();
  const auto list = info[2].As<Napi::Array>();
  std::vector<int> fds;
  for (uint32_t at = 0; at < list.Length(); ++at) fds.push_back(list.Get(at).As<Napi::Number>().Int32Value());
  unwrap(info.Env(), sys::send_message(info[0].As<Napi::Number>().Int32Value(), text, fds));
  return info.Env().Undefined();
}

Napi::Value close_fd(const Napi::CallbackInfo& info) {
  close(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

sys::Result<sys::Fd> bound_socket(int type, const sockaddr_in& address) {
  sys::Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return sys::failure("socket");
  const int yes = 1;  // what a predecessor in this namespace closed may linger at the port
  if (type == SOCK_STREAM && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
    return sys::failure("setsockopt");
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return sys::failure("bind");
  if (type == SOCK_STREAM && listen(socket.get(), kBacklog) < 0) return sys::failure("listen");
  return socket;
}

// A socket belongs to the namespace in which it was made. The calling thread visits it and comes back before anything
// else runs.
sys::Result<sys::Fd> socket_inside(pid_t pid, int type, const sockaddr_in& address) {
  const sys::Fd own = TRY(sys::open_path("/proc/thread-self/ns/net", O_RDONLY));
  const sys::Fd inside = TRY(sys::open_path("/proc/" + std::to_string(pid) + "/ns/net", O_RDONLY));
  TRY(sys::set_namespaces(inside, CLONE_NEWNET));
  auto socket = bound_socket(type, address);
  if (setns(own.get(), CLONE_NEWNET) < 0) abort();  // never go on in a tenant's network
  return socket;
}

Napi::Value open_inside(const Napi::CallbackInfo& info, int type) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(info[2].As<Napi::Number>().Uint32Value()));
  if (inet_pton(AF_INET, info[1].As<Napi::String>().Utf8Value().c_str(), &address.sin_addr) != 1) {
    throw Napi::TypeError::New(info.Env(), "not an IPv4 address");
  }
  auto socket = unwrap(info.Env(), socket_inside(info[0].As<Napi::Number>().Int32Value(), type, address));
  return Napi::Number::New(info.Env(), socket.release());
}

Napi::Value listen_inside(const Napi::CallbackInfo& info) { return open_inside(info, SOCK_STREAM); }
Napi::Value bind_udp_inside(const Napi::CallbackInfo& info) { return open_inside(info, SOCK_DGRAM); }

Napi::Value open_meter(const Napi::CallbackInfo& info) {
  const auto list = info[0].As<Napi::Array>();
  std::array<std::string, Meter::kFiles> paths;
  for (uint32_t at = 0; at < paths.size(); ++at) paths[at] = list.Get(at).As<Napi::String>().Utf8Value();
  return Napi::External<Meter>::New(info.Env(), new Meter(paths), [](Napi::Env, Meter* meter) { delete meter; });
}

Napi::Value read_meter(const Napi::CallbackInfo& info) {
  auto counters = info[1].As<Napi::Float64Array>();
  if (counters.ElementLength() != Meter::kCounters) throw Napi::RangeError::New(info.Env(), "not as many counters");
  auto& array = *reinterpret_cast<Meter::Counters*>(counters.Data());
  const bool whole = info[2].As<Napi::Boolean>();
  return Napi::Boolean::New(info.Env(), info[0].As<Napi::External<Meter>>().Data()->read(array, whole));
}

Napi::Value close_meter(const Napi::CallbackInfo& info) {
  info[0].As<Napi::External<Meter>>().Data()->close();
  return info.Env().Undefined();
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports["socketPair"] = Napi::Function::New(env, socket_pair);
  exports["sendWithFds"] = Napi::Function::New(env, send_with_fds);
  exports["closeFd"] = Napi::Function::New(env, close_fd);
  exports["listenInside"] = Napi::Function::New(env, listen_inside);
  exports["bindUdpInside"] = Napi::Function::New(env, bind_udp_inside);
  exports["openMeter"] = Napi::Function::New(env, open_meter);
  exports["readMeter"] = Napi::Function::New(env, read_meter);
  exports["closeMeter"] = Napi::Function::New(env, close_meter);
  return exports;
}

}  // namespace

NODE_API_MODULE(host, initialise)
