import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Action, Ground, type Pool, told } from "./support.js";

/** `npm run campaign` cancels at more of them. */
const steps = process.env.CAMPAIGN
  ? ["validate", "pull", "flip", "reload", "restart", "health", "stable"]
  : ["validate", "flip", "restart", "health"];

/**
 * A job that somebody cancels: GitHub's runner sends SIGINT, 7.5 s later SIGTERM and 2.5 s later
 * SIGKILL, to the action's process alone.
 */

let ground: Ground;
let pool: Pool;

beforeAll(async () => {
  ground = await Ground.open();
  pool = await ground.ready(4, "cancelled");
});

afterAll(() => ground[Symbol.asyncDispose]());

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

describe.concurrent("cancelled", () => {
  it("when the host takes longer than GitHub waits: the host goes on alone", () =>
    pool.use(async (app) => {
      await app.other();
      const before = await app.snapshot();
      let sent: readonly NodeJS.Signals[] = [];
      const run = await app.deployWith("restart", async (action) => {
        sent = await cancel(action);
      });
      // The second signal is enough: it does not wait to be killed.
      expect(sent).toEqual(["SIGINT", "SIGTERM"]);
      expect(run.code).not.toBe(0);
      await app.settled();
      expect(await app.outcome()).toMatch(/^end\treverted/);
      expect(await app.snapshot(), told(run)).toBe(before);
      await app.deployed();
    }));

  it("while connecting: red at once, and nothing changed", () =>
    pool.use(async (app) => {
      await app.other();
      const [before, starts] = [await app.snapshot(), await app.starts()];
      const action = app.begin();
      await action.says("connecting");
      expect(await cancel(action)).toEqual(["SIGINT"]);
      const run = await action.ended;
      expect(run.code, told(run)).not.toBe(0);
      await app.settled();
      expect(await app.snapshot(), told(run)).toBe(before);
      expect(await app.starts()).toBe(starts);
    }));

  it.each(steps)("at the step %s: red, and put back", (step) =>
    pool.use(async (app) => {
      await app.other();
      const before = await app.snapshot();
      const run = await app.deployWith(step, async (action) => {
        const cancelling = cancel(action);
        await sleep(200);
        await app.letGo(step);
        await cancelling;
      });
      expect(run.code, told(run)).not.toBe(0);
      await app.settled();
      expect(await app.snapshot(), told(run)).toBe(before);
      // Where the machine is quick enough, it saw the revert to its end.
      if (run.code === 1) expect(run.log).toContain("the deploy was cancelled");
      await app.deployed();
    }),
  );

  it("too late, when the host had committed: it stays new", () =>
    pool.use(async (app) => {
      const tag = await app.other();
      await app.deployWith("tidy", async (action) => {
        const cancelling = cancel(action);
        await sleep(200);
        await app.letGo("tidy");
        await cancelling;
      });
      await app.settled();
      expect(await app.outcome()).toMatch(/^end\tcommitted/);
      expect(await app.serves()).toBe(tag);
    }));
});
