/** What scripts can rely on; listed in `fn --help`. */
export const EXIT = {
  ok: 0,
  /** The function or the platform failed. */
  failed: 1,
  /** The command was given wrongly. */
  usage: 2,
  /** No platform answers at the URL. */
  unreachable: 3,
  notFound: 4,
  /** The function does not bundle, or does not load, or its config is wrong. */
  invalidFunction: 5,
  interrupted: 130,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];
