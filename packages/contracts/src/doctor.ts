import { z } from "zod";

/** One thing that a host offers or lacks. */
export const HostCheck = z.object({
  /** Lower case, as FN_ALLOW_MISSING takes it. */
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  ok: z.boolean(),
  /** Without it a worker does not start, unless told to. */
  mandatory: z.boolean(),
  /** What is there. */
  found: z.string(),
  /** What follows for isolation, or for operation. */
  means: z.string(),
  /** How to mend it; absent when all is well. */
  mend: z.string().optional(),
});
export type HostCheck = z.infer<typeof HostCheck>;

/** `GET /api/doctor`: what each live worker found on its host at its start. */
export const DoctorReport = z.object({
  workers: z.array(z.object({ id: z.string(), checks: z.array(HostCheck) })),
  /** Workers that did not answer in time. */
  silent: z.array(z.string()),
});
export type DoctorReport = z.infer<typeof DoctorReport>;
