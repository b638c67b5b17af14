export { SyncLane } from "./sync-lane.ts";
