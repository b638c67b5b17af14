/** What a zygote's child does, without the fork: warm up, then serve on descriptor 3. */
import { serveInstance } from "../../src/serve.ts";
import { warmUp } from "../../src/warm-up.ts";

void Promise.resolve(warmUp()).then(() => serveInstance({ fd: 3 }));
