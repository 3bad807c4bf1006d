import { DeployError } from "../errors.js";
import { type Applied, nothingApplied, type Progress, record } from "./applied.js";
import { type Event, field } from "./events.js";
import { isLost, type Line } from "./line.js";
import type { Owner } from "./owner.js";
import begin from "./programs/begin.sh";
import decide from "./programs/decide.sh";
import follow from "./programs/follow.sh";
import { type Program, runAsOwner } from "./remote.js";
import type { Transaction } from "./transaction.js";

export interface Following {
  /** ms: how long the transaction may take. */
  readonly timeout: number;
  /** The uploaded release, where the plan needs a new one. */
  readonly archive?: string;
  /** Aborted when the runner's job is cancelled. */
  readonly cancel: AbortSignal;
  /** The runner's own health gate, asked when the host waits for it. */
  readonly confirm: (soFar: Applied) => Promise<boolean>;
  readonly onProgress: (progress: Progress) => void;
}

type Decision = "commit" | "revert";
type Pause = "followed" | "dead" | "unclaimed" | "absent" | "busy";

/**
 * Hands the transaction to the host and follows it to its end, over as many connections as that
 * takes. Never throws for what happens on the host: what went wrong is part of what happened.
 */
export async function transact(
  line: Line,
  owner: Owner,
  transaction: Transaction,
  how: Following,
): Promise<Applied> {
  const applied = nothingApplied();
  const { host } = await line.session();
  let seen = 0;
  let begun = false;
  let asked = false;
  let decision: Decision | undefined;
  const take = (event: Event) => {
    seen += 1;
    // Kept here, and not with the connection, which may go at this very moment.
    asked = event.name === "step" && field(event, 0) === "confirm";
    const progress = record(applied, event, host, owner);
    if (progress) how.onProgress(progress);
  };
  const next = (): Program => {
    const text = [
      ...(begun ? [] : [begin, hereDocument("begin_transaction", transaction)]),
      ...(decision === undefined ? [] : [decide]),
      follow,
      "follow",
    ].join("\n");
    return {
      text,
      parameters: {
        ...transaction.parameters,
        QD_FROM: String(seen),
        QD_DECISION: decision ?? "",
      },
      prepare: false,
      timeout: how.timeout,
      ...(begun || how.archive === undefined ? {} : { archive: how.archive }),
      // Once it was called off, only its end is waited for.
      ...(decision === "revert" ? {} : { signal: how.cancel }),
    };
  };
  for (;;) {
    if (asked && decision === undefined) {
      decision = (await how.confirm(applied)) ? "commit" : "revert";
    }
    if (how.cancel.aborted) decision = "revert";
    const program = next();
    const first = !begun;
    begun = true;
    try {
      const pause = await run(line, owner, program, take);
      if (asked) continue;
      if (pause === "busy") applied.outcome = { kind: "busy" };
      // The connection went before the host had all of it, so nothing began.
      if (pause === "absent") applied.outcome = { kind: "stale" };
      if (pause === "unclaimed") applied.outcome = { kind: "unchanged" };
      if (pause === "dead" && applied.outcome.kind === "unknown") {
        applied.outcome = { kind: "stuck", said: [] };
      }
      return applied;
    } catch (error) {
      if (how.cancel.aborted && decision !== "revert") {
        how.onProgress({ kind: "warning", text: "cancelled; the host is told to put it back" });
        continue;
      }
      if (!(error instanceof DeployError)) throw error;
      if (!isLost(error)) {
        if (first && seen === 0) applied.outcome = { kind: "unchanged" };
        applied.failure ??= error;
        return applied;
      }
      await line.lose();
      how.onProgress({ kind: "warning", text: "the connection was lost; connecting again" });
    }
  }
}

async function run(
  line: Line,
  owner: Owner,
  program: Program,
  take: (event: Event) => void,
): Promise<Pause> {
  let pause: Pause = "followed";
  const session = await line.session();
  await runAsOwner(session, owner, program, ({ name, fields }) => {
    const [event = "", ...rest] = fields;
    if (name === "dead" || name === "absent" || name === "busy") pause = name;
    if (name === "dead" && event === "unclaimed") pause = event;
    if (name !== "log") return;
    take({ name: event, fields: rest });
  });
  return pause;
}

function hereDocument(command: string, { id, program }: Transaction): string {
  const end = `PROGRAM-${id}`;
  return `${command} <<'${end}'\n${program}\n${end}`;
}
