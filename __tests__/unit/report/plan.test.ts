import { describe, expect, test } from "vitest";
import type { ImagePreview } from "../../../src/plan/preview.js";
import { servicesOf } from "../../../src/quadlet/services.js";
import { diffsPart, unified } from "../../../src/report/diff.js";
import { errorsJson, reportJson } from "../../../src/report/json.js";
import { planPage } from "../../../src/report/plan-page.js";
import { planText } from "../../../src/report/plan-text.js";
import { redactor } from "../../../src/report/redact.js";
import { sentence } from "../../../src/report/report.js";
import { topology } from "../../../src/report/topology.js";
import { hostWith, planFor, releaseOf } from "../plan/support.js";
import { error, hostReport, release, report } from "./support.js";

const open = redactor([]);
const image: ImagePreview = {
  service: "web.service",
  image: "r/web:v2",
  runs: "1".repeat(64),
  here: { id: "1".repeat(64), digest: "sha256:x" },
  there: { kind: "id", value: "2".repeat(64) },
  moves: true,
};
const { applied: _, ...planned } = hostReport({
  release: "R1",
  previous: "R1",
  diffs: [
    {
      path: "web.container",
      before: "[Container]\nImage=r/web:v1\nEnvironmentFile=.env\n",
      after: "[Container]\nImage=r/web:v2\nEnvironmentFile=.env\n",
    },
  ],
  preview: { images: [image], complaints: ["web.container: odd"], verified: [] },
});
const plan = report([planned], { command: "plan" });
const nothing = report([{ ...planned, plan: planFor(release, hostWith(release)), diffs: [] }], {
  command: "plan",
});

test("one sentence", () => {
  expect(sentence(plan)).toBe(
    "A deploy of shop to staging would change web (1 file, 1 variable, restart web.service).",
  );
  expect(sentence(nothing)).toBe("A deploy of shop to staging would change nothing on web.");
  const failed = report([{ ...planned, errors: [error({ phase: "validate" })] }], {
    command: "plan",
  });
  expect(sentence(failed)).toBe(
    "Planning shop to staging failed on web (validate); nothing on it was changed.",
  );
});

test("the page: what moves and why, images, differences, warnings", () => {
  const page = planPage(plan, open);
  expect(page).toContain("## 📝 A deploy of shop");
  expect(page).toContain("| <code>web.service</code> | 🟡 restart | web.container was changed |");
  expect(page).toContain("1 more go on as they are.");
  expect(page).toContain(
    "| <code>web.service</code> | <code>r/web:v2</code> | <code>111111111111</code> | <code>222222222222</code> |",
  );
  expect(page).toContain("```diff\n--- a/web.container\n+++ b/web.container\n@@ -1,3 +1,3 @@");
  expect(page).toContain("> [!WARNING]\n> web.container: odd");
  expect(page).toContain('s1["web.service"]:::restart');
});

