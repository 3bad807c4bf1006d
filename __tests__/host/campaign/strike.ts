import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../testbed/process.js";
import { type Cell, courses, exitCodeOf, isBefore, outcomeOf } from "./cells.js";
import { killMain } from "./faults.js";
import { changes, committed, differences, logs, restarts } from "./invariants.js";
import type { Job, JobEnd } from "./job.js";
import { APP, type Release } from "./releases.js";
import type { Site } from "./site.js";
import type { Snapshot } from "./snapshot.js";
import { type End, Transaction } from "./transaction.js";

/** What one cell of the campaign came to. */
export interface Told {
  readonly outcome: "old" | "new";
  /** Undefined where the runner was killed. */
  readonly colour?: "green" | "red";
  /** ms that the host took to put the old release back, where it did. */
  readonly revertTook?: number;
}

/** Milliseconds. */
const patience = {
  /** From the fault to the end of the transaction. */
  end: 120_000,
  job: 260_000,
  /** From a boot until every service answers. */
  boot: 90_000,
};

/**
 * One cell: deploys, has the host wait at the step, strikes, and looks at what has become of it.
 * Then the next deploy has to work.
 *
 * @throws Error with all there is to know, where the host is not wholly one release
 */
export async function strike(site: Site, cell: Cell): Promise<Told> {
  const { fault } = cell;
  const scene = await open(site, cell);
  const { transaction, job, old, fresh, before } = scene;
  await using gate = scene.gate;
  const seen: Evidence = { transaction };
  try {
    await comeTo(cell, scene);
    await fault.strike(scene);
    // Where the host died the runner's word must not come first.
    if (!fault.hostDies) gate?.open();
    await ended(site, transaction);
    const how = await job.within(patience.job);
    seen.job = how;

    const outcome = outcomeOf(cell);
    const expected = outcome === "new" ? fresh : old;
    const after = await settled(site, expected, fault.restartsAll);
    const end = await transaction.end();
    const problems = [
      ...differences(site, after, expected),
      ...(outcome === "new" ? committed(before, after) : changes(before, after)),
      ...(fault.restartsAll ? [] : restarts(before, after, untouched(cell, old))),
      // One that dies before it has claimed the host has tidied nothing up.
      ...logs(after, cell.step === "claim" && fault.hostDies ? 2 : 1),
      ...truth(cell, how, after, end),
      ...logged(cell, end),
    ];
    if (problems.length > 0) throw new Error(problems.join("\n"));

    site.network.resume();
    await deployNext(site, cell, fresh, after, seen);
    return {
      outcome,
      ...(how.code === null ? {} : { colour: how.code === 0 ? "green" : "red" }),
      ...(end?.outcome === "reverted" ? { revertTook: Number(end.fields[2]) * 10 } : {}),
    };
  } catch (error) {
    job.kill();
    throw await withEvidence(error, site, seen);
  } finally {
    site.network.resume();
    job[Symbol.dispose]();
  }
}

async function open(site: Site, cell: Cell) {
  const { release: old } = site;
  if (old === undefined) throw new Error("no release to go back to");
  const before = await site.snapshot();
  const fresh = await site.next(courses[cell.course]);
  const transaction = await Transaction.expect(site);
  await transaction.hold(cell.step);
  const gate = cell.step === "confirm" ? await site.gate() : undefined;
  const job = site.start(fresh, inputs(cell, gate?.url));
  return { site, old, before, fresh, transaction, gate, job };
}

function inputs(cell: Cell, publicUrl: string | undefined): Record<string, string> {
  // Long enough for an old release to come back in, for its health is asked for as long.
  if (cell.course !== "forward") return { "health-timeout": "12s" };
  if (publicUrl === undefined) return {};
  return {
    "health-from": "both",
    "health-url": publicUrl,
    // Who waits for a word that never comes waits for this and 30 s more.
    "health-timeout": cell.fault.hostDies || cell.fault.silencesRunner ? "12s" : "60s",
  };
}

interface Scene {
  readonly site: Site;
  readonly job: Job;
  readonly transaction: Transaction;
}

/** Waits until the host waits at the step. */
async function comeTo(cell: Cell, { site, transaction }: Scene): Promise<void> {
  if (cell.course === "revert by the guard") {
    await transaction.hold("settle");
    await transaction.reached("settle");
    await killMain(site, `quadlet-deploy@${APP}.service`);
    await transaction.letGo("settle");
  }
  await transaction.reached(cell.step);
}

