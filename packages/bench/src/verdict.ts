/** Whether a figure was reached, for whoever reads the result. */
export interface Verdict {
  section: string;
  what: string;
  asked: string;
  found: number | null;
  unit: string;
  /** Null: not measured in this run. */
  reached: boolean | null;
}
