import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host, type Key } from "../../testbed/bed.js";
import {
  access,
  inputEnvironment,
  project,
  runAction,
  spawn,
  templates,
  tinyUnit,
  Workspace,
} from "./support.js";

/** How one gets in: the command line, GitHub's own emulator, keys, hosts and their shells. */

let bed: Bed;
let host: Host;
let image: string;
let workspace: Workspace;

beforeAll(async () => {
  bed = await Bed.open();
  image = `${(await bed.registry()).address}/tiny:v1`;
  host = await bed.boot();
  workspace = new Workspace({ [`${templates}/tiny.container`]: tinyUnit("tiny", 8080, image) });
});

afterAll(async () => {
  workspace[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

describe("the command line", () => {
  const environment = { PATH: process.env.PATH ?? "" };

  it("deploys with the same options, and says how it ended", async () => {
    const known = join(workspace.path, "known_hosts");
    writeFileSync(known, host.knownHosts);
    const args = [
      ...["deploy", "--app", "senex-trader", "--host", `root@${host.address}`],
      ...["--ssh-key", bed.keys.ed25519.path, "--known-hosts", known],
    ];
    const run = await spawn(["dist/cli.cjs", ...args], environment, workspace.path);
    expect(run.code, run.log).toBe(0);
    expect(run.log).toMatch(
      /^Deployed senex-trader: 10\.77\.0\.\d+ runs \d{8}T\d{6}Z-[0-9a-f]{8}\.$/m,
    );
    // Without a terminal there are plain lines, no cursor movements.
    expect(run.log).not.toContain("\u001b");
    const again = await spawn(["dist/cli.cjs", ...args], environment, workspace.path);
    expect(again.log).toMatch(/^Nothing changed for senex-trader: /m);
  });

  it("fails with the same errors", async () => {
    const run = await spawn(["dist/cli.cjs", "deploy", "--host", "x"], environment, workspace.path);
    expect(run.code).toBe(1);
    expect(run.log).toContain("error: settings: user: no login is named for x");
    expect(run.log).toContain("error: settings: known-hosts: no host key is given");
    const wrong = await spawn(["dist/cli.cjs", "deploy", "--scop", "x"], environment);
    expect(wrong.code).toBe(1);
    expect(wrong.log).toContain("Did you mean --scope?");
  });

  it("renders what would be deployed", async () => {
    const args = ["render", "--out", "out", "--stack", "senex", "--registry", "registry.example"];
    using empty = new Workspace();
    const run = await spawn(["dist/cli.cjs", ...args], environment, empty.path);
    expect(run.code, run.log).toBe(0);
    expect(run.log).toContain("etc/containers/systemd/web.container\n");
    expect(run.log).toContain("etc/systemd/system/web.service.d/override.conf\n");
  });
});

describe("GitHub's local-action", () => {
  it("runs the committed bundle with its inputs, outputs and summary", async () => {
    using github = new Workspace({ output: "", summary: "" });
    const variables = {
      ...inputEnvironment(access(bed, host, "root")),
      GITHUB_WORKSPACE: workspace.path,
      GITHUB_REPOSITORY: "senex/senex-trader",
      GITHUB_OUTPUT: join(github.path, "output"),
      GITHUB_STEP_SUMMARY: join(github.path, "summary"),
    };
    github.write(
      ".env",
      Object.entries(variables)
        .map(([name, value]) => `${name}='${value}'\n`)
        .join(""),
    );
    const run = await spawn(
      [
        "node_modules/@github/local-action/bin/local-action.js",
        ...[project, "dist/action.cjs", join(github.path, ".env")],
      ],
      { PATH: `${join(project, "node_modules/.bin")}:${process.env.PATH}`, HOME: github.path },
    );
    expect(run.code, run.log).toBe(0);
    expect(run.log).toContain("asking for health");
    expect(github.read("output")).toMatch(/^healthy<<(\S+)\ntrue\n\1$/m);
    expect(github.read("summary")).toContain("| Service | State |");
  });
});

describe("keys", () => {
  it.each([
    "ed25519",
    "ed25519Passphrase",
    "ecdsa",
    "rsa",
    "rsaPem",
    "rsaPemPassphrase",
    "rsaPkcs8",
    "ed25519Pkcs8",
  ] as const)("%s", async (name) => {
    const key: Key = bed.keys[name];
    const run = await runAction(
      {
        ...access(bed, host, "root"),
        "ssh-key": key.text,
        ...(key.passphrase === undefined ? {} : { "ssh-key-passphrase": key.passphrase }),
      },
      workspace,
    );
    expect(run.code, run.log).toBe(0);
  });

  it("of the host by fingerprint, of whichever type it offers", async () => {
    const run = await runAction(
      {
        ...access(bed, host, "root"),
        "known-hosts": "",
        "host-fingerprint": Object.values(host.fingerprints).join("\n"),
      },
      workspace,
    );
    expect(run.code, run.log).toBe(0);
  });

  it("of the host in known-hosts, of one type alone", async () => {
    const rsa = host.knownHosts.split("\n").filter((line) => line.includes("ssh-rsa"));
    const run = await runAction(
      { ...access(bed, host, "root"), "known-hosts": rsa.join("\n") },
      workspace,
    );
    expect(run.code, run.log).toBe(0);
  });
});

describe("hosts", () => {
  it("at an IPv6 address", async () => {
    const run = await runAction(
      { ...access(bed, host, "root"), host: `root@[${host.address6}]:22` },
      workspace,
    );
    expect(run.code, run.log).toBe(0);
  });

  it("one after the other, and none after the first that fails", async () => {
    await using second = await bed.boot();
    const both = {
      ...access(bed, host, "root"),
      host: `${host.address}\n${second.address}`,
      "known-hosts": `${host.knownHosts}${second.knownHosts}`,
    };
    const run = await runAction(both, workspace);
    expect(run.code, run.log).toBe(0);
    expect(run.summary).toContain(`### ✅ ${second.address}`);
    const stopped = await runAction(
      {
        ...both,
        host: `${host.address}:2222\n${second.address}`,
        "known-hosts": `[${host.address}]:2222 ssh-ed25519 AAAA`,
      },
      workspace,
    );
    expect(stopped.code).toBe(1);
    expect(stopped.summary).toContain(
      `Not tried, since a host before them failed: ${second.address}`,
    );
  });

  it("without the SFTP subsystem", async () => {
    await host.ok("sed -i 's/^Subsystem/#Subsystem/' /etc/ssh/sshd_config && systemctl reload ssh");
    try {
      workspace.write(
        `${templates}/tiny.container`,
        `# once more\n${tinyUnit("tiny", 8080, image)}`,
      );
      const run = await runAction(access(bed, host, "root"), workspace);
      expect(run.code, run.log).toBe(0);
      expect(run.outputs.changed).toBe("true");
    } finally {
      await host.ok(
        "sed -i 's/^#Subsystem/Subsystem/' /etc/ssh/sshd_config && systemctl reload ssh",
      );
    }
  });

  it("whose login shell is chatty, and in another language", async () => {
    await host.ok(
      "printf 'echo Welcome; echo ::error::noise; export LANG=de_DE.UTF-8\\n' > ~/.bashrc",
    );
    try {
      const run = await runAction(access(bed, host, "root"), workspace);
      expect(run.code, run.log).toBe(0);
      expect(run.log).not.toMatch(/^::error/m);
    } finally {
      await host.ok("rm ~/.bashrc");
    }
  });

  it("without curl, whose health is asked with bash", async () => {
    await host.ok("mv /usr/bin/curl /usr/bin/curl.away");
    try {
      const run = await runAction(access(bed, host, "root"), workspace);
      expect(run.code, run.log).toBe(0);
      expect(run.outputs["health-status"]).toBe("200");
    } finally {
      await host.ok("mv /usr/bin/curl.away /usr/bin/curl");
    }
  });
});

describe("services that do not stay up", () => {
  it("are named, with what they said", async () => {
    using broken = new Workspace({
      [`${templates}/exits.container`]: tinyUnit("exits", 8099, image.replace(/:v1$/, ":exits")),
    });
    const run = await runAction(
      { ...access(bed, host, "root"), app: "exits", "health-from": "none", "health-timeout": "3s" },
      broken,
    );
    expect(run.code).toBe(1);
    expect(run.log).toMatch(/error: \S+: (settle|stable|restart): exits\.service: it /);
    expect(run.log).toContain("journal of exits.service:");
    // Nothing ran before, so nothing is left.
    expect(await host.ok("systemctl show --value -p LoadState exits.service")).toBe("not-found\n");
    expect(await host.ok("ls /etc/containers/systemd")).not.toContain("exits");
  });
});
