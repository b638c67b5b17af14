export * from "./admission.ts";
export * from "./cron.ts";
export * from "./idle.ts";
export * from "./pool-size.ts";
export * from "./scaling.ts";
export { instanceBound, tenantRoom, type TenantBounds } from "./tenant-room.ts";
