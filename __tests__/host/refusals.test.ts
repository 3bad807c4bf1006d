import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../testbed/bed.js";
import { REGISTRY } from "../../testbed/network.js";
import {
  access,
  type Inputs,
  places,
  type Run,
  runAction,
  templates,
  tinyUnit,
  Workspace,
} from "./support.js";

/** Bad input gets a clear error, and the host is as it was. */

let bed: Bed;
let host: Host;
let image: string;

beforeAll(async () => {
  bed = await Bed.open();
  image = `${(await bed.registry()).address}/tiny:v1`;
  host = await bed.boot();
  using workspace = new Workspace({
    [`${templates}/tiny.container`]: tinyUnit("tiny", 8080, image),
  });
  const run = await runAction(access(bed, host, "root"), workspace);
  expect(run.code, run.log).toBe(0);
});

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

/** Everything of ours on the host, and which start of the service runs. */
function stateOf(on: Host): Promise<string> {
  const { rootful, rootless } = places;
  const folders = [rootful, rootless].flatMap(({ quadlet, systemd, state }) => [
    quadlet,
    systemd,
    state,
  ]);
  return on.ok(
    [
      // The log of the last transaction is all that a refused one leaves.
      `find ${folders.join(" ")} -path '*/transactions/*' -prune -o \\( -type d -printf '%p %m %U\\n' -o -printf '%p %y %l %m %U %s %T@ %i\\n' \\) 2>/dev/null | sort`,
      "systemctl show -p InvocationID -p ActiveState tiny.service",
      "podman ps --format '{{.ID}} {{.Image}}'",
      "ls /tmp | grep quadlet || true",
    ].join("; "),
  );
}

interface Refusal {
  readonly name: string;
  readonly inputs?: (host: Host) => Inputs;
  /** The repository; a good one where it is not said. */
  readonly files?: Readonly<Record<string, string>>;
  readonly prepare?: (workspace: Workspace) => void;
  /** What the message says, in this order. */
  readonly says: readonly (string | RegExp)[];
}

const unit = `${templates}/tiny.container`;

