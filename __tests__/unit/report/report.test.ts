import { describe, expect, test } from "vitest";
import { outputsOf } from "../../../src/report/outputs.js";
import { redactor } from "../../../src/report/redact.js";
import { type Report, sentence, succeeded } from "../../../src/report/report.js";
import { failurePage, summaryPage } from "../../../src/report/summary.js";
import { outputs } from "../../../src/settings/options.js";
import { hostWith, planFor } from "../plan/support.js";
import { applied, error, hostReport, release, report, service } from "./support.js";

const open = (text: string) => text;

const unchanged = hostReport({
  release: "R1",
  plan: planFor(release, hostWith(release)),
  applied: applied({ flipped: false, restarted: [] }),
});
const unreachable = {
  host: "web",
  release: "",
  previous: "",
  phases: [],
  errors: [error({ phase: "connect" })],
};

describe("how it ended", () => {
  test.each<[string, ReturnType<typeof report>, boolean, string]>([
    ["a change", report(), true, "Deployed shop to staging: web runs R2."],
    [
      "no environment",
      report([hostReport()], { environment: "" }),
      true,
      "Deployed shop: web runs R2.",
    ],
    [
      "nothing to do",
      report([unchanged]),
      true,
      "Nothing changed for shop to staging: web runs R1.",
    ],
    [
      "two hosts",
      report([hostReport(), hostReport({ host: "db" })]),
      true,
      "Deployed shop to staging: web, db run R2.",
    ],
    [
      "a host out of reach",
      report([unreachable]),
      false,
      "Deploying shop to staging failed on web (connect); nothing on it was changed.",
    ],
    [
      "a failure after the flip",
      report([
        hostReport({
          applied: applied({
            outcome: { kind: "reverted", now: "healthy", was: "healthy", time: 1240 },
          }),
          errors: [error({ phase: "health" })],
        }),
      ]),
      false,
      "Deploying shop to staging failed on web (health); it was put back to R1 within 1.2 s, which is healthy again.",
    ],
    [
      "a rollback",
      report([hostReport()], { command: "rollback" }),
      true,
      "Rolled back shop to staging: web runs R2.",
    ],
    [
      "a rollback that failed",
      report([{ ...unreachable }], { command: "rollback" }),
      false,
      "Rolling back shop to staging failed on web (connect); nothing on it was changed.",
    ],
    [
      "hosts that were not tried",
      report([hostReport()], { skipped: ["db"] }),
      false,
      "Deployed shop to staging: web runs R2.",
    ],
  ])("%s", (_, given, ok, text) => {
    expect(succeeded(given)).toBe(ok);
    expect(sentence(given)).toBe(text);
  });
});

const outputsFor = (of: Report) => {
  const { plan, ...others } = outputsOf(of, redactor([]));
  return others;
};

describe("outputs", () => {
  test("of a change", () => {
    expect(outputsFor(report())).toEqual({
      release: "R2",
      "previous-release": "R1",
      changed: "true",
      restarted: "web.service",
      "rolled-back": "false",
      healthy: "true",
      "health-status": "200",
      "image-digests": '{"r/web:v2":"sha256:web","redis:7":"sha256:redis"}',
      summary: "Deployed shop to staging: web runs R2.",
      duration: "4.3",
    });
  });

  test.each<[string, ReturnType<typeof report>, object]>([
    [
      "nothing to do",
      report([unchanged]),
      { changed: "false", restarted: "", healthy: "true", release: "R1" },
    ],
    [
      "a start without a new release",
      report([hostReport({ applied: applied({ flipped: false }) })]),
      { changed: "true", restarted: "web.service" },
    ],
    [
      "a release that failed and was put back",
      report([
        hostReport({
          release: "R1",
          applied: applied({
            outcome: { kind: "reverted", now: "healthy", was: "healthy", time: 1 },
          }),
          errors: [error()],
        }),
      ]),
      { "rolled-back": "true", healthy: "false", release: "R1", "previous-release": "R1" },
    ],
    ...(["unchanged", "left", "unknown"] as const).map(
      (kind): [string, ReturnType<typeof report>, object] => [
        `one that ended as ${kind}`,
        report([hostReport({ applied: applied({ outcome: { kind } }), errors: [error()] })]),
        { "rolled-back": "false", healthy: "false" },
      ],
    ),
    [
      "a host out of reach",
      report([unreachable]),
      {
        changed: "false",
        healthy: "false",
        release: "",
        "previous-release": "",
        "health-status": "",
        "image-digests": "{}",
      },
    ],
    [
      "two hosts",
      report([
        hostReport(),
        hostReport({
          host: "db",
          release: "R3",
          applied: applied({ restarted: ["web.service", "redis.service"] }),
        }),
      ]),
      { release: "R3", restarted: "web.service redis.service" },
    ],
  ])("%s", (_, given, expected) => {
    expect(outputsFor(given)).toMatchObject(expected);
  });

  test("every one that action.yml names, and no other", () => {
    expect(Object.keys(outputsOf(report(), redactor([]))).sort()).toEqual(
      outputs.map(({ name }) => name).sort(),
    );
  });
});

