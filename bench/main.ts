import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Bed, type Host, TcpProxy } from "../testbed/bed.js";
import { must, run } from "../testbed/process.js";
import { action, ansible, type Contender, floor, type Way } from "./contenders.js";
import { renderingOf, resultsPage } from "./page.js";
import type { Series } from "./results.js";
import { CHANGED_SERVICES, EVERY_SERVICE, Stage } from "./stage.js";
import type { Timed } from "./stopwatch.js";

/** Where `npm run` starts us. */
const project = process.cwd();

/** Milliseconds that the slower way to the host adds to each round trip. */
const ROUND_TRIP = 50;

const script = floor(project);
const asItComes = action("this action");
// As the others are: the first healthy answer ends it, and nobody looks whether it lasts.
const impatient = action("this action, stopping at the first healthy answer", {
  "stable-for": "0s",
  "health-successes": "1",
  "health-interval": "200ms",
});
const same = [
  script,
  impatient,
  asItComes,
  ansible(project, { pipelining: true, restarts: CHANGED_SERVICES }),
  ansible(project, { pipelining: false, restarts: CHANGED_SERVICES }),
];
const asTheGuideDoes = ansible(project, { pipelining: true, restarts: EVERY_SERVICE });

async function bench(rounds: number): Promise<void> {
  const ansibleVersion = await versionOfAnsible();
  await using bed = await Bed.open();
  console.log("booting a host, deploying v1 and v2");
  const stage = await Stage.set(bed, project, async (stage, tag) =>
    asItComes.deploy(stage, await directWay(bed, stage.host), tag),
  );
  const { host } = stage;
  const target = { host: host.address, port: 22 };
  await using proxy = await TcpProxy.open(target, { up: ROUND_TRIP / 2, down: ROUND_TRIP / 2 });

  const near = await measure(stage, [...same, asTheGuideDoes], await directWay(bed, host), rounds);
  const farRounds = Math.ceil(rounds / 2);
  const far = await measure(stage, same, await wayThrough(bed, host, proxy), farRounds);

  const page = resultsPage(
    [
      { title: "On the same network", rounds, series: near },
      { title: `With ${ROUND_TRIP} ms more of round trip`, rounds: farRounds, series: far },
    ],
    [
      ...(await versionsOf(host)),
      `ansible-core ${ansibleVersion}`,
      `Node ${process.versions.node}`,
      `${availableParallelism()} processors`,
    ],
  );
  const file = join(project, "bench/RESULTS.md");
  const rendering = renderingOf(await readFile(file, "utf8"));
  await writeFile(file, `${page.trimEnd()}\n${rendering}`);
  console.log(`\n${page}`);
}

/**
 * Lets each contender deploy in each round, one after the other, so that whatever slows the
 * machine for a while slows them all. v1 and v2 alternate, within a round and from one to the
 * next.
 */
async function measure(
  stage: Stage,
  contenders: readonly Contender[],
  way: Way,
  rounds: number,
): Promise<readonly Series[]> {
  const runs = contenders.map((): Timed[] => []);
  for (let round = 0; round < rounds; round++) {
    let [from, to] = round % 2 === 0 ? (["v1", "v2"] as const) : (["v2", "v1"] as const);
    // Not timed: a round begins with the tag that is its own.
    if ((await stage.version()) !== from) await script.deploy(stage, way, from);
    for (const [index, contender] of contenders.entries()) {
      await stage.prepare(contender.leaves, from);
      const before = await stage.invocations();
      const timed = await contender.deploy(stage, way, to);
      await stage.check(to);
      const after = await stage.invocations();
      const restarted = EVERY_SERVICE.filter((name) => before.get(name) !== after.get(name));
      if (restarted.join() !== contender.restarts.join())
        throw new Error(`${contender.name} restarted ${restarted.join(", ")}`);
      runs[index]?.push(timed);
      console.log(
        `round ${round + 1}  ${from} → ${to}  ${(timed.wall / 1000).toFixed(2)} s  ${contender.name}`,
      );
      [from, to] = [to, from];
    }
  }
  return contenders.map(({ name }, index) => ({ name, runs: runs[index] ?? [] }));
}

async function directWay(bed: Bed, host: Host): Promise<Way> {
  return wayTo(bed, "direct", { address: host.address, port: 22, knownHosts: host.knownHosts });
}

async function wayThrough(bed: Bed, host: Host, proxy: TcpProxy): Promise<Way> {
  const { host: address, port } = proxy.address;
  const knownHosts = host.knownHosts.replace(/^\S+/gm, `[${address}]:${port}`);
  return wayTo(bed, "far", { address, port, knownHosts });
}

async function wayTo(
  bed: Bed,
  name: string,
  where: Pick<Way, "address" | "port" | "knownHosts">,
): Promise<Way> {
  const folder = join(bed.folder, name);
  await mkdir(folder, { recursive: true });
  return { ...where, key: bed.keys.ed25519, folder };
}

async function versionOfAnsible(): Promise<string> {
  const { stdout } = await run("ansible-playbook", ["--version"]).catch(() => {
    throw new Error("ansible-playbook is not here; apt-get install ansible-core");
  });
  return /core ([\d.]+)/.exec(stdout)?.[1] ?? "";
}

async function versionsOf(host: Host): Promise<string[]> {
  const podman = await host.ok("podman --version");
  const systemd = await host.ok("systemctl --version");
  const openssh = await must("sh", ["-c", "ssh -V 2>&1"]);
  return [
    `Podman ${podman.trim().split(" ").at(-1)}`,
    `systemd ${systemd.split(" ")[1]}`,
    openssh.replace(/_/, " ").split(/[ ,]/).slice(0, 2).join(" "),
  ];
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
bench(Number(values.rounds)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
