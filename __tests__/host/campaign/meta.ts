import type { Told } from "./strike.js";

/** What tests of the campaign tell the page about themselves. */
declare module "vitest" {
  interface TaskMeta {
    cell?: CellMeta;
    reloadLoop?: ReloadLoopMeta;
  }
}

export interface CellMeta {
  readonly owner: string;
  readonly course: string;
  readonly step: string;
  readonly fault: string;
  /** Missing where it failed. */
  readonly told?: Told;
  /** What the host is. */
  readonly on: string;
}

export interface ReloadLoopMeta {
  readonly deploys: number;
  readonly reloads: number;
  readonly samples: number;
  readonly requests: number;
}
