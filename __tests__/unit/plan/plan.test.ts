import { describe, expect, test } from "vitest";
import { describePlan } from "../../../src/plan/describe.js";
import { planEnvOf } from "../../../src/plan/env.js";
import type { Facts, ServiceState } from "../../../src/plan/facts.js";
import type { Plan } from "../../../src/plan/plan.js";
import { errorsOf, messagesOf } from "../settings/support.js";
import {
  actions,
  changes,
  directory,
  emptyHost,
  envFacts,
  type Files,
  hostWith,
  planFor,
  quadletDir,
  releaseOf,
  serviceState,
  stateDir,
  systemdDir,
} from "./support.js";

const env = `EnvironmentFile=${quadletDir}/.env\n`;
const image = `[Container]\nImage=\${GITEA_REGISTRY}/\${IMAGE_NAME}:\${IMAGE_TAG}\n`;
const web = `${image}${env}[Service]\n${env}`;

/** A small stack: web reads `.env`, redis does not. */
const files: Files = {
  "net.network": "[Network]\n",
  "redis.container": "[Container]\nImage=redis:7\n",
  "web.container": web,
  "systemd/web.service.d/a.conf": "[Service]\nRestart=always\n",
};
const keys = { GITEA_REGISTRY: "r", IMAGE_NAME: "n", IMAGE_TAG: "v1" };
const release = releaseOf(files, keys);

describe("first", () => {
  const planned = planFor(release, emptyHost);

  test("everything is added, linked, expected and started", () => {
    expect(planned).toMatchObject({ host: "web", previous: "", change: "new", warnings: [] });
    expect(changes(planned)).toEqual([
      "+ net.network",
      "+ redis.container",
      "+ web.container",
      "+ systemd/web.service.d/a.conf",
    ]);
    expect(planned.env).toMatchObject({ set: Object.keys(keys), unchanged: [], kept: [] });
    expect(planned.links).toMatchObject({
      keep: [],
      add: [
        {
          path: `${quadletDir}/net.network`,
          target: "../quadlet-deploy/shop/current/net.network",
          stood: "",
        },
        {
          path: `${quadletDir}/redis.container`,
          target: "../quadlet-deploy/shop/current/redis.container",
          stood: "",
        },
        {
          path: `${quadletDir}/web.container`,
          target: "../quadlet-deploy/shop/current/web.container",
          stood: "",
        },
        {
          path: `${systemdDir}/web.service.d/a.conf`,
          target: "../../../containers/quadlet-deploy/shop/current/systemd/web.service.d/a.conf",
          stood: "",
        },
        { path: `${quadletDir}/.env`, target: "../quadlet-deploy/shop/current/.env", stood: "" },
      ],
      remove: [],
    });
    expect(planned.expected).toEqual([
      { service: "net-network.service", place: "quadlet", path: `${quadletDir}/net.network` },
      { service: "redis.service", place: "quadlet", path: `${quadletDir}/redis.container` },
      { service: "web.service", place: "quadlet", path: `${quadletDir}/web.container` },
    ]);
    expect(planned.services.map(({ action, up }) => [action, up])).toEqual([
      ["start", true],
      ["start", true],
      ["start", true],
    ]);
  });

  test("as lines for people", () => {
    expect(describePlan(planned)).toEqual([
      "+ net.network  (repo/net.network.j2)",
      "+ redis.container  (repo/redis.container.j2)",
      "+ web.container  (repo/web.container.j2)",
      "+ web.service.d/a.conf  (repo/systemd/web.service.d/a.conf.j2)",
      ".env sets GITEA_REGISTRY, IMAGE_NAME, IMAGE_TAG",
      "start net-network.service: net.network is new",
      "start redis.service: redis.container is new",
      expect.stringMatching(/^start web\.service: .*web\.container is new$/),
    ]);
  });
});

test("again, with nothing to do", () => {
  const planned = planFor(release, hostWith(release));
  expect(planned).toMatchObject({
    previous: "1",
    change: "none",
    links: { add: [], remove: [] },
    env: { set: [], unchanged: Object.keys(keys), kept: [] },
    warnings: [],
  });
  expect(changes(planned).every((change) => change.startsWith("= "))).toBe(true);
  expect(actions(planned)).toEqual([
    "keep net-network.service",
    "keep redis.service",
    "keep web.service",
  ]);
  expect(planned.services.every(({ up }) => up)).toBe(true);
  expect(describePlan(planned)).toEqual(["nothing changes"]);
});

interface Case {
  readonly name: string;
  readonly files?: Files;
  readonly env?: Readonly<Record<string, string>>;
  readonly host?: Partial<Facts>;
  /** Of files, those that are not unchanged. */
  readonly changes: readonly string[];
  /** Of services, those that are not kept. */
  readonly actions: readonly string[];
  readonly change: Plan["change"];
  readonly warnings?: readonly RegExp[];
}

const before = hostWith(release);
const without = <T>(map: ReadonlyMap<string, T>, ...names: string[]) =>
  new Map([...map].filter(([name]) => !names.includes(name)));

