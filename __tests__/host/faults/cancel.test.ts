import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../../testbed/bed.js";
import { tinyUnit } from "../support.js";
import { type Action, App, told } from "./support.js";

/**
 * A job that somebody cancels: GitHub's runner sends SIGINT, 7.5 s later SIGTERM and 2.5 s later
 * SIGKILL, to the action's process alone.
 */

let bed: Bed;
let host: Host;
let image: string;
let app: App;

beforeAll(async () => {
  bed = await Bed.open();
  image = `${(await bed.registry()).address}/tiny`;
  host = await bed.boot();
  app = new App(bed, host, "called-off");
  await other();
  await app.deployed();
});

afterAll(async () => {
  app[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

/** The version that does not serve now: every deploy has something to change. */
async function other(): Promise<void> {
  const { stdout } = await host.exec("curl -s http://127.0.0.1:8601/");
  const tag = stdout.trim() === "v1" ? "v2" : "v1";
  app.write("called-off.container", tinyUnit("called-off", 8601, `${image}:${tag}`));
}

/** What the runner does to a step of a job that is cancelled; which signals it came to. */
async function cancel(action: Action): Promise<readonly NodeJS.Signals[]> {
  const sent: NodeJS.Signals[] = [];
  for (const [signal, patience] of [
    ["SIGINT", 7500],
    ["SIGTERM", 2500],
    ["SIGKILL", 0],
  ] as const) {
    if (!action.running) break;
    action.kill(signal);
    sent.push(signal);
    await Promise.race([action.ended, sleep(patience)]);
  }
  return sent;
}

describe("cancelled", () => {
  it("while connecting: red at once, and nothing changed", async () => {
    await other();
    const [before, starts] = [await app.snapshot(), await app.starts()];
    const action = app.begin();
    await action.says("connecting");
    expect(await cancel(action)).toEqual(["SIGINT"]);
    const run = await action.ended;
    expect(run.code, told(run)).not.toBe(0);
    await app.settled();
    expect(await app.snapshot(), told(run)).toBe(before);
    expect(await app.starts()).toBe(starts);
  });

  it.each(["validate", "pull", "flip", "reload", "restart", "health", "stable"])(
    "at the step %s: red, and put back",
    async (step) => {
      await other();
      const before = await app.snapshot();
      const sent: NodeJS.Signals[] = [];
      const run = await app.deployWith(step, async (action) => {
        const cancelling = cancel(action);
        await sleep(200);
        await app.letGo(step);
        sent.push(...(await cancelling));
      });
      expect(run.code, told(run)).toBe(1);
      // It saw the revert to its end, and had no need to be killed.
      expect(sent).toEqual(["SIGINT"]);
      await app.settled();
      expect(await app.snapshot(), told(run)).toBe(before);
      expect(run.log).toMatch(/cancel/i);
    },
  );

  it("too late, when the host had committed: it stays new, and the job says so", async () => {
    await other();
    const run = await app.deployWith("tidy", async (action) => {
      const cancelling = cancel(action);
      await sleep(200);
      await app.letGo("tidy");
      await cancelling;
    });
    await app.settled();
    expect(await app.outcome()).toMatch(/^end\tcommitted/);
    expect(await app.snapshot()).toContain(run.outputs.release);
  });

  it("when the host takes longer than GitHub waits: the host goes on alone", async () => {
    await other();
    const before = await app.snapshot();
    const sent: NodeJS.Signals[] = [];
    const run = await app.deployWith("restart", async (action) => {
      sent.push(...(await cancel(action)));
    });
    // A second signal is enough: it does not wait to be killed.
    expect(sent).toEqual(["SIGINT", "SIGTERM"]);
    expect(run.code).not.toBe(0);
    await app.settled();
    expect(await app.outcome()).toMatch(/^end\treverted/);
    expect(await app.snapshot(), told(run)).toBe(before);
    await app.deployed();
  });
});
