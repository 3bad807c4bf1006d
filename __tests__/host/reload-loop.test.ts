import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Bed, type Host } from "../../testbed/bed.js";
import { differences } from "./campaign/invariants.js";
import { Site } from "./campaign/site.js";

/**
 * Anybody may reload systemd at any moment: a package upgrade does. Whatever it then finds in
 * the directories of units becomes what runs, so that they must be whole at every instant.
 */
const deploys = Number(process.env.RELOAD_LOOP_DEPLOYS ?? (process.env.CAMPAIGN ? 100 : 3));

let bed: Bed;
let host: Host;
let site: Site;

beforeAll(async () => {
  bed = await Bed.open();
  host = await bed.boot();
  site = await Site.make(bed, host, "rootful", 0);
});

afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  await bed[Symbol.asyncDispose]();
});

it("no unit vanishes and no request is refused while somebody reloads systemd all the time", {
  timeout: 60_000 + deploys * 60_000,
}, async ({ task }) => {
  await inBackground("reloads", `systemctl daemon-reload; sleep 0.1`);
  await inBackground("samples", watcher);
  await using requests = new Requests(`http://${host.address}:${site.ports.db}/health/`);

  for (let number = 1; number <= deploys; number++) {
    // They alternate: what one adds, the next one removes.
    const release = await site.next();
    const job = await site.deploy(release);
    expect(job.code, `deploy ${number}\n${job.log}`).toBe(0);
    expect(differences(site, await site.snapshot(), release), `deploy ${number}`).toEqual([]);
  }

  const [reloads, samples] = [await count("reloads"), await count("samples")];
  await host.ok("systemctl stop test-reloads.service test-samples.service");
  expect((await host.exec("cat /run/vanished")).stdout, "units that vanished").toBe("");
  expect(await requests.refused()).toEqual([]);
  // They did run, all the time.
  expect(reloads).toBeGreaterThan(deploys);
  expect(samples).toBeGreaterThan(deploys);
  expect(requests.count).toBeGreaterThan(deploys * 10);
  task.meta.reloadLoop = { deploys, reloads, samples, requests: requests.count };
});

/** Looks at every unit that all the releases have. */
const kept = "db.service web.service worker.service shop-network.service";
const watcher = [
  `states=$(systemctl show -p Id -p LoadState ${kept})`,
  `case $(printf '%s' "$states" | grep -c LoadState=loaded) in 4) ;; *) echo "$states" >>/run/vanished ;; esac`,
].join("; ");

/** Does something on the host again and again, and counts. */
async function inBackground(name: string, work: string): Promise<void> {
  await host.ok(
    `cat >/run/${name}.sh && systemd-run --quiet --collect --unit=test-${name} sh /run/${name}.sh`,
    {
      input: `n=0\nwhile :; do\n${work}\nn=$((n + 1))\necho $n >/run/${name}\ndone\n`,
    },
  );
}

async function count(name: string): Promise<number> {
  return Number(await host.ok(`cat /run/${name}`));
}

/** Requests one after the other, each over a connection of its own, until disposed. */
class Requests implements AsyncDisposable {
  count = 0;
  private readonly failures: string[] = [];
  private running = true;
  private readonly loop: Promise<void>;

  constructor(url: string) {
    this.loop = this.run(url);
  }

  /** What went wrong, with the number of the request. */
  async refused(): Promise<readonly string[]> {
    await this[Symbol.asyncDispose]();
    return this.failures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.running = false;
    await this.loop;
  }

  private async run(url: string): Promise<void> {
    while (this.running) {
      this.count++;
      const answer = await ask(url);
      if (answer !== "200") this.failures.push(`request ${this.count}: ${answer}`);
      await sleep(20);
    }
  }
}

function ask(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 10_000 }, (response) => {
      response.resume();
      response.once("end", () => resolve(String(response.statusCode)));
      response.once("error", (error) => resolve(error.message));
    });
    request.once("timeout", () => request.destroy(new Error("no answer within 10 s")));
    request.once("error", (error) => resolve(error.message));
  });
}
