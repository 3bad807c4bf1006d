import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../testbed/bed.js";
import { REGISTRY } from "../../testbed/network.js";
import {
  access,
  type Inputs,
  runAction,
  spawn,
  templates,
  tinyUnit,
  Workspace,
} from "./support.js";

/** Hosts, ways to them and variables, as an Ansible inventory has them. */

let bed: Bed;
let front: Host;
let back: Host;
const workspace = new Workspace();
const password = "correct horse battery";
const secret = "vaulted-canary-of-back";

beforeAll(async () => {
  bed = await Bed.open();
  [, front, back] = await Promise.all([bed.registry(), bed.boot(), bed.boot()]);
  workspace.write(
    `${templates}/site.container.j2`,
    `${tinyUnit("site", 8301, `${REGISTRY}/tiny:v1`)}[Container]\nVolume=./site:/www/site:ro\n`,
  );
  workspace.write(
    `${templates}/site/who.j2`,
    "{{ inventory_hostname }} in {{ group_names | join(',') }} of {{ groups['site'] | join(',') }}\n" +
      "front is {{ hostvars['front'].ansible_host }}\ncolour {{ colour }}\n{{ token | default('none') }}\n",
  );
  // Anything that copies between its two ends will do as a proxy.
  const relay = `${process.execPath} -e 'const s = require("net").connect(%p, "%h"); process.stdin.pipe(s); s.pipe(process.stdout)'`;
  workspace.write(
    "inventory/hosts.yml",
    [
      "all:",
      "  vars: { ansible_user: root, colour: '{{ tint }} of {{ inventory_hostname }}' }",
      "site:",
      "  hosts:",
      `    front: { ansible_host: ${front.address}, ansible_ssh_common_args: '-o ProxyCommand="${relay.replaceAll("'", "''").replaceAll('"', '\\"')}"' }`,
      `    back: { ansible_host: ${back.address}, ansible_ssh_common_args: '-J root@${front.address}' }`,
      "  children: { spare: { hosts: { gone: { ansible_host: 127.0.0.9 } } } }",
      "",
    ].join("\n"),
  );
  workspace.write("inventory/group_vars/site/main.yml", "tint: red\n");
  workspace.write("inventory/host_vars/back.yml", `tint: blue\ntoken: !vault |\n${vault(secret)}`);
});