test.each<Case>([
  {
    name: "a unit changed: it restarts, no other",
    files: { ...files, "redis.container": "[Container]\nImage=redis:8\n" },
    changes: ["~ redis.container"],
    actions: ["restart redis.service: redis.container was changed"],
    change: "new",
  },
  {
    name: "a drop-in changed: its service restarts",
    files: { ...files, "systemd/web.service.d/a.conf": "[Service]\nRestart=no\n" },
    changes: ["~ systemd/web.service.d/a.conf"],
    actions: ["restart web.service: web.service.d/a.conf was changed"],
    change: "new",
  },
  {
    name: "a drop-in of a unit is new: its service restarts",
    files: { ...files, "redis.container.d/a.conf": "[Container]\nPull=never\n" },
    changes: ["+ redis.container.d/a.conf"],
    actions: ["restart redis.service: redis.container.d/a.conf is new"],
    change: "new",
  },
  {
    name: "a drop-in is gone: its service restarts",
    files: { ...files, "systemd/web.service.d/a.conf": undefined as never },
    changes: ["- systemd/web.service.d/a.conf"],
    actions: ["restart web.service: web.service.d/a.conf was removed"],
    change: "new",
  },
  {
    name: "a unit is new: it starts",
    files: { ...files, "mail.container": "[Container]\nImage=mail\n" },
    changes: ["+ mail.container"],
    actions: ["start mail.service: mail.container is new"],
    change: "new",
  },
  {
    name: "a unit is gone: it stops",
    files: { ...files, "redis.container": undefined as never },
    changes: ["- redis.container"],
    actions: ["stop redis.service: redis.container is no longer part of the release"],
    change: "new",
  },
  {
    name: "a unit got another service's name: the old one stops, the new one starts",
    files: { ...files, "redis.container": "[Container]\nImage=redis:7\nServiceName=cache\n" },
    changes: ["~ redis.container"],
    actions: [
      "start cache.service: redis.container was changed; it is not running",
      "stop redis.service: redis.container is no longer part of the release",
    ],
    change: "new",
  },
  {
    name: "a file was edited by hand: it is put right, and said",
    host: { sums: new Map([...before.sums, ["web.container", "f".repeat(64)]]) },
    changes: ["~ web.container !"],
    actions: ["restart web.service: web.container was changed"],
    change: "new",
    warnings: [/^web\.container was edited on the host; the edit stays in release 1/],
  },
  {
    name: "a drop-in was edited by hand",
    host: { sums: new Map([...before.sums, ["systemd/web.service.d/a.conf", "f".repeat(64)]]) },
    changes: ["~ systemd/web.service.d/a.conf !"],
    actions: ["restart web.service: web.service.d/a.conf was changed"],
    change: "new",
    warnings: [/^web\.service\.d\/a\.conf was edited on the host/],
  },
  {
    name: "a file was put into the release by hand: it goes",
    host: { sums: new Map([...before.sums, ["systemd/x.service.d/b.conf", "f".repeat(64)]]) },
    changes: ["- systemd/x.service.d/b.conf"],
    actions: [],
    change: "new",
  },
  {
    name: "a file of the release was deleted by hand: it comes back",
    host: { sums: without(before.sums, "redis.container") },
    changes: ["+ redis.container"],
    actions: ["restart redis.service: redis.container is new"],
    change: "new",
  },
  {
    name: "a link was deleted by hand: it comes back, and no service is touched",
    host: { entries: without(before.entries, `${quadletDir}/web.container`) },
    changes: [],
    actions: [],
    change: "new",
  },
  {
    name: "a new tag: what the image runs in restarts, for that reason",
    env: { ...keys, IMAGE_TAG: "v2" },
    changes: [],
    actions: ["restart web.service: .env: IMAGE_TAG"],
    change: "new",
  },
  {
    name: "a key that only the host has is kept, and restarts nothing",
    host: { env: new Map([...before.env, ["SECRET_KEY", "0"]]) },
    changes: [],
    actions: [],
    change: "none",
  },
  ...["inactive", "failed", "activating", "deactivating"].map(
    (active): Case => ({
      name: `a service is ${active}: it starts, with no new release`,
      host: { services: new Map([...before.services, ["redis.service", serviceState(active)]]) },
      changes: [],
      actions: ["start redis.service: it is not running"],
      change: "none",
    }),
  ),
  {
    name: "a network changed: Podman would not change it, so that is said",
    files: { ...files, "net.network": "[Network]\nInternal=true\n" },
    changes: ["~ net.network"],
    actions: [],
    change: "new",
    warnings: [/^net\.network changed, and Podman does not change a network that exists/],
  },
  {
    name: "a network changed that is not up: it starts",
    files: { ...files, "net.network": "[Network]\nInternal=true\n" },
    host: { services: without(before.services, "net-network.service") },
    changes: ["~ net.network"],
    actions: ["start net-network.service: net.network was changed; it is not running"],
    change: "new",
  },
  {
    name: "a volume changed",
    files: { ...files, "data.volume": "[Volume]\nLabel=a\n" },
    host: {
      sums: new Map([...before.sums, ["data.volume", "f".repeat(64)]]),
      services: new Map([
        ...before.services,
        ["data-volume.service", serviceState("active", "exited")],
      ]),
    },
    changes: ["~ data.volume"],
    actions: [],
    change: "new",
    warnings: [/^data\.volume changed, and Podman does not change a volume that exists/],
  },
  {
    name: "a template unit is installed, and neither started nor expected up",
    files: { ...files, "w@.container": "[Container]\nImage=a\n" },
    changes: ["+ w@.container"],
    actions: [],
    change: "new",
  },
  {
    name: "a manifest that is not there: nothing counts as edited or removed",
    host: { manifest: undefined as never, sums: new Map([["web.container", "f".repeat(64)]]) },
    changes: [
      "+ net.network",
      "+ redis.container",
      "~ web.container",
      "+ systemd/web.service.d/a.conf",
    ],
    actions: [
      "restart redis.service: redis.container is new",
      expect.stringMatching(/^restart web\.service: .*web\.container was changed/) as never,
    ],
    change: "new",
    warnings: [/^net\.network changed/],
  },
])("$name", ({ files: given = files, env: more = keys, host = {}, ...expected }) => {
  const present = Object.entries(given).filter(([, text]) => text !== undefined);
  const planned = planFor(releaseOf(Object.fromEntries(present), more), { ...before, ...host });
  expect(changes(planned).filter((change) => !change.startsWith("="))).toEqual(expected.changes);
  expect(actions(planned).filter((action) => !action.startsWith("keep"))).toEqual(expected.actions);
  expect(planned.change).toBe(expected.change);
  expect(planned.warnings).toEqual(
    (expected.warnings ?? []).map((one) => expect.stringMatching(one)),
  );
});