test("the page of a plan that changes nothing", () => {
  expect(planPage(nothing, open)).toMatch(/^## ✅ .* nothing on web\.\n/);
});

test("as text, line by line", () => {
  expect(planText(plan, open, (line) => line)).toEqual([
    "web:",
    "~ web.container  (repo/web.container.j2)",
    ".env sets IMAGE_TAG",
    "restart web.service: web.container was changed",
    "image of web.service: r/web:v2, 111111111111 → 222222222222",
    "warning: web.container: odd",
    "",
    "--- a/web.container",
    "+++ b/web.container",
    "@@ -1,3 +1,3 @@",
    " [Container]",
    "-Image=r/web:v1",
    "+Image=r/web:v2",
    " EnvironmentFile=.env",
    "",
    sentence(plan),
  ]);
});

test("as JSON", () => {
  const json = JSON.parse(reportJson(plan, open));
  expect(json).toMatchObject({
    version: 1,
    command: "plan",
    ok: true,
    changes: true,
    hosts: [
      {
        host: "web",
        plan: {
          change: "new",
          env: { set: ["IMAGE_TAG"], removed: [], kept: [] },
          services: [
            { name: "redis.service", action: "keep", why: [] },
            { name: "web.service", action: "restart" },
          ],
          images: [image],
          warnings: ["web.container: odd"],
        },
      },
    ],
  });
  expect(json.hosts[0].plan.files[1]).toMatchObject({
    path: "web.container",
    change: "changed",
    layer: "templates",
    diff: expect.stringContaining("+Image=r/web:v2"),
  });
  expect(JSON.parse(reportJson(nothing, open)).changes).toBe(false);
  expect(JSON.parse(errorsJson("plan", [error({ details: ["x"] })], open))).toMatchObject({
    ok: false,
    errors: [{ phase: "restart", details: ["x"] }],
  });
});

describe("differences", () => {
  test("of new and of removed files", () => {
    expect(unified({ path: "a", after: "x\n" }, open)).toBe(
      "--- /dev/null\n+++ b/a\n@@ -0,0 +1,1 @@\n+x",
    );
    expect(unified({ path: "a", before: "x\n" }, open)).toContain("+++ /dev/null\n");
  });

  test.each([
    ["Environment=DB_PASSWORD=hunter2 MODE=x", "Environment=DB_PASSWORD=*** MODE=x"],
    ['Environment="API_KEY=a b"', 'Environment="API_KEY=***"'],
    ["Environment=APP_TOKEN='t t'", "Environment=APP_TOKEN=***"],
    ["Environment=URL=redis://user:pw@db/0", "Environment=URL=redis://user:***@db/0"],
    ["Environment=SECRET_KEY_FILE=/run/x", "Environment=SECRET_KEY_FILE=/run/x"],
    ["  db_password: hunter2", "  db_password: ***"],
    ["DB_PASSWORD=hunter2", "DB_PASSWORD=***"],
    ["Secret=db_password,type=env", "Secret=db_password,type=env"],
  ])("%s", (line, shown) => {
    expect(unified({ path: "a", after: `${line}\n` }, open)).toContain(`\n+${shown}`);
  });

  test("that are in what is not shown alone", () => {
    const diff = {
      path: "a",
      before: "Environment=PASSWORD=a\n",
      after: "Environment=PASSWORD=b\n",
    };
    expect(unified(diff, open)).toBe("(only values that are not shown differ)");
  });

  test("of secrets that were given", () => {
    expect(unified({ path: "a", after: "X=topsecret\n" }, redactor(["topsecret"]))).toContain(
      "+X=***",
    );
  });

  test("that are long are cut, and it is said", () => {
    const after = Array.from({ length: 300 }, (_, index) => `line ${index}\n`).join("");
    expect(unified({ path: "a", after }, open)).toMatch(/\n\(103 more lines are not shown\)$/);
    const many = Array.from({ length: 99 }, (_, index) => ({ path: `${index}`, after: after }));
    expect(diffsPart(many, open).at(-1)).toMatch(/^\(\d+ more files are not shown\.\)$/);
  });
});

test("the topology: what requires what, ports from outside, and no more than helps", () => {
  const services = servicesOf(
    releaseOf({
      "web.container":
        "[Container]\nImage=x\nNetwork=n.network\nPublishPort=80:80\n[Unit]\nRequires=db.service\n",
      "db.container": "[Container]\nImage=x\nVolume=d.volume:/x\n",
      "n.network": "[Network]\n",
      "d.volume": "[Volume]\n",
    }).files,
  );
  expect(topology(services, () => "up")[0]).toBe(`\`\`\`mermaid
flowchart LR
  s0[("d-volume.service")]:::up
  s1["db.service"]:::up
  s2{{"n-network.service"}}:::up
  s3["web.service"]:::up
  s1 --> s0
  s3 --> s1
  s3 --> s2
  ps30(["80/tcp"]) -.-> s3
  classDef up fill:#1a7f37,color:#fff,stroke:#116329
\`\`\``);
  expect(topology(services.slice(0, 1), () => "up")).toEqual([]);
});
