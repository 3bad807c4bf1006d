import { describe, expect, test } from "vitest";
import { DeployError } from "../../../src/errors.js";
import { type Applied, applyPlan, type Progress } from "../../../src/host/apply.js";
import { emptyHost, planFor, releaseOf } from "../plan/support.js";
import { deploySettings } from "../settings/support.js";
import { base64, replay } from "./support.js";

const release = releaseOf({
  "web.container": "[Container]\nImage=r/web:1\nVolume=/opt/shop/data:/d\n",
  "worker.container": "[Container]\nImage=r/worker:1\n",
  "w@.container": "[Container]\nImage=r/w:1\n",
});
const plan = planFor(release, emptyHost);

interface Outcome {
  readonly applied: Applied;
  readonly progress: readonly Progress[];
  readonly program: string;
}

/** Applies the plan on a host that says these events, with `|` between fields. */
async function apply(lines: readonly string[], code = 0): Promise<Outcome> {
  const session = replay(
    lines.map((line) => `{token}\t${line.replaceAll("|", "\t")}`),
    { code },
  );
  const progress: Progress[] = [];
  const applied = await applyPlan(
    session,
    { scope: "rootful", user: "", sudo: false },
    plan,
    {
      release: "R1",
      app: "shop",
      pull: "missing",
      stateDir: "/etc/containers/quadlet-deploy/shop",
      health: deploySettings({
        "health-status": "200,300-399",
        "health-interval": "500ms",
        "health-timeout": "1.5s",
      }).health,
      stableFor: 2500,
      target: { fromHost: "http://127.0.0.1:8000/health/", services: ["web.service"] },
      archive: "/tmp/x/release.tar",
    },
    (one) => progress.push(one),
  );
  return { applied, progress, program: session.programs[0] ?? "" };
}

test("the plan becomes parameters of the program", async () => {
  const { program } = await apply([]);
  for (const line of [
    "QD_RELEASE=R1",
    "QD_NEW=yes",
    "QD_PULL=missing",
    "QD_ARCHIVE=/tmp/x/release.tar",
    "QD_DIRECTORIES=/opt/shop/data",
    "QD_STOP=''",
    "QD_RESTART='web.service worker.service'",
    "QD_WATCHED='web.service worker.service'",
    "QD_HEALTH_STATUS='200-200 300-399'",
    "QD_HEALTH_INTERVAL=50",
    "QD_HEALTH_TIMEOUT=150",
    "QD_HEALTH_SUCCESSES=2",
    "QD_STABLE_FOR=250",
    "QD_HEALTH_SERVICES=web.service",
  ])
    expect(`\n${program}`).toContain(`\n${line}\n`);
  expect(program).toContain(
    "QD_IMAGES='w@.service\tr/w:1\nweb.service\tr/web:1\nworker.service\tr/worker:1'\n",
  );
});

test("a deploy that goes well, event by event", async () => {
  const { applied, progress } = await apply([
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
    "finished",
    "something-new|x",
  ]);
  expect(applied).toEqual({
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
    journals: new Map(),
    since: "1700000000",
  });
  expect(progress.map((one) => one.kind)).toEqual([
    "phase",
    "image",
    "restarting",
    "service",
    "service",
    "answer",
    "answer",
  ]);
});

test("a deploy that fails brings its evidence: the answer, and each journal", async () => {
  const { applied } = await apply(
    [
      "flipped|R1",
      `journal|web.service|${base64("Traceback\n  KeyError\n")}`,
      "journal|worker.service|",
      `response|302|${base64("https://login/")}|${base64("<html>\n")}`,
      `fail|health|web.service|unhealthy|${base64("curl: (28) timeout")}`,
    ],
    1,
  );
  expect(applied.flipped).toBe(true);
  expect(applied.error).toBeInstanceOf(DeployError);
  expect((applied.error as DeployError).parts.details).toEqual([
    "curl: (28) timeout",
    "answer: HTTP 302, to https://login/",
    "  <html>",
    "journal of web.service:",
    "  Traceback",
    "    KeyError",
    "journal of worker.service:",
    "  (nothing since the deploy began)",
  ]);
});

test("an answer is evidence for health alone", async () => {
  const { applied } = await apply(["answer|500|", "fail|settle|web.service|crash-loop|"], 1);
  expect((applied.error as DeployError).parts.details).toEqual([]);
});

test("it never throws", async () => {
  const { applied } = await apply([], 1);
  expect((applied.error as DeployError).message).toMatch(/^web: connect: /);
});

describe("a host that says too little", () => {
  // A shell that something ends early can end with 0, and says no "finished".
  test.each([
    [[], /^web: connect: the program on the host ended early/],
    [["started|1", "step|flip", "flipped|R1"], /^web: flip: the program on the host ended early/],
  ])("an end without `finished` is no success: %j", async (lines, message) => {
    const { applied } = await apply(lines);
    expect((applied.error as DeployError).message).toMatch(message);
  });

  test("one with it is", async () => {
    expect((await apply(["started|1", "finished"])).applied.error).toBeUndefined();
  });
});
