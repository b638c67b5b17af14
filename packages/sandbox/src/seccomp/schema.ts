import { z } from "zod";

/** Linux numbers, the same on x86_64 and aarch64. @source asm-generic/errno-base.h, asm-generic/errno.h */
export const ERRNO = {
  EPERM: 1,
  ENOMEM: 12,
  EINVAL: 22,
  ENOTTY: 25,
  ENOSYS: 38,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
} as const;
export type ErrnoName = keyof typeof ERRNO;

const Errno = z.enum(Object.keys(ERRNO) as [ErrnoName, ...ErrnoName[]]);

/** A number, or `A|B|0x10`: names of the policy's `constants` and hexadecimal numbers, or-ed. */
const Value = z.union([z.int().min(0), z.string().regex(/^\w+(\|\w+)*$/)]);

const common = {
  /** Which argument, from 0. */
  index: z.int().min(0).max(5),
  /** How much of it the kernel reads. 32, the default, fits `int` and `unsigned`: the upper half is then ignored, as the kernel does. */
  width: z.union([z.literal(32), z.literal(64)]).default(32),
};

/** One condition on one argument. */
export const PolicyArg = z.discriminatedUnion("op", [
  z.strictObject({ ...common, op: z.enum(["eq", "ne"]), value: Value }),
  z.strictObject({ ...common, op: z.literal("in"), values: z.array(Value).min(1) }),
  z.strictObject({ ...common, op: z.enum(["masked_eq", "masked_ne"]), mask: Value, value: Value }),
  z.strictObject({ ...common, op: z.literal("masked_in"), mask: Value, values: z.array(Value).min(1) }),
]);
export type PolicyArg = z.infer<typeof PolicyArg>;

const rule = {
  syscalls: z.array(z.string()).min(1),
  /** All must hold. Absent: the rule holds always. */
  args: z.array(PolicyArg).min(1).optional(),
  reason: z.string().min(1),
};

export const PolicyRule = z.discriminatedUnion("action", [
  z.strictObject({ ...rule, action: z.enum(["allow", "kill"]) }),
  z.strictObject({ ...rule, action: z.literal("errno"), errno: Errno }),
]);
export type PolicyRule = z.infer<typeof PolicyRule>;

/** A file of `native/policies`. The first rule of a call that holds decides; `default` decides for calls that no rule names. */
export const PolicyFile = z.strictObject({
  name: z.string(),
  purpose: z.string(),
  default: z.discriminatedUnion("action", [
    z.strictObject({ action: z.enum(["allow", "kill"]), reason: z.string().min(1) }),
    z.strictObject({ action: z.literal("errno"), errno: Errno, reason: z.string().min(1) }),
  ]),
  constants: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.int().min(0)),
  rules: z.array(PolicyRule),
});
export type PolicyFile = z.infer<typeof PolicyFile>;

/** A policy that says only what it decides otherwise than another. */
export const PolicyExtension = PolicyFile.omit({ default: true }).extend({ extends: z.literal("instance") });
export type PolicyExtension = z.infer<typeof PolicyExtension>;
