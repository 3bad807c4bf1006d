import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host } from "../../../testbed/bed.js";
import type { Run } from "../support.js";
import { type App, expectSays, Ground, told } from "./support.js";

/**
 * Values that nobody may see: sought everywhere, after deploys that end in every way, and in the
 * process list all the while.
 */

const canaries = { database: "canary-of-database", token: "canary-of-token" };
const env = `DATABASE_PASSWORD=${canaries.database}\nAPI_TOKEN=${canaries.token}`;

let ground: Ground;
let host: Host;
/** Everything secret, a line each; of the key every line that is its own. */
let secrets: readonly string[];
let apps: Readonly<Record<"rootful" | "rootless", App>>;

/** Where the list for `grep -f` is: one for root, one for a user without any rights. */
const lists = { root: "/root/canaries", noroot: "/home/noroot/canaries" };

beforeAll(async () => {
  ground = await Ground.open();
  ({ host } = ground);
  await host.ok("systemctl start network-online.target");
  const { text, passphrase = "" } = ground.bed.keys.ed25519Passphrase;
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  secrets = [...Object.values(canaries), passphrase, ...lines];
  for (const list of Object.values(lists))
    await host.ok(`umask 077; cat > ${list}; chown --reference=$(dirname ${list}) ${list}`, {
      input: `${secrets.join("\n")}\n`,
    });
  await host.ok("touch /root/began; sleep 0.01");
  const access = { "ssh-key": text, "ssh-key-passphrase": passphrase, env };
  const login = { user: "deploy", sudo: "true", "service-user": "senex" };
  apps = {
    rootful: ground.app("rootful", access),
    rootless: ground.app("rootless", { ...access, ...login }, "senex"),
  };
  await watch();
});

afterAll(() => ground[Symbol.asyncDispose]());

/**
 * Looks over every process of the host as fast as it can. The services themselves are given
 * their environment, by systemd and by Podman: that is where it belongs.
 */
async function watch(): Promise<void> {
  await host.ok("cat > /root/watch", {
    input: `
while :; do
  grep -alFf ${lists.root} /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | while read -r found; do
    cgroup=$(tr "\\n" " " <"\${found%/*}/cgroup")
    case $found:$cgroup in
      *environ:*/libpod*|*environ:*/rootful.service*|*environ:*/rootless.service*) ;;
      *:) ;;
      *) echo "$found $(cat "\${found%/*}/comm") $cgroup" ;;
    esac
  done >>/root/seen
  echo >>/root/looked
done
`,
  });
  await host.ok("systemd-run --quiet --unit=watch sh /root/watch");
}

/** The app's container gets the whole `.env`. */
function unit(app: App, tag: string, more = ""): void {
  app.version(tag, `EnvironmentFile=${app.quadlet}/.env\n${more}`);
}

function expectNoSecretIn(run: Run): void {
  const shown = {
    // The one place where a secret is written on purpose, for GitHub to take it out elsewhere.
    log: run.log.replace(/^::add-mask::.*$/gm, ""),
    summary: run.summary,
    outputs: JSON.stringify(run.outputs),
  };
  for (const [where, text] of Object.entries(shown))
    for (const secret of secrets)
      expect(text.includes(secret), `${secret} in the ${where}`).toBe(false);
}

describe.concurrent.each(["rootful", "rootless"] as const)("of %s units, shown by no", (way) => {
  it("deploy that succeeds", { concurrent: false }, async () => {
    const app = apps[way];
    unit(app, "v1");
    expectNoSecretIn(await app.deployed());
    // It did arrive.
    expect(await host.ok(`curl -s http://127.0.0.1:${app.port}/cgi-bin/env`)).toContain(
      `DATABASE_PASSWORD=${canaries.database}`,
    );
  });

  it.each([
    ["whose image does not come", "no-such-tag", "", {}, "manifest unknown"],
    ["whose unit is refused", "v2", "Network=nope.network\n", {}, "nope.network was not found"],
    ["whose services do not start", "exits", "", {}, /: (restart|settle|health): rootful|rootless/],
    [
      "whose health answer shows the environment",
      "v2",
      "",
      { "health-path": "/cgi-bin/env", "health-status": "204" },
      "DATABASE_PASSWORD=***",
    ],
  ] as const)("deploy %s", { concurrent: false }, async (_, tag, more, inputs, says) => {
    const app = apps[way];
    unit(app, tag, more);
    const run = await app.failing(inputs);
    expect(run.code, told(run)).toBe(1);
    expectSays(run, [says]);
    expectNoSecretIn(run);
  });
});

describe("on the host they are found", () => {
  it("in each release's .env, which its owner alone may read, and in no other file", async () => {
    const places = [
      ...["/etc", "/opt/senex-trader", "/root/.config", "/home/deploy", "/run/systemd"],
      ...["/run/lock", "/tmp", "/var/tmp", "/dev/shm", "/var/spool"],
    ];
    const found = await host.ok(
      `grep -rlFf ${lists.root} ${places.join(" ")} --exclude-dir=storage 2>/dev/null | xargs stat -c '%n %a %U'`,
    );
    for (const line of found.trimEnd().split("\n"))
      expect(line).toMatch(/^\S+\/quadlet-deploy\/\S+\/releases\/[^/]+\/\.env 600 (root|senex)$/);
    expect(found).toContain("/etc/containers/quadlet-deploy/rootful/");
    expect(found).toContain("/opt/senex-trader/.config/containers/quadlet-deploy/rootless/");
  });

  it("in no file that everybody may read", async () => {
    await host.ok(`cp -p /root/began /var/began; install -m 644 ${lists.root} /var/tmp/decoy`);
    // Podman keeps its own database, container environments included, open to everybody: on the
    // host of whoever minds, values belong into Podman secrets.
    const found = await host.exec(
      `find / /run /tmp /dev/shm -xdev -path /var/lib/containers -prune -o -type f -newer /var/began -readable ! -path ${lists.noroot} -exec grep -lFf ${lists.noroot} {} + 2>/dev/null`,
      { user: "noroot" },
    );
    // The search does see what is there to be seen.
    expect(found.stdout).toBe("/var/tmp/decoy\n");
  });

  it("in no line of the journal", async () => {
    expect((await host.exec(`journalctl -o verbose | grep -cFf ${lists.root}`)).stdout).toBe("0\n");
  });

  it("in no other process's arguments or environment, at any time", async () => {
    // The watch does see what is there to be seen.
    await host.ok(
      `systemd-run --quiet --unit=decoy sh -c 'exec env -- "$(head -n 1 ${lists.root})=x" sleep 2'; sleep 1`,
    );
    const seen = (await host.ok("cat /root/seen")).trimEnd().split("\n");
    expect(seen.filter((line) => !line.includes("decoy.service"))).toEqual([]);
    expect(seen.some((line) => line.includes("decoy.service"))).toBe(true);
    expect(Number(await host.ok("wc -l < /root/looked"))).toBeGreaterThan(100);
  });
});