describe("the summary page", () => {
  test("of a change: how it ended, the services, what changed", () => {
    expect(summaryPage(report(), open)).toBe(`## ✅ Deployed shop to staging: web runs R2.

| Service | State | Started in | Image | Why |
| --- | --- | --- | --- | --- |
| <code>redis.service</code> | 🟢 active (running) |  | <code>redis:7</code><br><code>bbbbbbbbbbbb</code> | unchanged |
| <code>web.service</code> | 🟢 active (running) | 1.5 s | <code>r/web:v2</code><br><code>aaaaaaaaaaaa</code> | restart: web.container was changed |

**Health:** HTTP 200 <code>ok</code>

\`\`\`mermaid
flowchart LR
  s0["redis.service"]:::kept
  s1["web.service"]:::up
  classDef kept fill:#ddf4ff,color:#0a3069,stroke:#54aeff
  classDef up fill:#1a7f37,color:#fff,stroke:#116329
\`\`\`

<details><summary>1 file and 1 key of .env changed</summary>

| What | Change | Layer | From |
| --- | --- | --- | --- |
| <code>web.container</code> | changed | templates | repo/web.container.j2 |
| <code>.env: IMAGE\\_TAG</code> | set |  |  |

</details>

web runs release <code>R2</code>, before it <code>R1</code> · Podman 5.4.2 · systemd 257 · units of root

<sub>connect 0.3 s · restart 3.1 s</sub>
`);
  });

  test("of a failure: the error and its evidence before anything else", () => {
    const failed = hostReport({
      errors: [error({ remedy: "Look.", details: ["journal of web.service:", "  Traceback"] })],
      applied: applied({
        outcome: { kind: "left" },
        services: new Map([
          ["web.service", service("web.service", { active: "failed", sub: "failed" })],
        ]),
      }),
    });
    const page = summaryPage(report([failed]), open);
    expect(page.split("\n\n").slice(0, 3)).toEqual([
      "## ❌ Deploying shop to staging failed on web (restart); it runs the new release, which failed, since \\`rollback\\` is off.",
      "> [!CAUTION]\n> web: restart: web.service: it failed. Look.",
      "```text\njournal of web.service:\n  Traceback\n```",
    ]);
    expect(page).toContain("🔴 failed (failed)");
    expect(page).not.toContain("**Health:**");
  });

  test("of several hosts, those not tried too", () => {
    const page = summaryPage(
      report([hostReport(), hostReport({ host: "db", errors: [error({ host: "db" })] })], {
        skipped: ["mail", "dns"],
      }),
      open,
    );
    expect(page).toContain("### ✅ web\n");
    expect(page).toContain("### ❌ db\n");
    expect(page).toContain("Not tried, since a host before them failed: mail, dns.");
  });

  test("of a run that asked no host", () => {
    const page = failurePage(
      [error({ phase: "render", cause: "x is undefined" }), error({ details: ["a"] })],
      open,
    );
    expect(page).toMatch(
      /^## ❌ Nothing was deployed, and no host was changed\n\n> \[!CAUTION\]\n> web: render: /,
    );
    expect(page.match(/CAUTION/g)).toHaveLength(2);
  });

  test("evidence is cut, and says so", () => {
    const details = Array.from({ length: 200 }, (_, index) => `line ${index}`);
    const page = failurePage([error({ details })], open);
    expect(page).toContain("line 59\n```");
    expect(page).not.toContain("line 60\n");
    expect(page).toContain("(140 more lines are in the log.)");
  });

  // GitHub drops a page above 1 MiB; a journal's line may have 48 KiB.
  test("long lines are cut too", () => {
    const details = Array.from({ length: 60 }, () => "x".repeat(48 * 1024));
    expect(failurePage([error({ details })], open).length).toBeLessThan(1024 * 1024);
  });

  test("secrets are nowhere on it", () => {
    const secret = "hunter22";
    const failed = hostReport({
      errors: [error({ cause: `${secret}!`, details: [`a ${secret} b`] })],
    });
    const fine = hostReport({
      applied: applied({ answer: { status: 200, body: `${secret}\n`, location: "", trouble: "" } }),
    });
    for (const page of [
      summaryPage(report([failed]), redactor([secret])),
      summaryPage(report([fine]), redactor([secret])),
      failurePage(failed.errors, redactor([secret])),
    ]) {
      expect(page).toMatch(/\*\*\*|\\\*\\\*\\\*/);
      expect(page).not.toContain(secret);
    }
  });
});

