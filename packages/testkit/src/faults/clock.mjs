// Preloaded into the services by NODE_OPTIONS: their wall clock is off by as many milliseconds as the file ZYGO_CLOCK says.
import { readFileSync } from "node:fs";

const RealDate = Date;
const realNow = Date.now;
let offMs = 0;

const read = () => {
  try {
    offMs = Number(readFileSync(process.env.ZYGO_CLOCK, "utf8")) || 0;
  } catch {
    offMs = 0;
  }
};
read();
setInterval(read, 50).unref();

class JumpingDate extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(realNow() + offMs);
    else super(...given);
  }
  static now() {
    return realNow() + offMs;
  }
}
if (process.env.ZYGO_CLOCK) globalThis.Date = JumpingDate;
