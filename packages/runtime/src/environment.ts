const PRODUCTION = "production";

/**
 * Makes `process.env` hold the function's variables and nothing of the platform's, with NODE_ENV "production" unless given, and
 * `process.argv` name the bundle. @returns the handlers' `env`: what was given, frozen.
 */
export function enterEnvironment(file: string, env: Record<string, string>): Readonly<Record<string, string>> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  process.env["NODE_ENV"] = PRODUCTION;
  Object.assign(process.env, env);
  process.argv = [process.execPath, file];
  return Object.freeze({ ...env });
}
