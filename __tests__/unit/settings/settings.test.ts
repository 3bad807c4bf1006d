import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSettings } from "../../../src/settings/read.js";
import type { RawOptions } from "../../../src/settings/settings.js";
import { around, contentOf, deploySettings, messagesOf, required, settingsOf } from "./support.js";

describe("defaults", () => {
  test("of a deploy that says only where and how to get in", () => {
    expect(deploySettings({})).toEqual({
      command: "deploy",
      logins: [{ name: "web.example.com", host: "web.example.com", port: 22, user: "root" }],
      access: {
        privateKey: required["ssh-key"],
        knownHosts: required["known-hosts"],
        fingerprints: [],
        sudo: false,
        connectTimeout: 20_000,
      },
      pull: "always",
      restart: "changed",
      recreateNetworks: false,
      prune: true,
      adopt: false,
      rollback: true,
      keepReleases: 5,
      lockTimeout: 300_000,
      stableFor: expect.any(Number),
      health: {
        path: "/health/",
        from: "host",
        timeout: 120_000,
        interval: expect.any(Number),
        successes: 2,
        status: [{ from: 200, to: 200 }],
      },
      content: {
        app: "senex-trader",
        environment: "",
        scope: "rootful",
        quadletDir: "/etc/containers/systemd",
        appDirectory: "/opt/senex-trader",
        workspace: "/repo",
        templates: "/repo/deployment/ansible/templates/quadlet",
        overrides: "/repo/config/ansible/templates/quadlet",
        units: [],
        variables: "",
        env: [],
      },
    });
  });

  test("an empty or blank input is one that is not given", () => {
    const blank = {
      user: "",
      port: " ",
      app: "",
      scope: "\n",
      "service-user": "",
      "health-url": " ",
      "image-tag": "",
      units: "\n \n",
      env: "",
      "host-fingerprint": "",
    };
    expect(deploySettings(blank)).toEqual(deploySettings({}));
  });

  test.each([
    ["root@h", {}, "rootful", "/etc/containers/systemd", "/opt/shop"],
    ["senex@h", {}, "rootless", "%h/.config/containers/systemd", "%h"],
    ["root@h", { "service-user": "senex" }, "rootless", "%h/.config/containers/systemd", "%h"],
    ["op@h", { sudo: "true", scope: "rootful" }, "rootful", "/etc/containers/systemd", "/opt/shop"],
    ["op@h", { sudo: "true" }, "rootless", "%h/.config/containers/systemd", "%h"],
  ])("%s with %o deploys %s units", (host, more, scope, quadletDir, appDirectory) => {
    expect(contentOf({ host, ...more })).toMatchObject({ scope, quadletDir, appDirectory });
  });

  test.each([
    ["the repository's name", { workspace: "/x/y", repository: "o/My.Shop_2" }, "my.shop_2"],
    ["the checkout's folder", { workspace: "/x/Shop" }, "shop"],
  ])("the app is named after %s", (_, surroundings, app) => {
    expect(readSettings({ ...required, command: "deploy" }, surroundings).content.app).toBe(app);
  });
});

