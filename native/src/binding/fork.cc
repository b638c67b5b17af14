// The fork point: loaded by a zygote, and by nothing else.
//
//   calmPlatform()                 first of all; see calm-platform.h
//   serve(controlFd, instanceFilter, templateFilter) → blocks; returns only in a forked child, with
//                                  { channel, control }; control is -1 but in a template
//   serveTemplate(controlFd, instanceFilter) → the same in a template, whose children are instances
//   tellFrozen(controlFd, reasons)
//   watchMemory(limitBytes, collectGarbage)   in a forked child, once; see memory-watch.h
//   handles() → { type, active }[] of the event loop; requests() → how many are under way
//   forkCheck() → { pid, fd }: a plain fork for the self-test; pid is 0 in the child
//   collect(pid, fd, timeoutMs) → what the check child wrote, or null when it hung or crashed
//   ready(controlFd, selfTestJson)
//   pid() → getpid(2)
//   socketPair() → [fd, fd]        SOCK_STREAM, close-on-exec
//   exit(code) → never returns: _exit(2)
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "binding/become-child.h"
#include "binding/calm-platform.h"
#include "binding/fork-server.h"
#include "binding/loop-state.h"
#include "binding/memory-watch.h"
#include "napi.h"
#include "sys/socket.h"

namespace {

using binding::become_child;
using binding::ForkServer;
using binding::kEnterFailed;
using binding::loop_handles;
using binding::loop_requests;
using binding::send_event;

Napi::Error napi_error(Napi::Env env, const sys::Failure& failed) { return Napi::Error::New(env, failed.text()); }

std::span<const char> bytes_of(const Napi::Value& value) {
  const auto buffer = value.As<Napi::Buffer<char>>();
  return {buffer.Data(), buffer.Length()};
}

Napi::Value serve_as(const Napi::CallbackInfo& info, ForkServer::Role role, const binding::Filters& filters) {
  ForkServer server(role, info[0].As<Napi::Number>().Int32Value(), filters);
  if (const auto prepared = server.prepare(); !prepared) throw napi_error(info.Env(), prepared.failure());
  binding::Birth birth = server.serve();
  binding::use_memory_gauge(std::move(birth.memory_gauge));
  auto child = Napi::Object::New(info.Env());
  child["channel"] = birth.channel;
  child["control"] = birth.control;
  return child;
}

Napi::Value serve(const Napi::CallbackInfo& info) {
  return serve_as(info, ForkServer::Role::kZygote, {bytes_of(info[1]), bytes_of(info[2])});
}

Napi::Value serve_template(const Napi::CallbackInfo& info) {
  return serve_as(info, ForkServer::Role::kTemplate, {bytes_of(info[1]), {}});
}

Napi::Value handles(const Napi::CallbackInfo& info) {
  auto result = Napi::Array::New(info.Env());
  for (const binding::LoopHandle& handle : loop_handles()) {
    auto entry = Napi::Object::New(info.Env());
    entry["type"] = handle.type;
    entry["active"] = handle.active;
    result[result.Length()] = entry;
  }
  return result;
}

Napi::Value requests(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), loop_requests()); }

Napi::Value fork_check(const Napi::CallbackInfo& info) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) throw napi_error(info.Env(), sys::failure("pipe2"));
  const pid_t pid = fork();
  if (pid < 0) throw napi_error(info.Env(), sys::failure("fork"));
  if (pid == 0 && !become_child()) _exit(kEnterFailed);
  close(ends[pid == 0 ? 0 : 1]);
  auto result = Napi::Object::New(info.Env());
  result["pid"] = pid;
  result["fd"] = ends[pid == 0 ? 1 : 0];
  return result;
}

Napi::Value collect(const Napi::CallbackInfo& info) {
  const pid_t pid = info[0].As<Napi::Number>().Int32Value();
  const sys::Fd fd(info[1].As<Napi::Number>().Int32Value());
  const int timeout_ms = info[2].As<Napi::Number>().Int32Value();
  std::string text;
  bool ended = false;
  for (;;) {
    pollfd readable{fd.get(), POLLIN, 0};
    if (sys::retrying([&] { return poll(&readable, 1, timeout_ms); }) <= 0) break;
    char buffer[4096];
    const ssize_t got = sys::retrying([&] { return read(fd.get(), buffer, sizeof buffer); });
    if (got <= 0) {
      ended = got == 0;
      break;
    }
    text.append(buffer, static_cast<size_t>(got));
  }
  if (!ended) kill(pid, SIGKILL);
  int status = 0;
  sys::retrying([&] { return waitpid(pid, &status, 0); });
  if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return info.Env().Null();
  return Napi::String::New(info.Env(), text);
}

Napi::Value ready(const Napi::CallbackInfo& info) {
  send_event(info[0].As<Napi::Number>().Int32Value(), jail::ZygoteEventKind::kReady, 0, getpid(), 0,
             info[1].As<Napi::String>().Utf8Value());
  return info.Env().Undefined();
}

Napi::Value tell_frozen(const Napi::CallbackInfo& info) {
  send_event(info[0].As<Napi::Number>().Int32Value(), jail::ZygoteEventKind::kFrozen, 0, 0, 0,
             info[1].As<Napi::String>().Utf8Value());
  return info.Env().Undefined();
}

Napi::Value own_pid(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), getpid()); }

Napi::Value socket_pair(const Napi::CallbackInfo& info) {
  auto ends = sys::socket_pair(SOCK_STREAM);
  if (!ends) throw napi_error(info.Env(), ends.failure());
  auto result = Napi::Array::New(info.Env(), 2);
  result[0U] = ends->first.release();
  result[1U] = ends->second.release();
  return result;
}

// Node's own exit joins threads that a forked child does not have.
Napi::Value exit_now(const Napi::CallbackInfo& info) { _exit(info[0].ToNumber().Int32Value()); }

Napi::Value calm_platform(const Napi::CallbackInfo& info) {
  if (const auto watchable = binding::memory_watch_available(); !watchable)
    throw napi_error(info.Env(), watchable.failure());
  if (const auto calm = binding::calm_platform(); !calm) throw napi_error(info.Env(), calm.failure());
  return info.Env().Undefined();
}

Napi::Value watch_memory(const Napi::CallbackInfo& info) {
  const auto limit = static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value());
  const auto collector = std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[1].As<Napi::Function>()));
  auto collect = [collector] {
    const Napi::HandleScope scope(collector->Env());
    collector->Value().Call({});
  };
  if (const auto watched = binding::watch_memory(limit, std::move(collect)); !watched)
    throw napi_error(info.Env(), watched.failure());
  return info.Env().Undefined();
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports["calmPlatform"] = Napi::Function::New(env, calm_platform);
  exports["serve"] = Napi::Function::New(env, serve);
  exports["serveTemplate"] = Napi::Function::New(env, serve_template);
  exports["tellFrozen"] = Napi::Function::New(env, tell_frozen);
  exports["handles"] = Napi::Function::New(env, handles);
  exports["requests"] = Napi::Function::New(env, requests);
  exports["forkCheck"] = Napi::Function::New(env, fork_check);
  exports["collect"] = Napi::Function::New(env, collect);
  exports["pid"] = Napi::Function::New(env, own_pid);
  exports["socketPair"] = Napi::Function::New(env, socket_pair);
  exports["exit"] = Napi::Function::New(env, exit_now);
  exports["watchMemory"] = Napi::Function::New(env, watch_memory);
  exports["ready"] = Napi::Function::New(env, ready);
  return exports;
}

}  // namespace

NODE_API_MODULE(fork, initialise)
