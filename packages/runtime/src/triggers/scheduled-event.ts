import type { ScheduledPayload } from "@zygo/contracts/frames";

/** The first argument of a `scheduled` handler; `ScheduledEvent` of `@zygo/sdk`. */
export class ScheduledEvent {
  readonly name: string;
  readonly schedule: string;
  /** As `schedule`: the name that other platforms give it. */
  readonly cron: string;
  readonly timeZone: string;
  readonly scheduledTime: number;
  readonly slot: string;
  readonly manual: boolean;

  constructor(payload: ScheduledPayload) {
    this.name = payload.name;
    this.schedule = payload.schedule;
    this.cron = payload.schedule;
    this.timeZone = payload.timeZone;
    this.scheduledTime = payload.scheduledTime;
    this.slot = new Date(payload.scheduledTime).toISOString();
    this.manual = payload.manual;
  }
}
