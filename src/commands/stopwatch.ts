import type { Phase } from "../errors.js";
import type { PhaseTime } from "../report/report.js";

/** Times the phases of one host as they follow each other. */
export class Stopwatch {
  private readonly ended: PhaseTime[] = [];
  private current: { readonly phase: Phase; readonly since: number } | undefined;

  start(phase: Phase): void {
    this.stop();
    this.current = { phase, since: performance.now() };
  }

  /** Ends the phase at work and returns all of them. */
  stop(): readonly PhaseTime[] {
    if (this.current) {
      this.ended.push({
        phase: this.current.phase,
        time: performance.now() - this.current.since,
      });
    }
    this.current = undefined;
    return [...this.ended];
  }
}
