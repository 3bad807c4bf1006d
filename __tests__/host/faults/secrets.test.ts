import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host } from "../../../testbed/bed.js";
import { type Run, tinyUnit } from "../support.js";
import { App, expectSays, told } from "./support.js";

/**
 * Values that nobody may see: sought everywhere, after deploys that end in every way, and in the
 * process list all the while.
 */

const canaries = { database: "canary-of-database", token: "canary-of-token" };
const env = `DATABASE_PASSWORD=${canaries.database}\nAPI_TOKEN=${canaries.token}`;

let bed: Bed;
let host: Host;
let image: string;
/** Everything secret, a line each; of the key every line that is its own. */
let secrets: readonly string[];
let apps: readonly App[];

/** Where the list for `grep -f` is: one for root, one for a user without any rights. */
const lists = { root: "/root/canaries", noroot: "/home/noroot/canaries" };

beforeAll(async () => {
  bed = await Bed.open();
  image = `${(await bed.registry()).address}/tiny`;
  host = await bed.boot();
  await host.ok("systemctl start network-online.target");
  const { text, passphrase = "" } = bed.keys.ed25519Passphrase;
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  secrets = [...Object.values(canaries), passphrase, ...lines];
  for (const list of Object.values(lists))
    await host.ok(`umask 077; cat > ${list}; chown --reference=$(dirname ${list}) ${list}`, {
      input: `${secrets.join("\n")}\n`,
    });
  await host.ok("touch /root/began; sleep 0.01");
  const access = { "ssh-key": text, "ssh-key-passphrase": passphrase, env };
  apps = [
    new App(bed, host, "rootful", access),
    new App(
      bed,
      host,
      "rootless",
      { ...access, user: "deploy", sudo: "true", "service-user": "senex" },
      "senex",
    ),
  ];
  await watch();
});

afterAll(async () => {
  for (const app of apps) app[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

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

const ways = ["rootful", "rootless"] as const;

function appOf(way: (typeof ways)[number]): App {
  const app = apps.find(({ name }) => name === way);
  if (app === undefined) throw new Error(way);
  return app;
}

function unit(app: App, tag: string, more = ""): void {
  const port = app.name === "rootful" ? 8801 : 8802;
  const made = tinyUnit(app.name, port, `${image}:${tag}`);
  app.write(
    `${app.name}.container`,
    `${made}[Container]\nEnvironmentFile=${app.quadlet}/.env\n${more}`,
  );
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

describe.each(ways)("of %s units, shown by no", (way) => {
  it("deploy that succeeds", async () => {
    const app = appOf(way);
    unit(app, "v1");
    const run = await app.deployed();
    expectNoSecretIn(run);
    // It did arrive.
    const port = way === "rootful" ? 8801 : 8802;
    expect(await host.ok(`curl -s http://127.0.0.1:${port}/cgi-bin/env`)).toContain(
      `DATABASE_PASSWORD=${canaries.database}`,
    );
  });

  it.each([
    ["whose image does not come", "no-such-tag", "", {}, "manifest unknown"],
    ["whose unit is refused", "v2", "NoSuchKey=1\n", {}, "unsupported key 'NoSuchKey'"],
    ["whose services do not start", "exits", "", {}, "simulated failure"],
    [
      "whose health answer shows the environment",
      "v2",
      "",
      { "health-path": "/cgi-bin/env", "health-status": "204" },
      "DATABASE_PASSWORD=***",
    ],
  ] as const)("deploy %s", async (_, tag, more, inputs, says) => {
    const app = appOf(way);
    unit(app, tag, more);
    const run = await app.deploy({ ...inputs, "health-timeout": "1s" });
    expect(run.code, told(run)).toBe(1);
    expectSays(run, way === "rootless" && tag === "exits" ? [] : [says]);
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
