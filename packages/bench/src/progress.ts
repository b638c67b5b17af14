/** Told what is going on. `all` 0: it has no countable parts. */
export type Progress = (phase: string, done: number, all: number) => void;
