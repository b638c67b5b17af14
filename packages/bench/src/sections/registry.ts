import { burst } from "./burst.ts";
import { growth } from "./growth.ts";
import { many } from "./many.ts";
import { memory } from "./memory.ts";
import { neighbours } from "./neighbours.ts";
import type { Section } from "./section.ts";
import { soak } from "./soak.ts";
import { start } from "./start.ts";
import { sustained } from "./sustained.ts";
import { warm } from "./warm.ts";

/** Every section, in the order in which they run: those that can share a platform stand together. */
export const SECTIONS: readonly Section[] = [start, warm, many, soak, neighbours, sustained, burst, growth, memory];

export const SECTION_NAMES: readonly string[] = SECTIONS.map(({ name }) => name);
