#include "launcher/worker-link.h"

#include "sys/socket.h"

namespace launcher {

bool WorkerLink::read() {
  char buffer[65536];
  auto message = sys::receive_message(socket_.get(), buffer);
  if (!message) return message.failure().error == EAGAIN;
  if (message->bytes == 0) return false;
  pending_.append(buffer, message->bytes);
  for (sys::Fd& fd : message->fds) fds_.push_back(std::move(fd));
  return true;
}

std::optional<nlohmann::json> WorkerLink::next_request() {
  const size_t newline = pending_.find('\n');
  if (newline == std::string::npos) return std::nullopt;
  auto request = nlohmann::json::parse(pending_.substr(0, newline), nullptr, false);
  pending_.erase(0, newline + 1);
  return request;
}

sys::Fd WorkerLink::take_fd() {
  if (fds_.empty()) return sys::Fd();
  sys::Fd fd = std::move(fds_.front());
  fds_.pop_front();
  return fd;
}

void WorkerLink::answer(const nlohmann::json& id, nlohmann::json body) {
  body["id"] = id;
  body["ok"] = true;
  tell(body);
}

void WorkerLink::refuse(const nlohmann::json& id, const jail::StepFailure& failed) {
  tell({{"id", id}, {"ok", false}, {"step", failed.step}, {"error", failed.text}});
}

void WorkerLink::tell(const nlohmann::json& event) {
  const std::string line = event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  (void)sys::send_message(socket_.get(), line, {});  // a worker that is gone shows at the next read
}

}  // namespace launcher