test("a template unit is neither up nor stopped when it goes", () => {
  const wider = releaseOf({ ...files, "w@.container": "[Container]\nImage=a\n" }, keys);
  expect(planFor(wider, emptyHost).services.find(({ name }) => name === "w@.service")).toEqual({
    name: "w@.service",
    action: "keep",
    why: [],
    up: false,
  });
  expect(actions(planFor(release, hostWith(wider))).join()).not.toContain("w@");
});

test("an edit by hand that the release makes too is no warning", () => {
  const next = releaseOf({ ...files, "redis.container": "[Container]\nImage=redis:8\n" }, keys);
  const sum = next.files.find((file) => file.path === "redis.container")?.sha256 ?? "";
  const facts = { ...before, sums: new Map([...before.sums, ["redis.container", sum]]) };
  expect(planFor(next, facts).warnings).toEqual([]);
});

describe("links", () => {
  test("those of removed files go, and nobody else's", () => {
    const smaller = releaseOf({ "web.container": web }, keys);
    const entries = new Map([
      ...before.entries,
      [
        `${quadletDir}/other.container`,
        { target: "../quadlet-deploy/other/current/other.container" },
      ],
      [
        `${quadletDir}/shop2.container`,
        { target: "../quadlet-deploy/shop2/current/shop2.container" },
      ],
      [`${quadletDir}/plain.container`, {}],
    ]);
    expect(planFor(smaller, { ...before, entries }).links.remove).toEqual([
      `${quadletDir}/net.network`,
      `${quadletDir}/redis.container`,
      `${systemdDir}/web.service.d/a.conf`,
    ]);
  });

  test("a link of ours that says it in another way is put right", () => {
    const entries = new Map([
      ...before.entries,
      [`${quadletDir}/web.container`, { target: `${stateDir}/current/web.container` }],
    ]);
    const planned = planFor(release, { ...before, entries });
    expect(planned.links.add).toMatchObject([
      { path: `${quadletDir}/web.container`, stood: `link ${stateDir}/current/web.container` },
    ]);
  });

  test("drop-ins of units are one folder deeper", () => {
    const deep = releaseOf({ "a.container": "", "a.container.d/b.conf": "" });
    expect(planFor(deep, emptyHost).links.add[1]).toEqual({
      path: `${quadletDir}/a.container.d/b.conf`,
      target: "../../quadlet-deploy/shop/current/a.container.d/b.conf",
      stood: "",
    });
  });

  test.each<[string, Partial<Facts>, string]>([
    [
      "the quadlet directory is a link",
      { quadlet: directory(quadletDir, "/srv/units") },
      `${stateDir}/current/redis.container`,
    ],
    [
      "the state directory is below a link",
      { state: directory(stateDir, "/srv/state") },
      `${stateDir}/current/redis.container`,
    ],
    [
      "only systemd's is a link",
      { systemdDir: directory(systemdDir, "/srv/x") },
      "../quadlet-deploy/shop/current/redis.container",
    ],
  ])("%s: a link there is absolute", (_, host, target) => {
    const { add } = planFor(release, { ...emptyHost, ...host }).links;
    expect(add.find(({ path }) => path === `${quadletDir}/redis.container`)?.target).toBe(target);
  });

  test("rootless, everything is in the owner's home", () => {
    const home = "/home/senex";
    const facts: Facts = {
      ...emptyHost,
      owner: { name: "senex", uid: 1000, home },
      quadlet: directory(`${home}/.config/containers/systemd`),
      systemdDir: directory(`${home}/.config/systemd/user`),
      state: directory(`${home}/.config/containers/quadlet-deploy/shop`),
    };
    expect(planFor(release, facts).links.add.slice(2, 4)).toEqual([
      {
        path: `${home}/.config/containers/systemd/web.container`,
        target: "../quadlet-deploy/shop/current/web.container",
        stood: "",
      },
      {
        path: `${home}/.config/systemd/user/web.service.d/a.conf`,
        target: "../../../containers/quadlet-deploy/shop/current/systemd/web.service.d/a.conf",
        stood: "",
      },
    ]);
  });
});

