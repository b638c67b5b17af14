#include "router/service.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

#include "sys/file.h"

namespace router {
namespace {

using sys::Done;
using sys::done;
using sys::Fd;
using Json = nlohmann::json;

constexpr const char* kHostLock = "/run/zygo-network.lock";

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t at = 0; at + 1 < hex.size(); at += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  return bytes;
}

std::string written(uint32_t address) {
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &address, text, sizeof text) == nullptr ? "" : text;
}

Element element_of(const Json& given) {
  return {given.value("remove", false),
          given.at("family").get<uint8_t>(),
          given.at("table").get<std::string>(),
          given.at("set").get<std::string>(),
          from_hex(given.at("key").get<std::string>()),
          from_hex(given.value("keyEnd", "")),
          given.value("timeoutMs", uint64_t{0})};
}

sys::Result<Json> nothing(const Done& outcome) {
  if (!outcome) return outcome.failure();
  return Json::object();
}

}  // namespace

void Service::run() {
  while (worker_here_) {
    pollfd wanted[] = {
        {link_.socket(), POLLIN, 0}, {sockets_.log.get(), POLLIN, 0}, {sockets_.host_log.get(), POLLIN, 0}};
    if (::poll(wanted, std::size(wanted), -1) < 0 && errno != EINTR) break;
    if (wanted[0].revents != 0) worker_here_ = link_.read();
    while (auto request = link_.next_request()) handle(*request);
    if (wanted[1].revents != 0) tell_refusals(sockets_.log);
    if (wanted[2].revents != 0) tell_refusals(sockets_.host_log);
  }
  take_leave();
}

void Service::handle(const Json& request) {
  if (request.is_discarded() || !request.is_object()) return;
  const Json id = request.value("id", Json());
  const std::string op = request.value("op", "");
  try {
    auto answer = perform(op, request);
    if (!answer) return link_.refuse(id, {op, answer.failure().text()});
    if (answer->contains("error")) return link_.refuse(id, {op, answer->at("error").get<std::string>()});
    link_.answer(id, std::move(*answer));
  } catch (const std::exception& error) {
    link_.refuse(id, {"request", error.what()});
  }
}

sys::Result<Json> Service::perform(const std::string& op, const Json& request) {
  if (op == "attach") return attach(request);
  if (op == "elements") return change(request);
  if (op == "forget") return forget(request.at("address").get<std::string>());
  if (op == "run") return run(request);
  if (op == "sysctl") return set(request);
  if (op == "lock") return lock(request.at("held").get<bool>());
  if (op == "listen") return listen(request.at("group").get<uint16_t>());
  if (op == "limit") {
    return nothing(ports_.limit(request.at("port").get<std::string>(), request.at("pid").get<int>(),
                                request.at("bytesPerSecond").get<uint64_t>()));
  }
  if (op == "traffic") {
    const Traffic found = TRY(ports_.traffic(request.at("port").get<std::string>()));
    return Json{{"rxBytes", found.received}, {"txBytes", found.sent}};
  }
  if (op == "farewell") {
    farewell_ = request.at("steps");
    return Json::object();
  }
  return Json{{"error", "unknown operation"}};
}

const Fd& Service::place(const Json& request) const {
  return request.at("where").get<std::string>() == "host" ? namespaces_.host() : namespaces_.own();
}

sys::Result<Json> Service::run(const Json& request) {
  const auto argv = request.at("argv").get<std::vector<std::string>>();
  Ran ran = TRY(run_program(place(request), argv, request.value("input", "")));
  return Json{{ran.ok ? "output" : "error", ran.output}};
}

sys::Result<Json> Service::set(const Json& request) {
  std::string before;
  const Done changed = namespaces_.inside(place(request), [&]() -> Done {
    before = TRY(set_sysctl(request.at("key").get<std::string>(), request.at("value").get<std::string>()));
    return done();
  });
  if (!changed) return changed.failure();
  return Json{{"before", before}};
}

sys::Result<Json> Service::lock(bool held) {
  lock_.reset();
  if (!held) return Json::object();
  Fd file = TRY(sys::open_path(kHostLock, O_RDWR | O_CREAT, 0600));
  if (sys::retrying([&] { return ::flock(file.get(), LOCK_EX); }) < 0) return sys::failure("flock", kHostLock);
  lock_ = std::move(file);
  return Json::object();
}

sys::Result<Json> Service::attach(const Json& request) {
  return nothing(ports_.attach({request.at("port").get<std::string>(), request.at("index").get<unsigned>(),
                                request.at("pid").get<int>(), request.at("bridge").get<std::string>(),
                                request.at("address").get<std::string>(), request.at("gateway").get<std::string>(),
                                request.at("bytesPerSecond").get<uint64_t>()}));
}

sys::Result<Json> Service::change(const Json& request) {
  std::vector<Element> elements;
  for (const Json& given : request.at("elements")) elements.push_back(element_of(given));
  return nothing(change_elements(sockets_.filter, elements));
}

sys::Result<Json> Service::forget(const std::string& address) {
  uint32_t source = 0;
  if (::inet_pton(AF_INET, address.c_str(), &source) != 1) return Json{{"error", "not an address"}};
  TRY(forget_connections(sockets_.filter, source));
  return nothing(forget_connections(sockets_.host_filter, source));
}

sys::Result<Json> Service::listen(uint16_t group) {
  TRY(listen_for_refusals(sockets_.log, group));
  return nothing(listen_for_refusals(sockets_.host_log, group));
}

void Service::tell_refusals(NetlinkSocket& log) {
  for (const Refusal& refusal : read_refusals(log)) {
    link_.tell({{"event", "refused"},
                {"source", written(refusal.source)},
                {"destination", written(refusal.destination)},
                {"protocol", refusal.protocol},
                {"port", refusal.port}});
  }
}

// As far as it goes: what is left is for the next start to clear away.
void Service::take_leave() {
  if (!farewell_.empty()) (void)lock(true);
  for (const Json& step : farewell_) {
    try {
      if (step.contains("argv"))
        (void)run(step);
      else
        (void)set(step);
    } catch (const std::exception&) {
    }
  }
}

}  // namespace router
