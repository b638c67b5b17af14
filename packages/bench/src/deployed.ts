import { join } from "node:path";
import type { Deployed, Platform } from "@zygo/testkit";
import type { BenchResult } from "./result.ts";

const known = new WeakMap<Platform, Set<string>>();

/** The path of a function of this package. */
export const fileOf = (name: string): string => join(import.meta.dirname, "functions", `${name}.ts`);

/** Deploys those of `functions/` that this platform does not have yet; `plain`: without a template, under the name `<name>-plain`. */
export async function deployOnce(platform: Platform, names: readonly string[], { plain = false } = {}): Promise<BenchResult["deployed"]> {
  const there = known.get(platform) ?? new Set<string>();
  known.set(platform, there);
  const wanted = names.filter((name) => !there.has(plain ? plainName(name) : name));
  const done: Deployed[] = [];
  if (plain) for (const name of wanted) done.push(await platform.deploy(fileOf(name), "--name", plainName(name), "--no-template"));
  else if (wanted.length > 1) done.push(...(await platform.deployAll(wanted.map(fileOf))));
  else for (const name of wanted) done.push(await platform.deploy(fileOf(name)));
  for (const each of done) there.add(each.function);
  return done.map((each) => ({ name: each.function, bundleBytes: each.bundleBytes, deployMs: each.totalMs }));
}

/** What a version without a template is called. */
export const plainName = (name: string): string => `${name}-plain`;
