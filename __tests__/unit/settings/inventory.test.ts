import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { buildAll } from "../../../src/commands/build.js";
import { readSettings } from "../../../src/settings/read.js";
import type { DeploySettings, RawOptions } from "../../../src/settings/settings.js";
import { messagesOf, required } from "./support.js";

const workspace = mkdtempSync(join(tmpdir(), "quadlet-deploy-settings-"));
afterAll(() => rmSync(workspace, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(workspace, name)), { recursive: true });
  writeFileSync(join(workspace, name), text);
}

write(
  "hosts.yml",
  [
    "all: { vars: { ansible_user: root } }",
    "web:",
    "  hosts:",
    "    web1: { ansible_host: 192.0.2.1, ansible_port: 2222, colour: red }",
    "    web2: { ansible_ssh_common_args: '-J hop@jump:2200,second', colour: red }",
    "    web3: { ansible_user: op, ansible_become: true, colour: blue }",
    "db: { hosts: { db1: { ansible_ssh_private_key_file: keys/db1 } } }",
    "sam: { hosts: { sam1: { ansible_become: true, ansible_become_user: sam } } }",
    "",
  ].join("\n"),
);
write("keys/db1", "the key of db1");
write(
  "deployment/ansible/templates/quadlet/a.container.j2",
  "[Container]\nImage=r.io/{{ colour }}:1\n",
);

const { host: _, ...reach } = required;
function settings(raw: RawOptions): DeploySettings {
  const all = { command: "deploy", ...reach, inventory: "hosts.yml", ...raw };
  return readSettings(all, { workspace }) as DeploySettings;
}
const refusals = (raw: RawOptions) => messagesOf(() => settings(raw));

describe("hosts of an inventory", () => {
  test("are logged in to as it says", () => {
    expect(settings({ hosts: "web" }).logins).toEqual([
      { name: "web1", host: "192.0.2.1", port: 2222, user: "root" },
      {
        name: "web2",
        host: "web2",
        port: 22,
        user: "root",
        jumps: [
          { host: "jump", port: 2200, user: "hop" },
          { host: "second", port: 22, user: "root" },
        ],
      },
      { name: "web3", host: "web3", port: 22, user: "op", sudo: true },
    ]);
  });

  test("are those of the environment where nothing else is said", () => {
    expect(settings({ environment: "db" }).logins.map(({ name }) => name)).toEqual(["db1"]);
    expect(
      settings({ environment: "db", hosts: "web:!web2:!web3" }).logins.map(({ name }) => name),
    ).toEqual(["web1"]);
  });

  test("have a key of their own where no other is given", () => {
    expect(settings({ hosts: "db1" }).logins[0]).not.toHaveProperty("privateKey");
    expect(settings({ hosts: "db1", "ssh-key": "" }).logins[0]).toMatchObject({
      privateKey: "the key of db1",
    });
    expect(refusals({ hosts: "web1", "ssh-key": "" })).toEqual([
      expect.stringContaining("ssh-key: is required"),
    ]);
  });

  test("make rootful units only where each login is root or becomes it", () => {
    expect(settings({ hosts: "web" }).content.scope).toBe("rootful");
    write("op.yml", "all: { hosts: { a: { ansible_user: op }, b: { ansible_user: root } } }\n");
    expect(refusals({ inventory: "op.yml", hosts: "all", scope: "rootful" })).toEqual([
      expect.stringContaining("op cannot deploy rootful units"),
    ]);
  });

  test.each<[string, RawOptions, string]>([
    ["nobody is chosen", {}, "hosts: is required with `inventory`"],
    ["both are given", { hosts: "web", host: "h" }, "host: excludes `inventory`"],
    ["no such group", { hosts: "wep" }, "Did you mean web"],
    [
      "somebody else is to be become",
      { hosts: "sam" },
      "service-user: the inventory has sam1 become sam",
    ],
    [
      "a pattern without an inventory",
      { inventory: "", host: "h", user: "u", hosts: "web" },
      "hosts: needs an `inventory`",
    ],
    [
      "two ways",
      { inventory: "", host: "u@h", "jump-host": "u@j", "proxy-command": "x" },
      "proxy-command: excludes `jump-host`",
    ],
    [
      "a way that is none",
      { inventory: "", host: "u@h", "jump-host": "u@j:x" },
      "is not [user@]host[:port]",
    ],
  ])("%s", (_, raw, message) => {
    expect(refusals(raw)).toEqual([expect.stringContaining(message)]);
  });
});

describe("what each host gets", () => {
  const builds = (hosts: string, raw: RawOptions = {}) => {
    const { content, logins } = settings({ hosts, ...raw });
    const names = logins.map(({ name }) => name);
    return buildAll(content, names, { stacks: workspace, rollback: true });
  };

  test("is one release where the files are the same", () => {
    const { all, of } = builds("web");
    expect(all.map(({ services }) => services[0]?.image)).toEqual(["r.io/red:1", "r.io/blue:1"]);
    expect(of("web1")).toBe(of("web2"));
    expect(of("web3")).not.toBe(of("web1"));
  });

  test("is ruled by the workflow's variables", () => {
    const { all } = builds("web", { variables: "colour: green" });
    expect(all.map(({ services }) => services[0]?.image)).toEqual(["r.io/green:1"]);
  });

  test("what is wrong with several is told once", () => {
    expect(messagesOf(() => builds("db:web"))).toEqual([
      expect.stringContaining("the variable colour is undefined"),
    ]);
  });
});
