import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { forwardSteps, revertSteps } from "../../../src/host/steps.js";
import { type Application, timeLimit, transactionOf } from "../../../src/host/transaction.js";
import { emptyHost, hostWith, manifestOf, planFor, releaseOf } from "../plan/support.js";
import { deploySettings } from "../settings/support.js";
import { dash, runProgram, Scratch } from "./support.js";

const owner = { scope: "rootful", user: "", sudo: false } as const;
const release = releaseOf({
  "web.container": "[Container]\nImage=r/web:1\nVolume=/opt/shop/data:/d\n",
  "worker.container": "[Container]\nImage=r/worker:1\n",
  "w@.container": "[Container]\nImage=r/w:1\n",
});
const plan = planFor(release, emptyHost);
const how: Application = {
  app: "shop",
  pull: "missing",
  restart: "changed",
  stableFor: 2500,
  health: deploySettings({
    "health-status": "200,300-399",
    "health-interval": "500ms",
    "health-timeout": "1.5s",
  }).health,
  target: { fromHost: "http://127.0.0.1:8000/health/", services: ["web.service"] },
  rollback: true,
  keepReleases: 5,
  holder: "senex, https://run/1",
};
const programOf = (more: Partial<Application> = {}, from = plan) =>
  `\n${transactionOf("id", from, owner, { ...how, ...more }).program}`;

test("the plan becomes parameters of the program", () => {
  const program = programOf();
  for (const line of [
    "QD_RELEASE=2",
    "QD_PREVIOUS=''",
    "QD_NEW=yes",
    "QD_PULL=missing",
    "QD_STATE=/etc/containers/quadlet-deploy/shop",
    "QD_UNIT=quadlet-deploy@shop",
    "QD_GUARD=quadlet-deploy-guard@shop",
    "QD_GUARD_PATH=/etc/systemd/system/quadlet-deploy-guard@shop.service",
    "QD_GUARD_WANTS=/etc/systemd/system/multi-user.target.wants",
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
    "QD_CONFIRM=no",
    "QD_ROLLBACK=yes",
    "QD_KEEP=5",
    // 10 min, 30 s, three times 1.5 s and 2.5 s.
    "QD_DEADLINE=637",
  ])
    expect(program).toContain(`\n${line}\n`);
  expect(program).toContain(
    "QD_IMAGES='w@.service\tr/w:1\nweb.service\tr/web:1\nworker.service\tr/worker:1'\n",
  );
  expect(program).toContain(
    "\nQD_ADD='/etc/containers/systemd/w@.container\t../quadlet-deploy/shop/current/w@.container\t\n",
  );
});

test("what has to be known before it runs", () => {
  expect(transactionOf("id", plan, owner, how)).toMatchObject({
    id: "id",
    parameters: {
      QD_TRANSACTION: "id",
      QD_MANAGER: "system",
      QD_HOLDER: "senex, https://run/1",
      QD_NEW: "yes",
      QD_TIME: String(timeLimit(how) / 1000),
    },
  });
});

test("a user's manager has its own target", () => {
  const { program } = transactionOf("id", plan, { ...owner, scope: "rootless" }, how);
  expect(program).toContain("/default.target.wants\n");
  expect(program).toContain("WantedBy=default.target\n");
  expect(program).toContain("\nQD_MANAGER=user\n");
});

test("a return takes the images that were recorded, whatever the policy", () => {
  const facts = hostWith(release, { releases: ["0", "1"] });
  const back = planFor(release, facts, { change: "switch", release: "0" });
  const program = programOf({ pull: "always" }, back);
  for (const line of ["QD_NEW=switch", "QD_PULL=recorded", "QD_RELEASE=0", "QD_PREVIOUS=1"])
    expect(program).toContain(`\n${line}\n`);
  expect(programOf({ pull: "always" }, planFor(release, hostWith(release)))).toContain(
    "\nQD_NEW=no\n",
  );
});

test("what is adopted, and what is carried", () => {
  const adopted = {
    release: "adopted",
    manifest: manifestOf(release),
    files: [{ path: "/etc/containers/systemd/web.container", place: "web.container" }],
  };
  const carried = planFor(
    releaseOf({ "web.container": "[Container]\nImage=r/web:2\n" }),
    hostWith(release),
    { prune: false },
  );
  const program = programOf({ adopted, rollback: false }, carried);
  expect(program).toContain(
    "\nQD_ADOPT='/etc/containers/systemd/web.container\tweb.container'\nQD_ADOPTED=adopted\n",
  );
  expect(program).toContain("\nQD_CARRY='w@.container\nworker.container'\n");
  expect(program).toContain("\nQD_ROLLBACK=no\n");
});

describe("the guard's unit", () => {
  const guard = async (state: string) => {
    using scratch = new Scratch();
    const odd = { ...plan, directories: { ...plan.directories, state } };
    const [assigned = ""] = programOf({}, odd).split("\nexport HOME\n");
    const { stdout } = await runProgram(dash, scratch, `${assigned}\nprintf %s "$QD_GUARD_TEXT"`);
    return stdout.split("\n");
  };

  test("runs the program of whatever transaction is open", async () => {
    const lines = await guard("/etc/containers/quadlet-deploy/shop");
    expect(lines).toContain(
      'ExecStart=/bin/sh "/etc/containers/quadlet-deploy/shop/transaction/program" guard',
    );
    expect(lines).toContain("ConditionPathExists=/etc/containers/quadlet-deploy/shop/transaction");
    expect(lines).toContain("WantedBy=multi-user.target");
  });

  test("what systemd would expand in a path stays as it is", async () => {
    const lines = await guard("/home/50%h $HOME/shop");
    expect(lines).toContain(
      'ExecStart=/bin/sh "/home/50%%h $$HOME/shop/transaction/program" guard',
    );
    expect(lines).toContain("ConditionPathExists=/home/50%%h $HOME/shop/transaction");
  });
});

test("the lists of steps are the steps that the programs begin", () => {
  const programs = new URL("../../../src/host/programs/", import.meta.url);
  const begun = readdirSync(programs)
    .filter((name) => name.endsWith(".sh"))
    .flatMap((name) => [
      ...readFileSync(new URL(name, programs), "utf8").matchAll(
        /^\s*(?:forward|begin) ([a-z][a-z-]*)$/gm,
      ),
    ])
    .map(([, step]) => step);
  expect(begun.sort()).toEqual([...forwardSteps, ...revertSteps].sort());
});

test("the whole program is one that a shell can read", async () => {
  using scratch = new Scratch();
  const path = scratch.write("program", programOf());
  expect(await runProgram(dash, scratch, `sh -n ${path}`)).toMatchObject({ code: 0, stderr: "" });
});
