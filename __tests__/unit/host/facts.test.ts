import { describe, expect, test } from "vitest";
import { readFacts } from "../../../src/host/facts.js";
import type { Owner } from "../../../src/host/owner.js";
import { base64, replay } from "./support.js";

const owner: Owner = { scope: "rootless", user: "", sudo: false };
const where = {
  app: "shop",
  quadletRoot: "%h/.config/containers/systemd",
  quadletDir: "%h/.config/containers/systemd",
  systemdDir: "%h/.config/systemd/user",
  stateDir: "%h/.config/containers/quadlet-deploy/shop",
};
const home = "/home/senex";

/** What a host says, one event a line, with `|` between fields. */
function host(lines: readonly string[]) {
  return replay(lines.map((line) => `{token}\t${line.replaceAll("|", "\t")}`));
}

const minimum = [
  `owner|senex|1000|${home}`,
  "podman|5.4.2",
  "systemd|257",
  `directory|quadlet|${home}/q|${home}/q|yes`,
  `directory|systemd|${home}/s|${home}/s|yes`,
  `directory|state|${home}/t|/srv/t|yes`,
  "end",
];

const asked = { services: ["web.service"], secrets: [], prepare: true };

const read = (lines: readonly string[]) => readFacts(host(lines), owner, where, asked);

describe("facts", () => {
  test("of a host that nothing was deployed to", async () => {
    expect(await read(minimum)).toEqual({
      host: "web",
      owner: { name: "senex", uid: 1000, home },
      podman: "5.4.2",
      systemd: "257",
      lingerEnabled: false,
      networkOnline: true,
      quadlet: { path: `${home}/q`, real: `${home}/q`, writable: true },
      systemdDir: { path: `${home}/s`, real: `${home}/s`, writable: true },
      state: { path: `${home}/t`, real: "/srv/t", writable: true },
      entries: new Map(),
      releases: [],
      sums: new Map(),
      env: new Map(),
      nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
      services: new Map(),
      secrets: new Map(),
      pending: new Map(),
    });
  });

  test("of a host that runs a release", async () => {
    const manifest = '{"version":1,"note":"größe"}\n';
    const facts = await read([
      "linger|enabled",
      "network-online|inactive",
      `entry|${home}/q/web.container|link|../x/web.container`,
      `entry|${home}/q/plain.container|file`,
      "current|20260101T000000Z-abc",
      "release|20250101T000000Z-abc",
      "release|20260101T000000Z-abc",
      "holder|senex, https://run/1|7",
      `manifest|${base64(manifest)}`,
      `sum|${"a".repeat(64)}|web.container`,
      `sum|${"b".repeat(64)}|systemd/web.service.d/a.conf`,
      `env|SECRET|${"c".repeat(64)}`,
      `service|web.service|loaded|active|running|/run/g/web.service|${home}/q/web.container|@1700000000`,
      "service|db.service|not-found|inactive|dead||",
      "secret|db_password|1700000100",
      "pending|web.service|web.container was changed",
      ...minimum,
    ]);
    expect(facts).toMatchObject({
      secrets: new Map([["db_password", 1700000100]]),
      pending: new Map([["web.service", "web.container was changed"]]),
      lingerEnabled: true,
      networkOnline: false,
      current: "20260101T000000Z-abc",
      releases: ["20250101T000000Z-abc", "20260101T000000Z-abc"],
      holder: { description: "senex, https://run/1", age: 7 },
      manifest,
    });
    expect([...facts.entries]).toEqual([
      [`${home}/q/web.container`, { target: "../x/web.container" }],
      [`${home}/q/plain.container`, {}],
    ]);
    expect([...facts.sums]).toEqual([
      ["web.container", "a".repeat(64)],
      ["systemd/web.service.d/a.conf", "b".repeat(64)],
    ]);
    expect([...facts.env]).toEqual([["SECRET", "c".repeat(64)]]);
    expect([...facts.services]).toEqual([
      [
        "web.service",
        {
          load: "loaded",
          active: "active",
          sub: "running",
          fragment: "/run/g/web.service",
          source: `${home}/q/web.container`,
          since: 1700000000,
        },
      ],
      [
        "db.service",
        { load: "not-found", active: "inactive", sub: "dead", fragment: "", source: "", since: 0 },
      ],
    ]);
  });

  test("what a login's shell prints is no fact", async () => {
    const session = replay([
      "Welcome!",
      "podman\t1.0",
      "qd-0000\tpodman\t1.0",
      ...minimum.map((line) => `{token}\t${line.replaceAll("|", "\t")}`),
      "logout",
    ]);
    expect((await readFacts(session, owner, where, asked)).podman).toBe("5.4.2");
  });

  test("the nonce is another one each time", async () => {
    expect((await read(minimum)).nonce).not.toBe((await read(minimum)).nonce);
  });
});