describe("values", () => {
  test.each<[RawOptions, object]>([
    [{ pull: "missing" }, { pull: "missing" }],
    [{ "connect-timeout": "1500ms" }, { access: { connectTimeout: 1500 } }],
    [{ "connect-timeout": "7" }, { access: { connectTimeout: 7000 } }],
    [{ sudo: "true", user: "op", host: "h" }, { access: { sudo: true } }],
    [{ "ssh-key-passphrase": "open sesame" }, { access: { passphrase: "open sesame" } }],
    [
      {
        "known-hosts": "",
        "host-fingerprint": `SHA256:${"a".repeat(43)}\nSHA256:${"b".repeat(43)}=`,
      },
      { access: { fingerprints: [`SHA256:${"a".repeat(43)}`, `SHA256:${"b".repeat(43)}=`] } },
    ],
    [{ "health-url": "https://h:8443/up" }, { health: { url: "https://h:8443/up" } }],
    [{ "health-path": "/up?full=1" }, { health: { path: "/up?full=1" } }],
    [{ "health-from": "both" }, { health: { from: "both" } }],
    [
      { "health-timeout": "2m", "health-interval": "0.5s" },
      { health: { timeout: 120_000, interval: 500 } },
    ],
    [{ "stable-for": "10s" }, { stableFor: 10_000 }],
    [{ "health-successes": "1" }, { health: { successes: 1 } }],
    [
      { "health-status": "200, 204,300-399" },
      {
        health: {
          status: [
            { from: 200, to: 200 },
            { from: 204, to: 204 },
            { from: 300, to: 399 },
          ],
        },
      },
    ],
    [{ environment: "staging-2.eu" }, { content: { environment: "staging-2.eu" } }],
    [{ stack: "senex" }, { content: { stack: "senex" } }],
    [{ "image-tag": "v1.2_3-rc" }, { content: { imageTag: "v1.2_3-rc" } }],
    [
      { registry: "gitea.example.com:3000", "image-name": "org/app" },
      { content: { registry: "gitea.example.com:3000", imageName: "org/app" } },
    ],
    [
      {
        templates: "quadlet",
        overrides: "./local/",
        units: "a.network\n# not this\n  b/c.volume  ",
      },
      {
        content: {
          templates: "/repo/quadlet",
          overrides: "/repo/local",
          units: ["/repo/a.network", "/repo/b/c.volume"],
        },
      },
    ],
    [{ variables: "a: 1\nb: [2]\n" }, { content: { variables: "a: 1\nb: [2]\n" } }],
  ])("%o", (raw, expected) => {
    expect(deploySettings(raw)).toMatchObject(expected);
  });

  test.each<[RawOptions, RegExp]>([
    [{ host: "" }, /^settings: host: is required\. /],
    [{ host: "# none" }, /^settings: host: is required\. /],
    [{ host: "h:0" }, /^settings: host: "h:0" is not \[user@\]host\[:port\]$/],
    [{ host: "root@-oProxyCommand=x" }, /^settings: host: /],
    [{ host: "h" }, /^settings: user: no login is named for h\. Set `user`, or write user@host\.$/],
    [{ host: "root@h\nroot@h" }, /^settings: host: h is named twice$/],
    [{ port: "ssh" }, /^settings: port: "ssh" is not a whole number$/],
    [{ port: "65536" }, /^settings: port: 65536 is not a port/],
    [{ port: "0" }, /^settings: port: 0 is not a port/],
    [{ app: "My App" }, /^settings: app: "My App" is not a name of small letters/],
    [{ app: "../etc" }, /^settings: app: /],
    [{ app: ".hidden" }, /^settings: app: /],
    [{ environment: "a/b" }, /^settings: environment: "a\/b" is not a name$/],
    [{ "ssh-key": "" }, /^settings: ssh-key: is required\. /],
    [
      { "ssh-key": "/no/such/key" },
      /^settings: ssh-key: is neither a text of several words nor a file/,
    ],
    [{ "known-hosts": "" }, /^settings: known-hosts: no host key is given\. .*host-fingerprint/],
    [
      { "host-fingerprint": "MD5:00:11" },
      /^settings: host-fingerprint: "MD5:00:11" is not a SHA256 fingerprint\. .*ssh-keygen -lf/,
    ],
    [{ sudo: "yes" }, /^settings: sudo: "yes" is neither true nor false$/],
    [
      { "connect-timeout": "fast" },
      /^settings: connect-timeout: "fast" is not a duration such as 10s or 2m$/,
    ],
    [{ "connect-timeout": "-1s" }, /^settings: connect-timeout: /],
    [{ scope: "root" }, /^settings: scope: "root" is not one of rootful, rootless$/],
    [{ "service-user": "a b" }, /^settings: service-user: "a b" is not a user name$/],
    [{ stack: "rails" }, /^settings: stack: "rails" is not one of senex$/],
    [{ "image-tag": "a/b" }, /^settings: image-tag: "a\/b" is not an image tag$/],
    [{ "image-tag": "-x" }, /^settings: image-tag: /],
    [
      { pull: "alway" },
      /^settings: pull: "alway" is not one of always, missing, never\. Did you mean `always`\?$/,
    ],
    [
      { "health-url": "ftp://h/" },
      /^settings: health-url: "ftp:\/\/h\/" is not an http or https URL$/,
    ],
    [{ "health-url": "h:8000/health" }, /^settings: health-url: /],
    [{ "health-path": "health/" }, /^settings: health-path: "health\/" does not start with \/$/],
    [
      { "health-from": "me" },
      /^settings: health-from: "me" is not one of host, runner, both, none/,
    ],
    [{ "health-timeout": "2 minutes" }, /^settings: health-timeout: /],
    [{ "health-successes": "0" }, /^settings: health-successes: must be 1 or more$/],
    [{ "health-successes": "1.5" }, /^settings: health-successes: "1\.5" is not a whole number/],
    [
      { "health-status": "ok" },
      /^settings: health-status: "ok" is not a status such as 200 or 200-299$/,
    ],
    [{ "health-status": "299-200" }, /^settings: health-status: /],
    [{ env: "A=1\nnot an assignment" }, /^settings: env: line 2 is not KEY=value$/],
    [{ env: "1A=x" }, /^settings: env: line 1 is not KEY=value$/],
  ])("%o is refused", (raw, message) => {
    expect(messagesOf(() => deploySettings(raw))[0]).toMatch(message);
  });

  test("all that is wrong is said in one run", () => {
    expect(
      messagesOf(() =>
        settingsOf({ port: "x", pull: "x", "image-tag": "/", "health-status": "x" }),
      ),
    ).toEqual([
      expect.stringMatching(/: port: /),
      expect.stringMatching(/: port: /),
      expect.stringMatching(/: host: is required/),
      expect.stringMatching(/: image-tag: /),
      expect.stringMatching(/: pull: /),
      expect.stringMatching(/: ssh-key: is required/),
      expect.stringMatching(/: known-hosts: /),
      expect.stringMatching(/: health-status: /),
    ]);
  });
});