describe("files of others", () => {
  const at = (entries: Record<string, { target?: string }>): Facts => ({
    ...emptyHost,
    entries: new Map(Object.entries(entries)),
  });

  test.each<[string, Record<string, { target?: string }>, string, readonly string[]]>([
    [
      "a plain file",
      { [`${quadletDir}/web.container`]: {} },
      `${quadletDir}/web.container`,
      [`${quadletDir}/web.container`],
    ],
    [
      "another app's link",
      {
        [`${quadletDir}/web.container`]: {
          target: "../quadlet-deploy/other/current/web.container",
        },
      },
      `${quadletDir}/web.container`,
      [`${quadletDir}/web.container -> ../quadlet-deploy/other/current/web.container`],
    ],
    [
      "a link to a fixed release of ours",
      {
        [`${quadletDir}/web.container`]: {
          target: "../quadlet-deploy/shop/releases/1/web.container",
        },
      },
      `${quadletDir}/web.container`,
      [`${quadletDir}/web.container -> ../quadlet-deploy/shop/releases/1/web.container`],
    ],
    [
      "a link that only looks like ours",
      {
        [`${quadletDir}/web.container`]: {
          target: "../quadlet-deploy/shop/current/../../x/web.container",
        },
      },
      `${quadletDir}/web.container`,
      [`${quadletDir}/web.container -> ../quadlet-deploy/shop/current/../../x/web.container`],
    ],
    [
      "another app's .env",
      { [`${quadletDir}/.env`]: { target: "../quadlet-deploy/other/current/.env" } },
      `${quadletDir}/.env`,
      [`${quadletDir}/.env -> ../quadlet-deploy/other/current/.env`],
    ],
    [
      "several",
      { [`${quadletDir}/web.container`]: {}, [`${systemdDir}/web.service.d/a.conf`]: {} },
      "2 files",
      [`${quadletDir}/web.container`, `${systemdDir}/web.service.d/a.conf`],
    ],
  ])("%s stops the deploy, with a list", (_, entries, object, details) => {
    const [error] = errorsOf(() => planFor(release, at(entries)));
    expect(error?.parts).toMatchObject({ host: "web", phase: "plan", object, details });
    expect(error?.message).toMatch(/nothing was changed/);
  });

  test.each<[string, Record<string, { target?: string }>]>([
    ["an .env that somebody wrote", { [`${quadletDir}/.env`]: {} }],
    [
      "files elsewhere",
      { [`${quadletDir}/other.container`]: {}, [`${systemdDir}/sshd.service`]: {} },
    ],
    [
      "links of ours",
      {
        [`${quadletDir}/web.container`]: { target: "../quadlet-deploy/shop/current/web.container" },
      },
    ],
  ])("%s are no obstacle", (_, entries) => {
    expect(() => planFor(release, at(entries))).not.toThrow();
  });

  test("a folder of drop-ins that is a link is not followed", () => {
    const facts = at({ [`${systemdDir}/web.service.d`]: { target: "/srv/elsewhere" } });
    const [error] = errorsOf(() => planFor(release, facts));
    expect(error?.message).toMatch(
      new RegExp(`^web: plan: ${systemdDir}/web.service.d: .* a link to /srv/elsewhere; nothing`),
    );
  });

  test("an .env that somebody wrote becomes a link, its keys are kept", () => {
    const facts = {
      ...at({ [`${quadletDir}/.env`]: {} }),
      env: envFacts({ IMAGE_TAG: "v1", SECRET: "x" }),
    };
    const planned = planFor(release, facts);
    expect(planned.links.add.at(-1)?.path).toBe(`${quadletDir}/.env`);
    expect(planned.env).toMatchObject({
      set: ["GITEA_REGISTRY", "IMAGE_NAME"],
      unchanged: ["IMAGE_TAG"],
      kept: ["SECRET"],
    });
    expect(describePlan(planned)).toContain(".env sets GITEA_REGISTRY, IMAGE_NAME; keeps SECRET");
    expect(JSON.stringify(planned)).not.toContain("v1");
  });
});