describe("a host that will not do", () => {
  const replacing = (start: string, line: string) =>
    minimum.map((one) => (one.startsWith(start) ? line : one));

  test.each<[string, readonly string[], RegExp]>([
    [
      "4.3.1",
      replacing("podman", "podman|4.3.1"),
      /^web: facts: podman: the host has Podman 4\.3\.1, which has no Quadlet\. .*4\.4/,
    ],
    [
      "3.4.4-rhel",
      replacing("podman", "podman|3.4.4-rhel"),
      /Podman 3\.4\.4-rhel, which has no Quadlet/,
    ],
    ["no version", replacing("podman", "podman|"), /which has no Quadlet/],
    [
      "an unwritable directory",
      replacing("directory|quadlet", `directory|quadlet|${home}/q|${home}/q|no`),
      /^web: facts: \/home\/senex\/q: senex may not write there\. .*chown -R senex: \/home\/senex\/q/,
    ],
    [
      "an unwritable state",
      replacing("directory|state", `directory|state|${home}/t|/srv/t|no`),
      /^web: facts: \/home\/senex\/t: senex may not write there/,
    ],
    ["an answer cut short", minimum.slice(0, -1), /^web: facts: the host's answer is not complete/],
    ["no answer", [], /^web: facts: the host's answer is not complete/],
    [
      "a failure of its own",
      ["fail|facts|podman|no-podman|"],
      /^web: facts: podman: Podman is not installed/,
    ],
  ])("%s", async (_, lines, message) => {
    await expect(read(lines)).rejects.toThrow(message);
  });

  test.each(["4.4.0", "4.4.0-rc1", "4.9.3", "5.4.2+ds1", "6.0.0-dev", "10.0.0"])(
    "Podman %s will do",
    async (version) => {
      expect((await read(replacing("podman", `podman|${version}`))).podman).toBe(version);
    },
  );
});

describe("how a program reaches the host", () => {
  const run = async (by: Owner, exit = {}, lines = minimum) => {
    const session = replay(
      lines.map((line) => `{token}\t${line.replaceAll("|", "\t")}`),
      exit,
    );
    const error = await readFacts(session, by, where, asked).catch((one: unknown) => one);
    return { ...session, error: error as Error };
  };

  test("over standard input of a shell, behind sudo where it has to be", async () => {
    expect((await run(owner)).commands).toEqual(["/bin/sh -s"]);
    expect((await run({ ...owner, user: "senex", sudo: true })).commands).toEqual([
      "sudo -n /bin/sh -s",
    ]);
  });

  test("its parameters are assignments, none of them in the command", async () => {
    const { programs } = await run({ ...owner, user: "senex" });
    expect(programs[0]).toContain("\nQD_OWNER=senex\n");
    expect(programs[0]).toContain("\nQD_MANAGER=user\n");
    expect(programs[0]).toContain("\nQD_SERVICES=web.service\n");
    expect(programs[0]).toContain("\nQD_QDIR=%h/.config/containers/systemd\n");
  });

  test("a shell that fails without a word", async () => {
    const { error } = await run(owner, { code: 127, stderr: "sh: not found\n" }, []);
    expect(error.message).toBe(
      "web: connect: the host's shell ended with status 127 before it did anything. Can the login run /bin/sh?",
    );
  });

  test("sudo that wants a password", async () => {
    const { error } = await run(
      { ...owner, sudo: true },
      { code: 1, stderr: "sudo: a password is required\n" },
      [],
    );
    expect(error.message).toMatch(
      /^web: connect: sudo: the login may not use sudo without a password\. .*NOPASSWD/,
    );
  });

  test("the first failure is the one that is told", async () => {
    const { error } = await run(owner, { code: 1 }, [
      "fail|pull|a|no-image|",
      "fail|flip|b|cannot-write|",
    ]);
    expect(error.message).toMatch(/^web: pull: a: /);
  });

  // Other programs than the one that reads facts have done a lot by then.
  test("what a host prints into an error has no control characters", async () => {
    const { error } = await run(owner, { code: 1, stderr: "a\x1b[2Jb\r::error::c\n" }, []);
    expect(JSON.stringify((error as { parts?: unknown }).parts)).not.toMatch(/\\u001b|\\r/);
  });
});
