// How limits, usage and exit statuses are written on the socket to the worker.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "launcher/cgroups.h"
#include "launcher/sandbox.h"
#include "launcher/volumes.h"

namespace launcher {

// Throw what nlohmann::json throws when a member is missing or of another type.
Limits limits_of(const nlohmann::json& limits);
// Of a request: none when it does not say. Throws too when a name or path cannot be right.
std::vector<VolumeMount> volumes_of(const nlohmann::json& request);
// The same; throws too when a name is no single path component.
Layers layers_of(const nlohmann::json& request);
nlohmann::json usage_json(const Usage& usage);
// Of a status as waitpid(2) gives it: {"code":n|null,"signal":"KILL"|null}.
nlohmann::json status_json(int status);

}  // namespace launcher