describe("adopt", () => {
  const entries = new Map([
    [`${quadletDir}/web.container`, {}],
    [`${systemdDir}/web.service.d/a.conf`, { target: "/srv/a.conf" }],
    [`${quadletDir}/.env`, {}],
  ]);

  test("takes over what stands in the way, and says so", () => {
    const planned = planFor(release, { ...emptyHost, entries }, { adopt: true });
    expect(planned.adopting.map(({ path }) => path)).toEqual([
      `${quadletDir}/web.container`,
      `${systemdDir}/web.service.d/a.conf`,
    ]);
    const stood = new Map(planned.links.add.map((link) => [link.path, link.stood]));
    expect(stood.get(`${quadletDir}/web.container`)).toBe("file");
    expect(stood.get(`${systemdDir}/web.service.d/a.conf`)).toBe("link /srv/a.conf");
    expect(stood.get(`${quadletDir}/redis.container`)).toBe("");
    expect(planned.warnings).toEqual([
      expect.stringMatching(/web\.container was not ours; it is kept/),
      expect.stringMatching(/a\.conf was not ours; it is kept/),
    ]);
  });

  test("without it that is refused, and told", () => {
    const [error] = errorsOf(() => planFor(release, { ...emptyHost, entries }));
    expect(error?.parts.remedy).toMatch(/adopt: true/);
  });

  test("takes nothing where nothing stands in the way", () => {
    expect(planFor(release, hostWith(release), { adopt: true })).toMatchObject({
      adopting: [],
      change: "none",
    });
  });
});

describe("a service of the same name from somewhere else", () => {
  const seen = (more: Partial<ServiceState>) => () =>
    planFor(release, {
      ...emptyHost,
      services: new Map([["web.service", serviceState("active", "running", more)]]),
    });

  test.each<[string, Partial<ServiceState>, RegExp]>([
    [
      "masked",
      { load: "masked", fragment: "/dev/null" },
      /^web: plan: web\.service: the service is masked on the host\. Run: systemctl unmask web\.service$/,
    ],
    [
      "a native unit of the administrator",
      { fragment: "/etc/systemd/system/web.service" },
      /a unit of systemd's own, \/etc\/systemd\/system\/web\.service, would be used/,
    ],
    [
      "a native unit of the user",
      { fragment: "/home/senex/.config/systemd/user/web.service" },
      /a unit of systemd's own/,
    ],
    [
      "another Quadlet file",
      { source: "/usr/share/containers/systemd/web.container" },
      /\/usr\/share\/containers\/systemd\/web\.container makes a service of this name already/,
    ],
  ])("%s is refused", (_, state, message) => {
    expect(messagesOf(seen(state))).toEqual([expect.stringMatching(message)]);
  });

  const generated = "/run/systemd/generator/web.service";
  test.each<[string, Partial<ServiceState>]>([
    ["none", { load: "not-found" }],
    ["ours", { fragment: generated, source: `${quadletDir}/web.container` }],
    [
      "one of the system's, which ours goes before",
      { fragment: "/usr/lib/systemd/system/web.service" },
    ],
  ])("%s is fine", (_, state) => {
    expect(seen(state)).not.toThrow();
  });

  test("a unit of ours of another name is fine, for its link goes", () => {
    const old = releaseOf({ "old.container": "[Container]\nImage=a\nServiceName=web\n" });
    const facts = hostWith(old, {
      services: new Map([
        [
          "web.service",
          serviceState("active", "running", {
            fragment: generated,
            source: `${quadletDir}/old.container`,
          }),
        ],
      ]),
    });
    const next = releaseOf({ "web.container": "[Container]\nImage=a\n" });
    expect(planFor(next, facts).links.remove).toContain(`${quadletDir}/old.container`);
  });
});

describe("prune: false", () => {
  const smaller = releaseOf({ "net.network": "[Network]\n", "web.container": web }, keys);

  test("what left the repository stays, links and services too", () => {
    const planned = planFor(smaller, hostWith(release), { prune: false });
    expect(planned).toMatchObject({
      change: "none",
      carried: ["redis.container", "systemd/web.service.d/a.conf"],
      links: { add: [], remove: [] },
    });
    expect(actions(planned).filter((action) => !action.startsWith("keep"))).toEqual([]);
  });

  test("it comes along into a new release", () => {
    const next = releaseOf({ "web.container": `${web}Restart=no\n` }, keys);
    const planned = planFor(next, hostWith(release), { prune: false });
    expect(planned.change).toBe("new");
    expect(planned.carried).toEqual([
      "net.network",
      "redis.container",
      "systemd/web.service.d/a.conf",
    ]);
    expect(planned.links.remove).toEqual([]);
  });

  test("a service renamed by ServiceName= is no unit that stays: the old one stops", () => {
    const renamed = releaseOf(
      { ...files, "redis.container": "[Container]\nImage=redis:7\nServiceName=cache\n" },
      keys,
    );
    const planned = planFor(renamed, hostWith(release), { prune: false });
    expect(planned.carried).toEqual([]);
    expect(actions(planned)).toContain(
      "stop redis.service: redis.container is no longer part of the release",
    );
  });

  test("without it nothing is carried", () => {
    expect(planFor(smaller, hostWith(release)).carried).toEqual([]);
  });
});