describe("what others wrote cannot act on the page", () => {
  const evil =
    "</code></details><img src=x onerror=y> [a](http://evil) ![b](//evil) `c` *d* @all #1 | e\n# f\n```\n::error::g";

  test("in a message", () => {
    const page = failurePage([error({ cause: evil, object: "a|b" })], open);
    const [, quote = ""] = page.trimEnd().split("\n\n");
    expect(quote.split("\n")).toHaveLength(2);
    const [, message = ""] = quote.replaceAll("@<!-- -->", "(at)").split("\n");
    expect(message).not.toContain("<");
    expect(message.replace(/\\./g, "")).not.toMatch(/[[\]`*#|!]/);
    expect(message).not.toContain("@");
  });

  test.each([["```"], ["````\n```"], ["~~~"], ["``````````"]])(
    "in evidence with the fence %j",
    (fence) => {
      const page = failurePage([error({ details: [...fence.split("\n"), evil] })], open);
      const block = page.slice(page.indexOf("\n\n`") + 2).trimEnd();
      const mark = /^`+/.exec(block)?.[0] ?? "";
      expect(block.endsWith(`\n${mark}`)).toBe(true);
      const inside = block.slice(mark.length, -mark.length);
      expect(inside).not.toContain(mark);
      expect(inside).toContain(evil);
    },
  );

  const cells = (page: string) =>
    page
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .map((line) => line.replaceAll("\\|", "").split("|").length);

  test("in a table: every row keeps its cells", () => {
    const base = hostReport();
    if (!base.plan || !base.applied) throw new Error("no plan");
    const plan = {
      ...base.plan,
      services: base.plan.services.map((one) => ({ ...one, why: [evil] })),
      files: base.plan.files.map((file) => ({
        ...file,
        change: "changed" as const,
        path: "a|b",
        source: evil,
      })),
      warnings: [evil],
    };
    const images = base.applied.images.map((image) => ({ ...image, image: "r/a|b<i>\nc" }));
    const page = summaryPage(report([hostReport({ plan, applied: applied({ images }) })]), open);
    const [head, ...rows] = cells(page);
    expect(rows.slice(0, 3).every((count) => count === head)).toBe(true);
    expect(page).not.toContain("<img");
    expect(page).not.toContain("<i>");
    expect(page.match(/<\/details>/g)).toHaveLength(1);
  });

  test("in the body of a health answer: no tag of it is one", () => {
    const answer = { status: 200, body: evil, location: "", trouble: "" };
    const page = summaryPage(report([hostReport({ applied: applied({ answer }) })]), open);
    expect(page).not.toContain("<img");
    expect(page).toContain("&lt;/code>");
  });

  // Markdown goes on inside <code>, which is but a tag to it.
  test.each(["![b](https://evil/x.png)", "[log in](https://evil)", "@all", "`c` **d**"])(
    "in the body of a health answer: %s",
    (body) => {
      const answer = { status: 200, body, location: "", trouble: "" };
      const page = summaryPage(report([hostReport({ applied: applied({ answer }) })]), open);
      expect(page).not.toContain(body);
    },
  );

  // A page shows $…$ as a formula.
  test("in a message with two dollar signs", () => {
    expect(failurePage([error({ cause: "$A and $B differ" })], open)).not.toContain("$A and $B");
  });
});
