import { describe, expect, test } from "vitest";
import {
  type Applied,
  nothingApplied,
  type Outcome,
  type Progress,
  record,
} from "../../../src/host/applied.js";
import { parseEvent } from "../../../src/host/events.js";
import { withEvidence } from "../../../src/host/evidence.js";
import { base64 } from "./support.js";

const owner = { scope: "rootful", user: "", sudo: false } as const;

interface Told {
  readonly applied: Applied;
  readonly progress: readonly Progress[];
}

/** What comes of these events, with `|` between fields. */
function told(...lines: readonly string[]): Told {
  const applied = nothingApplied();
  const progress = lines.flatMap((line) => {
    const event = parseEvent(`t\t${line.replaceAll("|", "\t")}`, "t");
    return (event && record(applied, event, "web", owner)) ?? [];
  });
  return { applied, progress };
}

test("a deploy that goes well, event by event", () => {
  const { applied, progress } = told(
    "started|1700000000",
    "step|pull",
    "image|web.service|r/web:1|sha256:abc|sha256:def",
    "flipped|R1",
    "restarting|web.service worker.service",
    "state|web.service|activating|start|success|0|-1",
    "state|web.service|active|running|success|0|850",
    "answer|503|",
    "answer|200|",
    `healthy|200|${base64("ok\n")}`,
    "step|tidy",
    "pruned|R0",
    "end|committed",
    "something-new|x",
  );
  expect(applied).toEqual({
    ...nothingApplied(),
    flipped: true,
    restarted: ["web.service", "worker.service"],
    services: new Map([
      [
        "web.service",
        {
          name: "web.service",
          active: "active",
          sub: "running",
          result: "success",
          restarts: 0,
          startTime: 850,
        },
      ],
    ]),
    images: [{ service: "web.service", image: "r/web:1", id: "sha256:abc", digest: "sha256:def" }],
    answer: { status: 200, body: "ok\n", location: "", trouble: "" },
    phase: "tidy",
    since: "1700000000",
    outcome: { kind: "committed" },
  });
  expect(progress.map((one) => one.kind)).toEqual([
    "phase",
    "image",
    "restarting",
    "service",
    "service",
    "answer",
    "answer",
    "phase",
    "note",
  ]);
});

test("a deploy that is put back: what failed first stays what failed, and where", () => {
  const { applied, progress } = told(
    "step|health",
    "suspects|web.service |1700000042.5",
    `fail|health|web.service|unhealthy|${base64("curl: (28) timeout")}`,
    "reverting|web.service ",
    "step|revert",
    "fail|revert|x|cannot-write|",
    "step|revert-restart",
    "end|reverted|healthy|unhealthy|312",
  );
  expect(applied).toMatchObject({
    phase: "health",
    suspects: { services: ["web.service"], at: "1700000042.5" },
    outcome: { kind: "reverted", now: "healthy", was: "unhealthy", time: 3120 },
  });
  expect(applied.failure?.message).toMatch(/^web: health: web\.service: the application did not/);
  expect(progress).toContainEqual({
    kind: "reverting",
    services: ["web.service"],
    why: "the application did not become healthy in time",
  });
});

test("one that was called off, and one that the guard had to end", () => {
  expect(told("called-off").applied).toMatchObject({ calledOff: true, guarded: false });
  const { applied, progress } = told("guarding");
  expect(applied).toMatchObject({ calledOff: false, guarded: true });
  expect(progress).toMatchObject([{ kind: "warning" }]);
});

test.each<[string, Outcome]>([
  ["end|committed", { kind: "committed" }],
  ["end|unchanged", { kind: "unchanged" }],
  ["end|left", { kind: "left" }],
  ["end|busy", { kind: "busy" }],
  ["end|stale", { kind: "stale" }],
  ["end|reverted|none|none|5", { kind: "reverted", now: "none", was: "none", time: 50 }],
  ["end|reverted", { kind: "reverted", now: "none", was: "none", time: 0 }],
  ["end|of-a-newer-program", { kind: "unknown" }],
  [
    `stuck|${base64("mv: No space left\n\n/dev/sda 100%\n")}`,
    {
      kind: "stuck",
      said: ["mv: No space left", "/dev/sda 100%"],
    },
  ],
])("%s", (line, outcome) => {
  expect(told(line).applied.outcome).toEqual(outcome);
});

test("without an end nobody knows how it ended", () => {
  expect(told("started|1", "step|flip", "flipped|R1").applied.outcome).toEqual({ kind: "unknown" });
});

test.each([
  [
    `repairing|${base64("senex, https://run/1\n")}`,
    /^an earlier deploy \(senex, https:\/\/run\/1\) never/,
  ],
  ["repairing|", /^an earlier deploy \(of an unknown run\) never ended/],
  ["repaired|reverted|healthy|healthy|9", /was put back; its release before is healthy$/],
  ["repaired|reverted|none|none|9", /was put back; its release before is gone, there was none$/],
  ["repaired|committed", /was complete$/],
  ["repaired|unchanged", /had changed nothing$/],
])("an earlier one that never ended: %s", (line, text) => {
  const { applied, progress } = told(line);
  expect(progress).toEqual([{ kind: "warning", text: expect.stringMatching(text) }]);
  // That is not how this one ends.
  expect(applied.outcome.kind).toBe("unknown");
});

describe("evidence", () => {
  const failing = (phase: string, response: string): Applied => {
    const { applied } = told(response, `fail|${phase}|web.service|crash-loop|${base64("said")}`);
    return applied;
  };
  const of = (applied: Applied) => {
    if (!applied.failure) throw new Error("no failure");
    return withEvidence(applied.failure, applied);
  };

  test("of health: the answer, and each journal", () => {
    const applied = failing(
      "health",
      `response|302|${base64("https://login/")}|${base64("<html>\n")}`,
    );
    applied.journals.set("web.service", ["Traceback", "  KeyError"]).set("worker.service", []);
    const error = of(applied);
    expect(error.parts.cause).toMatch(/ \(it answers HTTP 302\)$/);
    expect(error.parts.details).toEqual([
      "said",
      "answer: HTTP 302, to https://login/",
      "  <html>",
      "journal of web.service:",
      "  Traceback",
      "    KeyError",
      "journal of worker.service:",
      "  (nothing since the deploy began)",
    ]);
  });

  test("an answer is evidence for health alone", () => {
    expect(of(failing("settle", "response|500||")).parts.details).toEqual(["said"]);
  });

  test("no answer is none", () => {
    const error = of(failing("health", "response|0||"));
    expect(error.parts.details).toEqual(["said"]);
    expect(error.parts.cause).not.toContain("HTTP");
  });
});
