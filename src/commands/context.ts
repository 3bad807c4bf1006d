import type { Narrator } from "../report/narrator.js";

/** What a command gets from its door: everything that is not an option. */
export interface Context {
  /** The directory of the built-in stacks. */
  readonly stacks: string;
  readonly narrator: Narrator;
  readonly now: () => Date;
  /** Who runs this, and where it can be seen; "" where that is not known. */
  readonly actor: string;
  readonly run: string;
  /** Aborted when the job is cancelled. */
  readonly cancel: AbortSignal;
}
