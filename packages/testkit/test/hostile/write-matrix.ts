import { writeFileSync } from "node:fs";
import { MATRIX, renderMatrix } from "./matrix.ts";

writeFileSync(MATRIX, renderMatrix());