/** Waits until nobody on the host works on a transaction any more. */
async function ended(site: Site, transaction: Transaction): Promise<void> {
  const by = { timeout: patience.end, every: 200 };
  await until(
    "the transaction ends",
    async () => {
      if (await transaction.isOpen()) return undefined;
      const states = await site.systemctl("list-units --all --plain --no-legend 'quadlet-deploy*'");
      return /\b(active|activating|deactivating|reloading|failed)\b/.test(states)
        ? undefined
        : true;
    },
    by,
  );
}

/** A host that was just switched on needs a while until all of it answers. */
async function settled(site: Site, release: Release, booted: boolean): Promise<Snapshot> {
  const end = Date.now() + (booted ? patience.boot : 0);
  for (;;) {
    const seen = await site.snapshot();
    if (differences(site, seen, release).length === 0 || Date.now() > end) return seen;
    await sleep(500);
  }
}

/** The services that a deploy which ended like this has no reason to start again. */
function untouched(cell: Cell, old: Release) {
  const always = ["db", "shop-network"] as const;
  if (outcomeOf(cell) === "new") return always;
  if (isBefore(cell, "stop")) return [...old.running, "shop-network"] as const;
  const early = isBefore(cell, "restart") && cell.fault.hostDies;
  return early ? ([...always, "web", "worker"] as const) : always;
}

/** What the job says, against what is. */
function truth(cell: Cell, job: JobEnd, after: Snapshot, end: End | undefined): string[] {
  const code = exitCodeOf(cell);
  if (code === undefined) return [];
  const problems: string[] = [];
  if (job.code !== code) problems.push(`the job's exit code is ${job.code}, not ${code}`);
  if (cell.fault.silencesRunner) return problems;
  if (job.outputs.release !== after.current)
    problems.push(`output release: ${job.outputs.release}, but the host runs ${after.current}`);
  const back = end?.outcome === "reverted";
  if ((job.outputs["rolled-back"] === "true") !== back)
    problems.push(`output rolled-back: ${job.outputs["rolled-back"]}, not ${back}`);
  const told = back
    ? /it was put back to \S+ within [\d.]+ m?s, which is healthy again/
    : /nothing on it was changed/;
  if (code === 1 && !told.test(job.summary)) problems.push(`the summary does not say ${told}`);
  return problems;
}

/** The last line of the event log, against what is. */
function logged(cell: Cell, end: End | undefined): string[] {
  const told = end === undefined ? "nothing" : [end.outcome, ...end.fields.slice(0, 2)].join(" ");
  const expected =
    outcomeOf(cell) === "new"
      ? ["committed"]
      : isBefore(cell, "stop")
        ? [
            "unchanged",
            // One that dies while it claims the host may not have begun.
            ...(cell.step === "claim" ? ["nothing"] : []),
            // The guard of a host that boots finds every service down, and starts it.
            ...(cell.fault.restartsAll ? ["reverted healthy healthy"] : []),
          ]
        : ["reverted healthy healthy"];
  return expected.includes(told) ? [] : [`the event log ends with: ${told}, not ${expected[0]}`];
}

/** Whatever happened: the next deploy is green and everywhere. */
async function deployNext(
  site: Site,
  cell: Cell,
  fresh: Release,
  after: Snapshot,
  seen: Evidence,
): Promise<void> {
  const next = cell.course.startsWith("revert, ") ? await site.next() : fresh;
  seen.job = await site.deploy(next);
  const now = await site.snapshot();
  const problems = [
    ...(seen.job.code === 0 ? [] : [`its exit code is ${seen.job.code}`]),
    ...differences(site, now, next),
    ...restarts(after, now, ["db", "shop-network"]),
    ...logs(now),
  ];
  if (problems.length > 0) throw new Error(`the next deploy: ${problems.join("\n")}`);
  site.release = next;
}

interface Evidence {
  readonly transaction: Transaction;
  job?: JobEnd;
}

async function withEvidence(error: unknown, site: Site, seen: Evidence): Promise<Error> {
  const units = "'quadlet-deploy*'";
  const host = await Promise.all([
    site.systemctl(`list-units --all --plain --no-legend ${units}`),
    site.systemctl(`show ${units}`),
    site.host
      .exec("journalctl --no-pager --lines 60 --output short-monotonic | cut -c 1-300")
      .then(({ stdout }) => stdout),
  ]).catch(() => ["(the host is off)"]);
  return new Error(
    [
      error instanceof Error ? error.message : String(error),
      `--- event log (verdict: ${(await seen.transaction.verdict()) || "none"})`,
      await seen.transaction.events(),
      `--- job (${seen.job?.code})`,
      seen.job?.log.replace(/^::add-mask::.*\n/gm, "") ?? "(not ended)",
      seen.job?.summary ?? "",
      "--- host",
      ...host,
    ].join("\n"),
    { cause: error },
  );
}