describe("names", () => {
  test.each([
    ["known-host", "Did you mean `known-hosts`?"],
    ["ssh-keys", "Did you mean `ssh-key`?"],
    ["healthurl", "Did you mean `health-url`?"],
    ["quadletdir", "Did you mean `quadlet-dir`?"],
    ["image-tags", "Did you mean `image-tag`?"],
  ])("%s", (name, hint) => {
    expect(messagesOf(() => settingsOf({ ...required, [name]: "x" }))).toEqual([
      `settings: ${name}: there is no such option. ${hint}`,
    ]);
  });

  test("a name like no other gets no guess", () => {
    expect(messagesOf(() => settingsOf({ ...required, kubernetes: "x" }))).toEqual([
      "settings: kubernetes: there is no such option",
    ]);
  });

  test("an option that the command would ignore is refused", () => {
    expect(
      messagesOf(() => readSettings({ out: "o", host: "h", pull: "never" }, around, "render")),
    ).toEqual([
      "settings: host: `render` does not take it",
      "settings: pull: `render` does not take it",
    ]);
    expect(messagesOf(() => deploySettings({ out: "o" }))).toEqual([
      "settings: out: `deploy` does not take it",
    ]);
  });

  test("render needs a directory, and no host", () => {
    expect(messagesOf(() => readSettings({}, around, "render"))).toEqual([
      expect.stringMatching(/^settings: out: is required/),
    ]);
    expect(readSettings({ out: "build" }, around, "render")).toMatchObject({
      command: "render",
      out: "/repo/build",
      content: { scope: "rootful" },
    });
  });

  test("render --check needs none, and writes to none", () => {
    expect(readSettings({ check: "true" }, around, "render")).toMatchObject({ check: true });
    expect(messagesOf(() => readSettings({ check: "true", out: "o" }, around, "render"))).toEqual([
      "settings: out: is not written to with `check`",
    ]);
  });
});