describe("a return to a release", () => {
  test("is a switch, or nothing where it is current", () => {
    const facts = hostWith(release, { releases: ["0", "1"] });
    const planned = planFor(release, facts, { change: "switch", release: "0" });
    expect(planned).toMatchObject({ change: "switch", release: "0", previous: "1" });
    expect(describePlan(planned)[0]).toBe("returns to release 0");
    expect(planFor(release, facts, { change: "switch", release: "1" })).toMatchObject({
      change: "none",
      release: "1",
    });
  });

  test("brings its own .env, whole", () => {
    const facts = { ...emptyHost, env: envFacts({ A: "1", B: "2", NEW: "3" }) };
    expect(planEnvOf(envFacts({ A: "1", B: "0", OLD: "4" }), facts)).toEqual({
      used: true,
      set: ["B", "OLD"],
      unchanged: ["A"],
      kept: [],
      removed: ["NEW"],
    });
  });

  test("or none, where it has none", () => {
    const facts = { ...emptyHost, env: envFacts({ A: "1" }) };
    expect(planEnvOf(undefined, facts)).toEqual({ used: false, set: [], unchanged: [], kept: [] });
  });
});

describe("where Quadlet reads", () => {
  const rootless = { name: "senex", uid: 1000, home: "/home/senex" };
  test.each<[string, Facts["owner"], boolean]>([
    ["/etc/containers/systemd", emptyHost.owner, true],
    ["/etc/containers/systemd/shop", emptyHost.owner, true],
    ["/etc/containers/systemd2", emptyHost.owner, false],
    ["/opt/units", emptyHost.owner, false],
    ["/home/senex/.config/containers/systemd", rootless, true],
    ["/etc/containers/systemd/users/1000", rootless, true],
    ["/etc/containers/systemd/users", rootless, true],
    ["/etc/containers/systemd/users/shop", rootless, true],
    ["/etc/containers/systemd/users2", emptyHost.owner, true],
    ["/etc/containers/systemd", rootless, false],
    ["/home/senex/units", rootless, false],
  ])("%s for %o: %s", (path, owner, expected) => {
    const facts = { ...emptyHost, owner, quadlet: directory(path) };
    if (expected) expect(() => planFor(release, facts)).not.toThrow();
    else
      expect(messagesOf(() => planFor(release, facts))).toEqual([
        expect.stringMatching(
          new RegExp(
            `^web: plan: ${path}: Quadlet does not read this directory for ${owner.name}\\. Set \`quadlet-dir\``,
          ),
        ),
      ]);
  });

  // The system's generator leaves out the folder of the users' units, and each user's the others'.
  test.each([
    ["/etc/containers/systemd/users", emptyHost.owner],
    ["/etc/containers/systemd/users/1000", emptyHost.owner],
    ["/etc/containers/systemd/users/1001", rootless],
  ])("not %s for %o", (path, owner) => {
    const facts = { ...emptyHost, owner, quadlet: directory(path) };
    expect(messagesOf(() => planFor(release, facts))).toHaveLength(1);
  });
});

describe("which services a change of .env restarts", () => {
  const home = "/home/senex";
  const facts: Facts = {
    ...emptyHost,
    owner: { name: "senex", uid: 1000, home },
    quadlet: directory(`${home}/.config/containers/systemd`),
    services: new Map([["a.service", serviceState("active")]]),
  };
  test.each([
    [`${home}/.config/containers/systemd/.env`, true],
    ["%h/.config/containers/systemd/.env", true],
    ["-%h/.config/containers/systemd/.env", true],
    [".env", true],
    ["./.env", true],
    ["/etc/shop.env", false],
    [`${home}/.env`, false],
  ])("EnvironmentFile=%s: %s", (path, restarts) => {
    for (const section of ["Container", "Service"]) {
      const one = releaseOf(
        { "a.container": `[Container]\nImage=a\n[${section}]\nEnvironmentFile=${path}\n` },
        { KEY: "1" },
      );
      const sums = new Map(one.files.map((file) => [file.path, file.sha256]));
      expect(actions(planFor(one, { ...facts, sums }))).toEqual([
        restarts ? "restart a.service: .env: KEY" : "keep a.service",
      ]);
    }
  });
});

test("a new tag restarts what it names, not what reads the same .env", () => {
  const both = { "db.container": `[Container]\nImage=db\n${env}`, "web.container": web };
  const host = hostWith(releaseOf(both, keys));
  expect(actions(planFor(releaseOf(both, { ...keys, IMAGE_TAG: "v2" }), host))).toEqual([
    "keep db.service",
    "restart web.service: .env: IMAGE_TAG",
  ]);
  expect(actions(planFor(releaseOf(both, { ...keys, IMAGE_TAG: "v2", KEY: "1" }), host))).toEqual([
    "restart db.service: .env: KEY",
    "restart web.service: .env: IMAGE_TAG, KEY",
  ]);
});

