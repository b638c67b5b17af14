/** A call that its caller may give up. */
export interface Abortable {
  signal?: AbortSignal | undefined;
}
