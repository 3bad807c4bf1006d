import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/host/applied.js";
import { commandsByHand, failureOf, stateAfter } from "../../../src/report/ending.js";
import { emptyHost, hostWith, planFor } from "../plan/support.js";
import { applied, error, release } from "./support.js";

const reverted = (now: "healthy" | "unhealthy" | "none", was = now): Outcome => ({
  kind: "reverted",
  now,
  was,
  time: 1240,
});
const outcomes: readonly (readonly [Outcome | undefined, string])[] = [
  [undefined, "nothing on it was changed"],
  [{ kind: "unchanged" }, "nothing on it was changed"],
  [{ kind: "busy" }, "nothing on it was changed"],
  [{ kind: "stale" }, "nothing on it was changed"],
  [{ kind: "committed" }, "it runs the new release"],
  [{ kind: "left" }, "it runs the new release, which failed, since `rollback` is off"],
  [reverted("healthy"), "it was put back to R1 within 1.2 s, which is healthy again"],
  [reverted("healthy", "unhealthy"), "it was put back to R1 within 1.2 s, which is healthy again"],
  [
    reverted("unhealthy", "healthy"),
    "it was put back to R1 within 1.2 s, which is NOT healthy now",
  ],
  [
    reverted("unhealthy"),
    "it was put back to R1 within 1.2 s, which is not healthy (nor was it before the deploy)",
  ],
  [reverted("none"), "everything was removed again within 1.2 s, as nothing ran before"],
  [
    { kind: "stuck", said: [] },
    "it could NOT be put back; see docs/recovery.md, and the commands below",
  ],
  [
    { kind: "unknown" },
    "how it ended is not known: the host puts it back or finishes by itself, and the next deploy says which",
  ],
];

test.each(outcomes)("the state after %o", (outcome, clause) => {
  expect(stateAfter(outcome, "R1")).toBe(clause);
});

describe("why it did not end well", () => {
  test("nothing, where it did", () => {
    expect(failureOf(applied(), "web", ["by hand"])).toEqual([]);
  });

  test.each(outcomes.flatMap(([one]) => (one && one.kind !== "committed" ? [one] : [])))(
    "what failed first, whatever came of it: %o",
    (outcome) => {
      const failure = error({ details: ["evidence"] });
      const [said, ...more] = failureOf(
        applied({
          failure,
          outcome: outcome.kind === "stuck" ? { ...outcome, said: ["df"] } : outcome,
        }),
        "web",
        ["by hand"],
      );
      expect(more).toEqual([]);
      expect(said?.message).toBe(failure.message);
      expect(said?.parts.details).toEqual(
        outcome.kind === "stuck" ? ["evidence", "df", "by hand"] : ["evidence"],
      );
    },
  );

  test.each<[string, Parameters<typeof applied>[0], string]>([
    ["called off", { calledOff: true }, "web: pull: the deploy was cancelled"],
    [
      "killed",
      { guarded: true },
      "web: pull: the program on the host ended before it was done. Was it killed, or did the host start again? Run the deploy again.",
    ],
    [
      // The guard calls off whatever it ends.
      "killed by the guard",
      { calledOff: true, guarded: true },
      "web: pull: the program on the host ended before it was done. Was it killed, or did the host start again? Run the deploy again.",
    ],
    [
      "never as planned",
      { outcome: { kind: "stale" } },
      "web: pull: the host changed again and again while the deploy was planned. Does something else deploy there?",
    ],
  ])("without a word: %s", (_, more, message) => {
    const [said] = failureOf(
      applied({ phase: "pull", outcome: reverted("healthy"), ...more }),
      "web",
      [],
    );
    expect(said?.message).toBe(message);
  });
});

describe("commands by hand", () => {
  test("the guard, or the release before", () => {
    const facts = hostWith(release);
    const lines = commandsByHand("shop", planFor(release, facts), facts).join("\n");
    expect(lines).toContain("systemctl start quadlet-deploy-guard@shop.service");
    expect(lines).toContain("ln -sfn releases/1 .next");
    expect(lines).toContain("systemctl restart redis.service web.service");
    expect(lines).not.toContain("--user");
  });

  test("no release before, and a user's units", () => {
    const home = "/home/senex";
    const at = (path: string) => ({ path, real: path, writable: true });
    const facts = {
      ...emptyHost,
      owner: { name: "senex", uid: 1000, home },
      quadlet: at(`${home}/.config/containers/systemd`),
    };
    const lines = commandsByHand("shop", planFor(release, facts), facts).join("\n");
    expect(lines).toMatch(/as senex:\n {2}systemctl --user reset-failed/);
    expect(lines).not.toContain("ln -sfn");
  });
});