describe("what requires a service restarts with it", () => {
  const requires = (...names: string[]) =>
    `[Unit]\nRequires=${names.join(" ")}\n[Container]\nImage=a\n`;
  const stack = {
    "beat.container": requires("worker.service"),
    "db.container": "[Container]\nImage=db:1\nNetwork=net.network\n",
    "net.network": "[Network]\n",
    "web.container": requires("db.service", "worker.service"),
    "worker.container": requires("db.service"),
  };
  const host = hostWith(releaseOf(stack));
  const moved = (next: Files, facts: Facts = host) =>
    actions(planFor(releaseOf(next), facts)).filter((action) => !action.startsWith("keep"));

  test("as systemd does it, and what requires that", () => {
    const next = { ...stack, "db.container": "[Container]\nImage=db:2\nNetwork=net.network\n" };
    expect(moved(next)).toEqual([
      "restart beat.service: worker.service restarts, which it requires",
      "restart db.service: db.container was changed",
      "restart web.service: db.service restarts, which it requires; worker.service restarts, which it requires",
      "restart worker.service: db.service restarts, which it requires",
    ]);
  });

  test("its own reasons stay what is said", () => {
    const next = {
      "beat.container": stack["beat.container"],
      "db.container": stack["db.container"],
      "net.network": stack["net.network"],
      "web.container": `${stack["web.container"]}Exec=x\n`,
      "worker.container": `${stack["worker.container"]}Exec=x\n`,
    };
    expect(moved(next)).toEqual([
      "restart beat.service: worker.service restarts, which it requires",
      "restart web.service: web.container was changed",
      "restart worker.service: worker.container was changed",
    ]);
  });

  test("a network that starts takes what is attached with it", () => {
    const services = new Map([...host.services, ["net-network.service", serviceState("inactive")]]);
    expect(moved(stack, { ...host, services })).toContain(
      "restart db.service: net-network.service starts, which it requires",
    );
  });

  test("what is down starts for that reason alone", () => {
    const services = new Map([...host.services, ["beat.service", serviceState("failed")]]);
    expect(moved(stack, { ...host, services })).toEqual(["start beat.service: it is not running"]);
  });

  test("two that require each other", () => {
    const both = { "a.container": requires("b.service"), "b.container": requires("a.service") };
    const next = { ...both, "a.container": `${both["a.container"]}Exec=x\n` };
    expect(moved(next, hostWith(releaseOf(both)))).toEqual([
      "restart a.service: a.container was changed",
      "restart b.service: a.service restarts, which it requires",
    ]);
  });
});

describe("an app without .env", () => {
  const plain = releaseOf({ "redis.container": "[Container]\nImage=redis:7\n" });
  const others = { target: "../quadlet-deploy/other/current/.env" };

  test("leaves another's in the same directory alone", () => {
    const planned = planFor(plain, {
      ...emptyHost,
      entries: new Map([[`${quadletDir}/.env`, others]]),
      env: envFacts({ SECRET: "x" }),
    });
    expect(planned.links.add.map(({ path }) => path)).toEqual([`${quadletDir}/redis.container`]);
    expect(planned.env).toEqual({ used: false, set: [], unchanged: [], kept: [] });
  });

  test.each<[string, Partial<Facts>, Parameters<typeof releaseOf>]>([
    ["a key is set", {}, [{ "a.container": "" }, { A: "1" }]],
    ["a unit reads it", {}, [{ "a.container": "[Container]\nEnvironmentFile=.env\n" }]],
    [
      "it had one before",
      {
        entries: new Map([
          [`${quadletDir}/.env`, { target: "../quadlet-deploy/shop/current/.env" }],
        ]),
      },
      [{ "a.container": "" }],
    ],
  ])("is none where %s", (_, host, [contents, own]) => {
    expect(planFor(releaseOf(contents, own), { ...emptyHost, ...host }).env.used).toBe(true);
  });
});