describe("rollback", () => {
  const rollback = (raw: RawOptions) => settingsOf({ ...required, command: "rollback", ...raw });

  test("takes the release to return to, or none", () => {
    expect(rollback({ to: "20260101T000000Z-0123abcd" })).toMatchObject({
      command: "rollback",
      to: "20260101T000000Z-0123abcd",
      rollback: true,
      keepReleases: 5,
    });
    expect(rollback({})).not.toHaveProperty("to");
    expect(rollback({ to: "adopted" })).toMatchObject({ to: "adopted" });
  });

  test.each(["../x", ".R1", "a/b", "a b", "-x"])("%j is no release", (to) => {
    expect(messagesOf(() => rollback({ to }))).toEqual([
      `settings: to: "${to}" is not a release's name`,
    ]);
  });

  test.each([
    ["adopt", "true"],
    ["prune", "false"],
    ["pull", "never"],
    ["restart", "all"],
  ])("does not take %s", (name, value) => {
    expect(messagesOf(() => rollback({ [name]: value }))).toEqual([
      `settings: ${name}: \`rollback\` does not take it`,
    ]);
  });

  test("takes the defaults that a runner gives for all inputs", () => {
    expect(rollback({ prune: "true", pull: "always", offline: "false" })).toMatchObject({
      command: "rollback",
    });
  });

  test("is no deploy, which does not take `to`", () => {
    expect(messagesOf(() => deploySettings({ to: "R1" }))).toEqual([
      "settings: to: `deploy` does not take it",
    ]);
  });
});

describe("how hosts are changed", () => {
  test("as it is said", () => {
    const raw = {
      prune: "false",
      adopt: "true",
      rollback: "false",
      "keep-releases": "1",
      "lock-timeout": "0",
    };
    expect(deploySettings(raw)).toMatchObject({
      prune: false,
      adopt: true,
      rollback: false,
      keepReleases: 1,
      lockTimeout: 0,
    });
  });

  test.each([{}, { command: "rollback" }])("no release kept is refused: %o", (command) => {
    expect(messagesOf(() => settingsOf({ ...required, ...command, "keep-releases": "0" }))).toEqual(
      ["settings: keep-releases: must be 1 or more. The release before always stays."],
    );
  });
});

describe("who owns the units", () => {
  test.each<[string, RawOptions, string]>([
    [
      "root, rootless, nobody named",
      { host: "root@h", scope: "rootless" },
      "scope: rootless units need an owner. Set `service-user`.",
    ],
    [
      "rootful of a user",
      { host: "root@h", scope: "rootful", "service-user": "senex" },
      "service-user: rootful units belong to root, not to a user",
    ],
    [
      "rootful without root",
      { host: "op@h", scope: "rootful" },
      "scope: op cannot deploy rootful units. Log in as root, or set `sudo: true` for a login that may use `sudo -n`.",
    ],
    [
      "another's units without root",
      { host: "op@h", "service-user": "senex" },
      "service-user: op cannot manage the units of senex. Log in as senex or root, or set `sudo: true`.",
    ],
    [
      "two logins of which one is root",
      { host: "root@a\nop@b" },
      "scope: rootless units need an owner. Set `service-user`.",
    ],
  ])("%s is refused", (_, raw, message) => {
    expect(messagesOf(() => deploySettings(raw))).toEqual([`settings: ${message}`]);
  });

  test.each<[string, RawOptions]>([
    ["the user itself", { host: "senex@h", "service-user": "senex" }],
    ["root for a user", { host: "root@h", "service-user": "senex" }],
    ["sudo for a user", { host: "op@h", "service-user": "senex", sudo: "true" }],
    ["sudo for root", { host: "op@h", scope: "rootful", sudo: "true" }],
  ])("%s may", (_, raw) => {
    expect(deploySettings(raw).content.serviceUser).toBe(raw["service-user"]);
  });

  // settings.ts reads `sudo` a second time as the text "true".
  test.each(["True", "TRUE"])("sudo: %s counts as true everywhere", (sudo) => {
    deploySettings({ host: "op@h", scope: "rootful", sudo });
  });
});