afterAll(async () => {
  workspace[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

/** As `ansible-vault encrypt_string` writes it, two spaces before each line. */
function vault(text: string): string {
  const salt = randomBytes(32);
  const keys = pbkdf2Sync(password, salt, 10_000, 80, "sha256");
  const room = 16 - (Buffer.byteLength(text) % 16);
  const cipher = createCipheriv("aes-256-ctr", keys.subarray(0, 32), keys.subarray(64));
  const data = Buffer.concat([
    cipher.update(Buffer.concat([Buffer.from(text), Buffer.alloc(room, room)])),
    cipher.final(),
  ]);
  const mac = createHmac("sha256", keys.subarray(32, 64)).update(data).digest("hex");
  const body = Buffer.from(`${salt.toString("hex")}\n${mac}\n${data.toString("hex")}`);
  const lines = body.toString("hex").match(/.{1,80}/g) ?? [];
  return ["$ANSIBLE_VAULT;1.1;AES256", ...lines].map((line) => `  ${line}\n`).join("");
}

function inputs(more: Inputs = {}): Inputs {
  const { host: _, user: __, ...rest } = access(bed, front, "root");
  return {
    ...rest,
    app: "site",
    inventory: "inventory",
    hosts: "site:!spare",
    "vault-password": password,
    "known-hosts": `${front.knownHosts}\n${back.knownHosts}`,
    "health-url": "http://127.0.0.1:8301/health/",
    "health-interval": "100ms",
    "stable-for": "0s",
    ...more,
  };
}

/** What people see of a log. */
const shown = (log: string) => log.replaceAll(/^::add-mask::.*$/gm, "");
const page = (host: Host) => host.ok("curl --silent --show-error http://127.0.0.1:8301/site/who");

describe("an inventory", () => {
  it("that is not wholly understood is refused before any host is asked", async () => {
    const cases: readonly (readonly [Inputs, string])[] = [
      [{ "vault-password": "wrong password" }, "no vault password that was given fits"],
      [{ hosts: "sites" }, "Did you mean site?"],
      [{ hosts: "" }, "is required with `inventory`"],
      [{ host: front.address }, "excludes `inventory`"],
      [{ inventory: "nowhere.yml" }, "there is no such inventory"],
      [{ variables: "colour: '{{ no_such_tint }}'" }, "no_such_tint"],
    ];
    for (const [more, message] of cases) {
      const run = await runAction(inputs(more), workspace);
      expect(run.code, run.log).toBe(1);
      expect(run.log).toContain(message);
      expect(shown(run.log)).not.toContain(secret);
    }
    expect(await front.ok("find /etc/containers/systemd -type l")).toBe("");
  });

  it("is planned offline, once for each release", async () => {
    const { "ssh-key": _, "known-hosts": __, ...rest } = inputs();
    const run = await runAction({ ...rest, command: "plan", offline: "true" }, workspace);
    expect(run.code, run.log).toBe(0);
    expect(run.log).toContain("back in site of front,back,gone");
    expect(shown(run.log)).not.toContain(secret);
    expect(run.summary).not.toContain(secret);
  });

  it("says which hosts there are, how they are reached, and what each one gets", async () => {
    const run = await runAction(inputs(), workspace);
    expect(run.code, run.log).toBe(0);
    expect(shown(run.log)).not.toContain(secret);
    const said = "of front,back,gone";
    expect(await page(front)).toBe(
      `front in site ${said}\nfront is ${front.address}\ncolour red of front\nnone\n`,
    );
    expect(await page(back)).toBe(
      `back in site ${said}\nfront is ${front.address}\ncolour blue of back\n${secret}\n`,
    );
    // The one was really reached through the other.
    const logins = "journalctl --unit ssh --grep 'Accepted publickey' --output cat | tail -n 1";
    expect(await back.ok(logins)).toContain(`from ${front.address} `);
  });

  it("finds nothing to do then, and one host alone where one is named", async () => {
    const run = await runAction(inputs(), workspace);
    expect([run.code, run.outputs.changed], run.log).toEqual([0, "false"]);
    workspace.write("known_hosts", front.knownHosts);
    const { "ssh-key": _, ...rest } = inputs({ hosts: "front", "known-hosts": "known_hosts" });
    const args = Object.entries(rest)
      .filter(([name]) => name !== "vault-password")
      .flatMap(([name, value]) => [`--${name}`, value]);
    const planned = await spawn(
      ["dist/cli.cjs", "plan", "--variables", "tint: green", ...args],
      {
        PATH: process.env.PATH ?? "",
        QUADLET_DEPLOY_SSH_KEY: bed.keys.ed25519.text,
        QUADLET_DEPLOY_VAULT_PASSWORD: password,
      },
      workspace.path,
    );
    expect(planned.code, planned.log).toBe(2);
    expect(planned.log).toContain("+colour green of front");
    expect(planned.log).not.toContain("back:");
  });

  it("of a host behind one whose key is not the one expected: nobody logs in", async () => {
    const lines = `${front.knownHosts.replaceAll(/ \S+$/gm, (key) => ` ${back.knownHosts.split(/\s+/)[2] ?? key}`)}\n${back.knownHosts}`;
    const run = await runAction(inputs({ hosts: "back", "known-hosts": lines }), workspace);
    expect(run.code, run.log).toBe(1);
    expect(run.log).toContain(`back (through ${front.address})`);
    expect(run.log).toContain("the host's key is not the one expected");
  });
});

describe("without an inventory", () => {
  beforeAll(() => {
    workspace.write("tiny.container", tinyUnit("plain", 8302, `${REGISTRY}/tiny:v1`));
  });

  const one = () => ({
    ...access(bed, back, "root"),
    app: "plain",
    units: "tiny.container",
    templates: "none",
    "health-url": "http://127.0.0.1:8302/health/",
  });

  it.each([
    ["jump-host", () => ({ "jump-host": front.address })],
    [
      "proxy-command",
      () => ({
        "proxy-command": `${process.execPath} -e 'const s = require("net").connect(%p, "%h"); process.stdin.pipe(s); s.pipe(process.stdout)'`,
      }),
    ],
  ])("%s leads to the host", async (_, way) => {
    const known = `${front.knownHosts}\n${back.knownHosts}`;
    const run = await runAction({ ...one(), ...way(), "known-hosts": known }, workspace);
    expect(run.code, run.log).toBe(0);
  });

  it("a way that leads nowhere is told as such", async () => {
    const run = await runAction(
      { ...one(), "proxy-command": "sh -c 'echo no way to %h >&2; exit 3'" },
      workspace,
    );
    expect(run.code, run.log).toBe(1);
    expect(run.log).toContain("connect: proxy-command: the command ended and led to nobody");
    expect(run.log).toContain(`no way to ${back.address}`);
  });
});