const refusals: readonly Refusal[] = [
  {
    name: "an unknown host key: both fingerprints, and no login is tried",
    inputs: (on) => ({ "known-hosts": on.knownHosts.replaceAll(on.address, "other.example") }),
    says: [
      /connect: known-hosts has no key for this host; no login was tried/,
      "offered:  SHA256:",
    ],
  },
  {
    name: "a host key that is another host's",
    inputs: (on) => ({
      "known-hosts": `${on.address} ${bed.keys.stranger.public.split(" ").slice(0, 2).join(" ")}\n`,
    }),
    says: ["the host's key is not the one expected", "offered:  SHA256:", "expected: SHA256:"],
  },
  {
    name: "a wrong fingerprint",
    inputs: () => ({ "known-hosts": "", "host-fingerprint": `SHA256:${"A".repeat(43)}` }),
    says: ["the host's key is not the one expected", `expected: SHA256:${"A".repeat(43)}`],
  },
  {
    name: "a key that the host does not know",
    inputs: () => ({ "ssh-key": bed.keys.stranger.text }),
    says: ["connect: root: the host does not accept this key", "authorized_keys"],
  },
  {
    name: "an encrypted key without its passphrase",
    inputs: () => ({ "ssh-key": bed.keys.ed25519Passphrase.text }),
    says: ["settings: ssh-key: is encrypted", "ssh-key-passphrase"],
  },
  {
    name: "a wrong passphrase",
    inputs: () => ({
      "ssh-key": bed.keys.ed25519Passphrase.text,
      "ssh-key-passphrase": "not the passphrase",
    }),
    says: ["settings: ssh-key: does not open with this passphrase"],
  },
  {
    name: "a wrong passphrase of a PEM key",
    inputs: () => ({
      "ssh-key": bed.keys.rsaPemPassphrase.text,
      "ssh-key-passphrase": "not the passphrase",
    }),
    says: ["settings: ssh-key: (RSA PRIVATE KEY) does not open with this passphrase"],
  },
  {
    name: "a key that lost its line breaks",
    inputs: () => ({ "ssh-key": bed.keys.ed25519.text.replaceAll("\n", " ") }),
    says: ["settings: ssh-key: has lost its line breaks"],
  },
  {
    name: "a port where nothing listens",
    inputs: () => ({
      port: "2222",
      "known-hosts": "",
      "host-fingerprint": `SHA256:${"A".repeat(43)}`,
    }),
    says: ["connect: nothing listens on port 2222"],
  },
  {
    name: "a host that does not answer",
    inputs: () => ({
      host: "10.77.0.250",
      "known-hosts": "",
      "host-fingerprint": `SHA256:${"A".repeat(43)}`,
      "connect-timeout": "2s",
    }),
    says: [/10\.77\.0\.250: connect: (it does not answer on port 22 within 2 s|there is no route)/],
  },
  {
    name: "a name that does not resolve",
    inputs: () => ({
      host: "no-such-host.invalid",
      "known-hosts": "",
      "host-fingerprint": `SHA256:${"A".repeat(43)}`,
    }),
    says: ["no-such-host.invalid: connect: the name does not resolve"],
  },
  {
    name: "a template with an undefined variable",
    files: { [`${unit}.j2`]: `[Container]\nImage=${"x"}\nExec={{ comand }}\n` },
    inputs: () => ({ variables: "command: serve" }),
    says: [`${unit}.j2`, "comand"],
  },
  {
    name: "a template with a syntax error",
    files: { [`${unit}.j2`]: "[Container]\n{% if image %}\nImage={{ image }}\n" },
    says: ["render", `${unit}.j2`],
  },
  {
    name: "no template at all",
    files: {},
    says: [
      "sources: no template or unit was found",
      "searched deployment/ansible/templates/quadlet",
      "searched config/ansible/templates/quadlet",
    ],
  },
  {
    name: "an unknown input",
    files: { [unit]: "[Container]\nImage=x\n" },
    inputs: () => ({ "image-tagg": "v1" }),
    says: ["settings: image-tagg: there is no such option", "`image-tag`"],
  },
  {
    name: "an unknown value",
    files: { [unit]: "[Container]\nImage=x\n" },
    inputs: () => ({ scope: "rootles" }),
    says: ['settings: scope: "rootles" is not one of rootful, rootless', "`rootless`"],
  },
  {
    name: "an image that does not exist",
    files: { [unit]: tinyUnit("tiny", 8080, `${REGISTRY}/tiny:no-such-tag`) },
    says: [
      `pull: ${REGISTRY}/tiny:no-such-tag: the image could not be pulled; nothing was changed`,
      "manifest unknown",
    ],
  },
  {
    name: "a key that the host's Podman does not know",
    files: { [unit]: "[Container]\nImagee=x\nPublishPort=8080:8080\n" },
    says: [
      `check: ${templates}/tiny.container: Quadlet knows no key Imagee= in [Container]`,
      "Did you mean Image=?",
      `::error title=quadlet-deploy%3A check,file=${templates}/tiny.container,line=2::`,
    ],
  },
  {
    name: "a key of a newer Podman than the host's",
    files: { [unit]: `${tinyUnit("tiny", 8080, `${REGISTRY}/tiny:v1`)}[Container]\nMemory=1g\n` },
    says: [
      "Memory= needs a newer Podman: 5.8 knows it, the host has 5.4.2",
      `::error title=quadlet-deploy%3A check,file=${templates}/tiny.container`,
    ],
  },
  {
    name: "a reference to a network that is not there",
    files: {
      [unit]: `${tinyUnit("tiny", 8080, `${REGISTRY}/tiny:v1`)}\n[Container]\nNetwork=nope.network\n`,
    },
    says: [
      "validate: tiny.service: the host's own Podman does not accept the unit (requested Quadlet unit nope.network was not found)",
      `::error title=quadlet-deploy%3A validate,file=${templates}/tiny.container,line=13::`,
      `::warning title=quadlet-deploy%3A missing-reference,file=${templates}/tiny.container,line=13::`,
    ],
  },
  {
    name: "two files that make one service",
    files: {
      [unit]: "[Container]\nImage=x\n",
      [`${templates}/tiny.kube`]: "[Kube]\nYaml=tiny.yml\n",
    },
    says: ["check", "tiny.kube: makes tiny.service, as", "tiny.container does"],
  },
  {
    name: "two files that make the same file",
    files: { [unit]: "[Container]\nImage=x\n", [`${unit}.j2`]: "[Container]\nImage=x\n" },
    says: ["makes the same file as", "Keep one of the two"],
  },
  {
    name: "a drop-in for a service that nothing makes",
    files: {
      [unit]: "[Container]\nImage=x\n",
      [`${templates}/tinny.service.d/x.conf`]: "[Service]\n",
    },
    says: ["is a drop-in for tinny.service, which no unit here makes"],
  },
  {
    name: "a link that leaves its directory",
    files: { "elsewhere.container": "[Container]\nImage=x\n", [`${templates}/x.txt`]: "" },
    prepare: (workspace) =>
      symlinkSync(
        join(workspace.path, "elsewhere.container"),
        join(workspace.path, templates, "web.container"),
      ),
    says: ["web.container: is a link that leaves its directory"],
  },
  {
    name: "a path outside the repository",
    inputs: () => ({ units: "../../etc/passwd" }),
    says: ["sources", "lies outside the repository"],
  },
  {
    name: "a name that is no unit's",
    files: { [`${templates}/-rf.container`]: "[Container]\nImage=x\n" },
    says: ['"-rf.container" is not a name for a unit'],
  },
  {
    name: "an image variable that nobody sets",
    files: { [unit]: tinyUnit("tiny", 8080, `${REGISTRY}/tiny:\${IMAGE_TAG}`) },
    says: ["plan", "Image= needs IMAGE_TAG", "Set `image-tag`"],
  },
  {
    name: "a value that the two readers of .env take differently",
    files: { [unit]: "[Container]\nImage=x\n" },
    inputs: () => ({ env: 'GREETING="hello world"' }),
    says: ["render: env: GREETING: podman and systemd would read its value differently"],
  },
  {
    name: "no port to ask for health",
    files: { [unit]: `[Container]\nImage=${REGISTRY}/tiny:v1\n` },
    says: ["settings: health-url: the units publish no fixed TCP port"],
  },
  {
    name: "a directory that Quadlet does not read",
    files: { [unit]: tinyUnit("tiny", 8080, `${REGISTRY}/tiny:v1`) },
    inputs: () => ({ "quadlet-dir": "/srv/units" }),
    says: ["plan: /srv/units: Quadlet does not read this directory for root"],
  },
  {
    name: "a user that the host does not have",
    files: { [unit]: tinyUnit("tiny", 8080, `${REGISTRY}/tiny:v1`) },
    inputs: () => ({ "service-user": "nobody-here" }),
    says: ["facts: nobody-here: the host has no such user", "useradd"],
  },
];

