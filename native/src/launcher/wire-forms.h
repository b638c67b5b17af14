// How limits, usage and exit statuses are written on the socket to the worker.
#pragma once

#include <nlohmann/json.hpp>

#include "launcher/cgroups.h"

namespace launcher {

// Throws what nlohmann::json throws when a member is missing or of another type.
Limits limits_of(const nlohmann::json& limits);
nlohmann::json usage_json(const Usage& usage);
// Of a status as waitpid(2) gives it: {"code":n|null,"signal":"KILL"|null}.
nlohmann::json status_json(int status);

}  // namespace launcher