describe("directories", () => {
  test.each([
    ["/srv/units", "/srv/units"],
    ["/srv/units/", "/srv/units"],
    ["~/units", "%h/units"],
    ["%h/units", "%h/units"],
    ["~", "%h"],
    ["%h", "%h"],
  ])("%s", (text, expected) => {
    expect(contentOf({ "quadlet-dir": text, "app-directory": text })).toMatchObject({
      quadletDir: expected,
      appDirectory: expected,
    });
  });

  test.each([
    ["relative/path", "is not an absolute path of plain characters"],
    ["~senex/units", "is not an absolute path of plain characters"],
    ["%t/units", "is not an absolute path of plain characters"],
    ["%home", "is not an absolute path of plain characters"],
    ["/srv/%i", "is not an absolute path of plain characters"],
    ["/a b", "is not an absolute path of plain characters"],
    ["/a\nb", "is not an absolute path of plain characters"],
    ["/a'b", "is not an absolute path of plain characters"],
    ["/a$HOME", "is not an absolute path of plain characters"],
    ["/a/../etc", 'must not contain ".."'],
    ["~/..", 'must not contain ".."'],
    ["/", "must not be the root directory"],
    ["//", "must not be the root directory"],
  ])("%j is refused", (text, complaint) => {
    const [message] = messagesOf(() => contentOf({ "quadlet-dir": text }));
    expect(message).toContain("settings: quadlet-dir: ");
    expect(message).toContain(complaint);
  });

  // The host lists what it finds in the path as it is given, and paths are compared as text.
  test.each(["/etc/containers//systemd", "/etc/containers/./systemd"])(
    "%s is made plain",
    (text) => {
      expect(contentOf({ "quadlet-dir": text }).quadletDir).toBe("/etc/containers/systemd");
    },
  );
});

describe("env", () => {
  test("is lines of KEY=value, the value as it stands", () => {
    expect(contentOf({ env: '# a comment\r\nA=1\r\n\n  C=x=y "z" $W #5\nD=\n' }).env).toEqual([
      { key: "A", value: "1" },
      { key: "C", value: 'x=y "z" $W #5' },
      { key: "D", value: "" },
    ]);
  });

  test("a line that is wrong is named by number, since it may be a secret", () => {
    expect(messagesOf(() => deploySettings({ env: "A=1\nhunter2-hunter2" }))).toEqual([
      "settings: env: line 2 is not KEY=value",
    ]);
  });

  // Comments and blank lines are dropped before lines are counted.
  test("the number is that of the input's line", () => {
    expect(messagesOf(() => deploySettings({ env: "# comment\n\nA=1\nwrong" }))).toEqual([
      "settings: env: line 4 is not KEY=value",
    ]);
  });
});

describe("texts that may be files", () => {
  const folder = mkdtempSync(join(tmpdir(), "quadlet-deploy-settings-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "key");
  writeFileSync(file, "the key\nitself\n");

  test("a path is read, surrounded by white space or not", () => {
    expect(deploySettings({ "ssh-key": `${file}\n` }).access.privateKey).toBe("the key\nitself\n");
    expect(deploySettings({ "known-hosts": file }).access.knownHosts).toBe("the key\nitself\n");
  });

  test("a text is taken to the byte", () => {
    expect(deploySettings({ "ssh-key": "  a key\r\n " }).access.privateKey).toBe("  a key\r\n ");
  });

  // A passphrase is read like any other text, without the white space around it.
  test("a passphrase keeps its spaces", () => {
    expect(deploySettings({ "ssh-key-passphrase": " a " }).access.passphrase).toBe(" a ");
  });
});

describe("what would make no sense", () => {
  test.each([
    [{ "connect-timeout": "0" }, "settings: connect-timeout: must be 1000 ms or more"],
    [{ "health-interval": "0" }, "settings: health-interval: must be 50 ms or more"],
    [{ registry: "https://registry.example" }, /^settings: registry: "https:.*" is not a registry/],
  ])("%o", (raw, message) => {
    expect(messagesOf(() => deploySettings(raw))).toEqual([expect.stringMatching(message)]);
  });

  test("a whole line of ssh-keygen -lf is taken for the fingerprint in it", () => {
    const print = `SHA256:${"a".repeat(43)}`;
    const raw = { "known-hosts": "", "host-fingerprint": `256 ${print} root@web (ED25519)` };
    expect(deploySettings(raw).access.fingerprints).toEqual([print]);
  });

  test("two ports of one address have names of their own", () => {
    const { logins } = deploySettings({ host: "root@h:2201\nroot@h:2202\nroot@h" });
    expect(logins.map((login) => login.name)).toEqual(["h:2201", "h:2202", "h"]);
  });
});