describe("refused, with the host as it was", () => {
  for (const refusal of refusals) {
    it(refusal.name, async () => {
      using workspace = new Workspace(refusal.files ?? { [unit]: tinyUnit("tiny", 8080, image) });
      refusal.prepare?.(workspace);
      const before = await stateOf(host);
      const run = await runAction(
        { ...access(bed, host, "root"), ...refusal.inputs?.(host) },
        workspace,
      );
      expectRefusal(run, refusal.says);
      expect(await stateOf(host)).toBe(before);
    });
  }

  it("no login is tried on a host whose key is unknown", async () => {
    using workspace = new Workspace({ [unit]: tinyUnit("tiny", 8080, image) });
    const cursor = (await host.ok("journalctl --quiet --lines 0 --show-cursor")).split(
      "cursor: ",
    )[1];
    await runAction(
      { ...access(bed, host, "root"), "known-hosts": `${host.address} ssh-ed25519 AAAA\n` },
      workspace,
    );
    const log = await host.ok(
      `journalctl --quiet --after-cursor "${cursor?.trim()}" -t sshd -t sshd-session -o cat`,
    );
    expect(log).toContain("preauth");
    expect(log).not.toMatch(/publickey|Accepted|Failed|authenticating user/i);
  });
});

describe("refused by what the host is", () => {
  it("files of others in the way", async () => {
    using workspace = new Workspace({
      [unit]: tinyUnit("tiny", 8080, image),
      [`${templates}/other.container`]: tinyUnit("other", 8090, image),
    });
    await host.ok(`printf '[Container]\\nImage=x\\n' > ${places.rootful.quadlet}/other.container`);
    try {
      const before = await stateOf(host);
      const run = await runAction(
        { ...access(bed, host, "root"), "health-from": "none" },
        workspace,
      );
      expectRefusal(run, [
        `plan: ${places.rootful.quadlet}/other.container: files that this app did not put there are in the way`,
      ]);
      expect(await stateOf(host)).toBe(before);
    } finally {
      await host.ok(`rm ${places.rootful.quadlet}/other.container`);
    }
  });

  it("a directory that may not be written", async () => {
    using workspace = new Workspace({ [unit]: tinyUnit("tiny", 8081, image) });
    await host.ok("install -d -o senex /opt/senex-trader/.config");
    await host.ok("install -d -o root /opt/senex-trader/.config/containers");
    try {
      const run = await runAction(access(bed, host, "senex"), workspace);
      expectRefusal(run, [`facts: ${places.rootless.quadlet}: senex may not write there`, "chown"]);
    } finally {
      await host.ok("rm -r /opt/senex-trader/.config");
    }
  });

  it("rootful units for a login without root", async () => {
    using workspace = new Workspace({ [unit]: tinyUnit("tiny", 8081, image) });
    const run = await runAction({ ...access(bed, host, "noroot"), scope: "rootful" }, workspace);
    expectRefusal(run, ["settings: scope: noroot cannot deploy rootful units"]);
  });

  it("sudo that asks for a password", async () => {
    using workspace = new Workspace({ [unit]: tinyUnit("tiny", 8081, image) });
    const run = await runAction(
      { ...access(bed, host, "noroot"), scope: "rootful", sudo: "true" },
      workspace,
    );
    expectRefusal(run, ["connect: sudo: the login may not use sudo without a password"]);
  });

  it("lingering that the login may not switch on", async () => {
    using workspace = new Workspace({ [unit]: tinyUnit("tiny", 8081, image) });
    const run = await runAction(access(bed, host, "noroot"), workspace);
    expectRefusal(run, [
      "facts: noroot: its services would stop when the login ends",
      "sudo loginctl enable-linger noroot",
    ]);
  });

  it("a host without Podman", async () => {
    using workspace = new Workspace({ [unit]: tinyUnit("tiny", 8081, image) });
    await using bare = await bed.boot({ podman: false });
    const run = await runAction(access(bed, bare, "root"), workspace);
    expectRefusal(run, ["facts: podman: Podman is not installed", "apt-get install podman"]);
  });

  it("a host whose Podman has no Quadlet", async () => {
    using workspace = new Workspace({ [unit]: tinyUnit("tiny", 8081, image) });
    await using old = await bed.boot({ suite: "bookworm" });
    const run = await runAction(access(bed, old, "root"), workspace);
    expectRefusal(run, ["facts: podman: the host has Podman 4.3.1, which has no Quadlet"]);
    expect(await old.ok("ls -A /etc/containers")).not.toContain("quadlet-deploy");
  });
});

function expectRefusal(run: Run, says: readonly (string | RegExp)[]): void {
  expect(run.code, run.log).toBe(1);
  for (const words of says)
    expect(run.log).toMatch(words instanceof RegExp ? words : literal(words));
  expect(run.log).toContain("::error");
  expect(run.summary).toContain("❌");
  expect(run.log).not.toMatch(/^\s+at .*\.(ts|cjs|js):\d+/m);
}

function literal(words: string): RegExp {
  return new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}