describe("images", () => {
  const planned = (
    text: string,
    own: Record<string, string> = {},
    host: Record<string, string> = {},
  ) =>
    planFor(releaseOf({ "a.container": text }, own), { ...emptyHost, env: envFacts(host) }).images;

  test.each<[string, string, Record<string, string>, Record<string, string>, string | undefined]>([
    ["a plain name", "[Container]\nImage=r/a:1\n", {}, {}, "r/a:1"],
    [
      "keys of the release stay for the host",
      image,
      keys,
      {},
      `\${GITEA_REGISTRY}/\${IMAGE_NAME}:\${IMAGE_TAG}`,
    ],
    [
      "keys of the host too",
      image,
      { IMAGE_TAG: "v2" },
      { GITEA_REGISTRY: "r", IMAGE_NAME: "n" },
      `\${GITEA_REGISTRY}/\${IMAGE_NAME}:\${IMAGE_TAG}`,
    ],
    [
      "what the unit itself sets is put in",
      `[Container]\nImage=r/a:\${TAG}\n[Service]\nEnvironment=TAG=v9\n`,
      {},
      {},
      "r/a:v9",
    ],
    [
      "an env file wins over the unit, as for systemd",
      `[Container]\nImage=r/a:\${TAG}\n[Service]\nEnvironment=TAG=v9\n`,
      { TAG: "v1" },
      {},
      `r/a:\${TAG}`,
    ],
    ["a specifier is known to systemd alone", "[Container]\nImage=r/a:%i\n", {}, {}, undefined],
    ["a doubled percent sign is none", "[Container]\nImage=r/a%%b\n", {}, {}, "r/a%%b"],
    [
      "a variable of another env file too",
      `[Container]\nImage=r/a:\${TAG}\n[Service]\nEnvironmentFile=/etc/shop.env\n`,
      {},
      {},
      undefined,
    ],
    ["another unit's image needs no pull", "[Container]\nImage=base.build\n", {}, {}, undefined],
  ])("%s", (_, text, own, host, expected) => {
    expect(planned(text, own, host).map((one) => one.image)).toEqual(
      expected === undefined ? [] : [expected],
    );
  });

  test.each<[string, string, Record<string, string>, string]>([
    [
      "the guide's names",
      image,
      { IMAGE_NAME: "n" },
      "Image= needs GITEA_REGISTRY and IMAGE_TAG, which neither the inputs nor the host's .env set. Set `registry` and `image-tag`.",
    ],
    [
      "other names",
      `[Container]\nImage=\${REGISTRY}/a:\${TAG}\n`,
      {},
      "Image= needs REGISTRY and TAG, which neither the inputs nor the host's .env set. Add REGISTRY=… and TAG=… to `env`.",
    ],
  ])("names that nobody sets: %s", (_, text, own, message) => {
    const [error, ...more] = errorsOf(() => planned(text, own));
    expect(more).toEqual([]);
    expect(error?.message).toBe(`web: plan: repo/a.container.j2: ${message}`);
    expect(error?.parts.location).toEqual({ file: "repo/a.container.j2" });
  });

  test("every unit is told in one run", () => {
    const two = releaseOf({ "a.container": image, "b.container": image });
    expect(messagesOf(() => planFor(two, emptyHost))).toHaveLength(2);
  });
});

describe("directories that units mount", () => {
  const mounting = (...volumes: string[]) =>
    releaseOf({
      "a.container": `[Container]\nImage=a\n${volumes.map((volume) => `Volume=${volume}\n`).join("")}`,
    });

  test.each<[string, readonly string[], string, readonly string[]]>([
    [
      "below the app's own are made",
      ["/opt/shop/data:/d:U", "/opt/shop/x/y:/y"],
      "/opt/shop",
      ["/opt/shop/data", "/opt/shop/x/y"],
    ],
    ["elsewhere are not", ["/etc/ssl:/ssl", "/opt/shop2/data:/d"], "/opt/shop", []],
    ["of the owner's home", ["%h/data:/d", "/root/logs:/l"], "%h", ["/root/data", "/root/logs"]],
    ["once each", ["/opt/shop/data:/d", "/opt/shop/data:/e"], "/opt/shop", ["/opt/shop/data"]],
    ["but files are whoever keeps them's to make", ["/opt/shop/nginx.conf:/n:ro"], "/opt/shop", []],
    ["nor named volumes", ["data:/d", "data.volume:/e"], "/opt/shop", []],
  ])("%s", (_, volumes, appDirectory, expected) => {
    expect(planFor(mounting(...volumes), emptyHost, { appDirectory }).directories).toEqual({
      quadlet: quadletDir,
      systemd: systemdDir,
      state: stateDir,
      home: "/root",
      data: expected,
    });
  });

  test.each<[string, readonly string[]]>([
    ["/opt/shop/../../etc/x", []],
    ["/opt/shop/data/..", []],
    ["/opt/shop/%i/data", []],
    [`/opt/shop/\${X}/data`, []],
    ["/opt/shop/$X/data", []],
    ["/opt/shop", ["/opt/shop"]],
    ["/opt/shop/", ["/opt/shop"]],
    ["/opt//shop/./data/", ["/opt/shop/data"]],
    ["/opt/shop/data/v1.5", ["/opt/shop/data/v1.5"]],
    ["/opt/shop/conf.d", ["/opt/shop/conf.d"]],
    ["/opt/shop/..data", ["/opt/shop/..data"]],
    ["/opt/shop/.env", []],
    ["/opt/shop/tls/web.pem", []],
  ])("%s", (path, expected) => {
    expect(planFor(mounting(`${path}:/d`), emptyHost).directories.data).toEqual(expected);
  });
});

test.each([
  ["{", "it is not JSON"],
  ['{"version":2,"files":[],"services":[]}', "its version is 2, and this program knows 1"],
  ["[]", "its version is undefined, and this program knows 1"],
  ["null", "its version is undefined, and this program knows 1"],
  ['{"version":1}', "it lists no files and services"],
])("a manifest %j is not guessed at", (manifest, cause) => {
  expect(messagesOf(() => planFor(release, { ...emptyHost, manifest }))).toEqual([
    `web: plan: manifest.json of the current release: ${cause}. Was it edited, or written by a newer quadlet-deploy?`,
  ]);
});
