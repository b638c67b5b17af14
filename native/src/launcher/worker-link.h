// The launcher's side of its socket to the worker: one JSON object a line, descriptors beside the line that needs them.
//
//   {"id":1,"op":"zygote","runtime":"node24"}
//   {"id":2,"op":"create","sandbox":7,"runtime":"node24","layer":"…","hostname":"…","limits":{memoryBytes,cpu,pids,tmpBytes}}
//        with "forkId":3 and the instance's end of its channel: a fork too, which is answered by itself, under that id
//   {"id":3,"op":"fork","sandbox":7}  + the instance's end of its channel
//   {"id":4,"op":"assign","sandbox":7,"layer":"…","limits":{…}}
//   {"id":5,"op":"usage","sandbox":7}
//   {"id":6,"op":"destroy","sandbox":7}
//   {"id":7,"op":"create","template":true,"forkId":8,"sandbox":9,…} + the template's end of its channel: a domain
//   {"id":10,"op":"create","sandbox":11,"domain":9,"hostname":"…","limits":{…}}: nested in it; "forkId" as above
//   {"id":12,"op":"retire","sandbox":9}: ends the template; answers when the domain is gone, after its last sandbox
// Answers: {"id":…,"ok":true,…} or {"id":…,"ok":false,"step":"…","error":"…"}. Events:
// {"event":"exit"|"zygote-exit"|…,…}.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "jail/step.h"
#include "sys/fd.h"

namespace launcher {

class WorkerLink {
 public:
  explicit WorkerLink(sys::Fd socket) : socket_(std::move(socket)) {}
  // Reads what is there. False when the worker is gone.
  bool read();
  std::optional<nlohmann::json> next_request();
  // The oldest descriptor that came and was not taken.
  sys::Fd take_fd();
  void answer(const nlohmann::json& id, nlohmann::json body = nlohmann::json::object());
  void refuse(const nlohmann::json& id, const jail::StepFailure& failed);
  void tell(const nlohmann::json& event);
  int socket() const { return socket_.get(); }

 private:
  sys::Fd socket_;
  std::string pending_;
  std::deque<sys::Fd> fds_;
};

}  // namespace launcher
