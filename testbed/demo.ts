import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Bed, type Host } from "./bed.js";
import { until } from "./process.js";

/** The command line, in the bundle beside this one. */
const cli = join(__dirname, "cli.cjs");

/**
 * Shows on a real host what the project is for: the stack goes out, a second version follows,
 * a broken one ends red with its reason while the second serves on, and a rollback returns to the
 * first. Runs inside a sandbox.
 *
 * @returns 0 when every step ended as it should
 */
export async function demo(): Promise<number> {
  const began = performance.now();
  await using bed = await Bed.open();
  const { address } = await bed.registry();
  say("Booting a host: Debian 13 with systemd, Podman and sshd");
  const host = await bed.boot({ name: "production" });
  const known = join(bed.folder, "known_hosts");
  await writeFile(known, host.knownHosts);
  console.log(`    ${host.name} answers at ${host.address}\n`);

  const where = [
    ...["--environment", "production", "--app", "senex-trader"],
    ...["--host", `root@${host.address}`, "--service-user", "senex"],
    ...["--known-hosts", known, "--ssh-key", bed.keys.ed25519.path],
  ];
  const rollback = () => {
    console.log("    $ quadlet-deploy rollback …\n");
    return shown(["rollback", ...where], process.env);
  };
  const deploy = (tag: string) => {
    const args = [
      ...["deploy", ...where, "--stack", "senex"],
      ...["--registry", address, "--image-name", "senex/senex-trader", "--image-tag", tag],
      ...[
        "--variables",
        `{postgres_image: ${address}/postgres:15-alpine, redis_image: ${address}/redis:7-alpine}`,
      ],
      ...["--health-timeout", tag === "v3-broken" ? "8s" : "120s"],
    ];
    console.log(`    $ quadlet-deploy deploy … --image-tag ${tag}\n`);
    return shown(args, {
      ...process.env,
      QUADLET_DEPLOY_ENV: [
        "POSTGRES_PASSWORD=only-for-the-demo",
        "DATABASE_URL=postgres://senex:only-for-the-demo@postgres:5432/senex",
        "SECRET_KEY=only-for-the-demo",
      ].join("\n"),
    });
  };
  const expect = (ok: boolean, what: string) => {
    if (!ok) throw new Error(`the demo expected that ${what}`);
  };

  say("Deploying v1 of the Senex stack: PostgreSQL, Redis, web, Celery worker and beat");
  expect((await deploy("v1")) === 0, "v1 is deployed");
  expect((await look(host)) === "v1", "v1 serves");

  say("Shipping v2: nothing but the tag changes");
  expect((await deploy("v2")) === 0, "v2 is deployed");
  expect((await look(host)) === "v2", "v2 serves");

  say("Shipping v3-broken, whose /health/ answers 500: this must end red, and put v2 back");
  expect((await deploy("v3-broken")) !== 0, "v3-broken is refused");
  expect((await look(host)) === "v2", "v2 still serves");

  say("Rolling back to v1, with the very images that it ran");
  expect((await rollback()) === 0, "v1 is back");
  expect((await look(host)) === "v1", "v1 serves again");

  const seconds = Math.round((performance.now() - began) / 1000);
  say(
    `Done in ${seconds} s. The host is gone; nothing is left but the cache (npm run testbed clean)`,
  );
  return 0;
}

/** What a browser sees, once a task has run that this version's beat sent. */
async function look(host: Host): Promise<string> {
  const url = `http://${host.address}:8000/`;
  const page = async () => (await (await fetch(url)).json()) as Page;
  const { ticks } = await page();
  const later = await until(
    "a task has run",
    async () => {
      const now = await page();
      return now.ticks > ticks && now.last_tick.version === now.version ? now : undefined;
    },
    { timeout: 60_000, every: 500 },
  );
  const health = await fetch(`${url}health/`);
  console.log(`    GET ${url}         ${JSON.stringify(later)}`);
  console.log(`    GET ${url}health/  ${health.status} ${await health.text()}\n`);
  return later.version;
}

interface Page {
  readonly version: string;
  readonly ticks: number;
  readonly last_tick: { readonly version: string };
}

/** Why this machine cannot boot a host; `undefined` where it can. */
export async function obstacle(): Promise<string | undefined> {
  if (process.platform !== "linux") return "it needs Linux";
  if (process.getuid?.() !== 0) return "it needs root, to start a host of its own";
  const apt = await access("/usr/bin/apt-get", constants.X_OK).then(
    () => true,
    () => false,
  );
  return apt ? undefined : "it needs Debian 12 or 13, whose packages hosts are made of";
}

/** What can be shown without a host: the files that the stack is, where each would go. */
export async function offline(why: string): Promise<number> {
  console.log(`This machine cannot boot a host: ${why}.\nThis is what would be deployed:\n`);
  const code = await shown([
    ...["plan", "--offline", "--stack", "senex", "--app", "senex-trader"],
    ...["--registry", "registry.example", "--image-tag", "v1"],
    ...["--image-name", "senex/senex-trader"],
  ]);
  // A plan that would change something ends with 2.
  return code === 2 ? 0 : code;
}

/** Runs the command line with its output shown as it comes, on the same terminal. */
async function shown(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
    env,
  });
  const [code] = await once(child, "exit");
  console.log();
  return typeof code === "number" ? code : 1;
}

function say(what: string): void {
  console.log(`==> ${what}\n`);
}
