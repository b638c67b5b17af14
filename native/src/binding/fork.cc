// The fork point: loaded by a zygote, and by nothing else.
//
//   calmPlatform()                 first of all; see calm-platform.h
//   serve(controlFd, seccompProgram) → blocks; returns only in a forked child, with { channel, sandbox }
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

#include <string>

#include "binding/become-child.h"
#include "binding/calm-platform.h"
#include "binding/zygote.h"
#include "napi.h"
#include "sys/socket.h"

namespace {

using binding::become_child;
using binding::kEnterFailed;
using binding::send_event;
using binding::Zygote;

Napi::Error napi_error(Napi::Env env, const sys::Failure& failed) { return Napi::Error::New(env, failed.text()); }

Napi::Value serve(const Napi::CallbackInfo& info) {
  const auto program = info[1].As<Napi::Buffer<char>>();
  Zygote zygote(info[0].As<Napi::Number>().Int32Value(), {program.Data(), program.Length()});
  if (const auto prepared = zygote.prepare(); !prepared) throw napi_error(info.Env(), prepared.failure());
  uint32_t sandbox = 0;
  const int channel = zygote.serve(sandbox);
  auto child = Napi::Object::New(info.Env());
  child["channel"] = channel;
  child["sandbox"] = sandbox;
  return child;
}

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
  if (const auto calm = binding::calm_platform(); !calm) throw napi_error(info.Env(), calm.failure());
  return info.Env().Undefined();
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports["calmPlatform"] = Napi::Function::New(env, calm_platform);
  exports["serve"] = Napi::Function::New(env, serve);
  exports["forkCheck"] = Napi::Function::New(env, fork_check);
  exports["collect"] = Napi::Function::New(env, collect);
  exports["pid"] = Napi::Function::New(env, own_pid);
  exports["socketPair"] = Napi::Function::New(env, socket_pair);
  exports["exit"] = Napi::Function::New(env, exit_now);
  exports["ready"] = Napi::Function::New(env, ready);
  return exports;
}

}  // namespace

NODE_API_MODULE(fork, initialise)
