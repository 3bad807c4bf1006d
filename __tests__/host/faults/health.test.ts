import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BRIDGE } from "../../../testbed/network.js";
import type { Inputs } from "../support.js";
import {
  type App,
  expectReverted,
  expectUntouched,
  Ground,
  type Pool,
  tiny,
  told,
} from "./support.js";

/** Images that do not come, services that do not stay, and answers that are none. */

let ground: Ground;
let pool: Pool;

/** What services answer at `/cgi-bin/NAME`: scripts on the host, which their containers mount. */
const answers = {
  mood: "cat /www/cgi-bin/mood.txt",
  flaps: `n=$(cat /tmp/n 2>/dev/null || echo 0); echo $((n + 1)) >/tmp/n
[ $((n % 2)) = 0 ] && printf 'HTTP/1.0 200 OK\\r\\n\\r\\n' || printf 'HTTP/1.0 500 Oops\\r\\n\\r\\n'`,
  redirects: "printf 'HTTP/1.0 302 Found\\r\\nLocation: https://login.example/\\r\\n\\r\\n'",
  hangs: "sleep 60",
  endless: "printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'; exec yes",
};
const scripts = "Volume=/srv/answers:/www/cgi-bin\n";

async function mood(status: string): Promise<void> {
  await ground.host.ok("cat > /srv/answers/mood.txt", {
    input: `HTTP/1.0 ${status}\r\n\r\n${status}\n`,
  });
}

beforeAll(async () => {
  ground = await Ground.open();
  const { host } = ground;
  await host.ok("mkdir -p /srv/answers");
  for (const [name, script] of Object.entries(answers))
    await host.ok(`cat > /srv/answers/${name} && chmod +x /srv/answers/${name}`, {
      input: `#!/bin/sh\n${script}\n`,
    });
  await mood("200 OK");
  await host.ok(
    "cd /srv && openssl req -x509 -newkey ed25519 -nodes -subj /CN=127.0.0.1 -keyout tls.key -out tls.crt 2>/dev/null && systemd-run --quiet --unit=tls openssl s_server -accept 8443 -key /srv/tls.key -cert /srv/tls.crt -www",
  );
  pool = await ground.ready(4, "gate");
});

afterAll(() => ground[Symbol.asyncDispose]());

interface Bad {
  readonly name: string;
  readonly tag?: string;
  /** Lines of `[Container]`, and what follows. */
  readonly unit?: (app: App) => string;
  readonly inputs?: (app: App) => Inputs;
  readonly says: readonly (string | RegExp)[];
}

/** The container's command, in words that systemd does not take for its own. */
function runs(script: string): () => string {
  return () => `Exec=/bin/sh -c "${script}"\n`;
}

const bad: readonly Bad[] = [
  {
    name: "that ends at once",
    tag: "exits",
    says: [/: (restart|settle|health|stable): gate\d\.service: /, "tiny: simulated failure"],
  },
  {
    name: "that is healthy at first, and crashes again and again",
    unit: runs("/usr/bin/serve & sleep 1; exit 3"),
    inputs: () => ({ "stable-for": "3s" }),
    says: [/: (health|stable): gate\d\.service: /, /journal of gate\d\.service:/],
  },
  {
    name: "that prints workflow commands while it dies",
    unit: runs("echo ::error::gotcha; echo ::stop-commands::x; exit 1"),
    says: ["::error::gotcha"],
  },
  {
    name: "with Notify=healthy that does not become so in time",
    unit: () =>
      "Notify=healthy\nHealthCmd=false\nHealthInterval=1s\n[Service]\nTimeoutStartSec=2\nRestart=no\n",
    says: [/: (restart|settle): gate\d\.service: /, /timeout|timed out/],
  },
  {
    name: "whose answers flap",
    inputs: () => ({ "health-path": "/cgi-bin/flaps" }),
    says: ["the application did not become healthy in time"],
  },
  {
    name: "that redirects: not followed, and it is said where to",
    inputs: () => ({ "health-path": "/cgi-bin/redirects" }),
    says: ["answer: HTTP 302", "https://login.example/"],
  },
  {
    name: "that does not answer in time",
    inputs: () => ({ "health-path": "/cgi-bin/hangs" }),
    says: [/timed out|no answer within/],
  },
  {
    name: "that answers over TLS with a certificate of its own",
    inputs: () => ({ "health-url": "https://127.0.0.1:8443/" }),
    says: [/self-signed certificate/],
  },
  {
    name: "whose port is not published",
    inputs: () => ({ "health-url": "http://127.0.0.1:8499/" }),
    says: [/port 8499/, /refused|Failed to connect|Could ?n.t connect/],
  },
  {
    name: "that the runner cannot reach, for its port is open to the host alone",
    unit: ({ port }) => `PublishPort=\nPublishPort=127.0.0.1:${port}:8080\n`,
    inputs: ({ host, port }) => ({
      "health-from": "runner",
      "health-url": `http://${host.address}:${port}/health/`,
    }),
    says: ["asked by the runner", "ECONNREFUSED"],
  },
];

describe.concurrent("a new version is put back", () => {
  it.each(bad)("$name", ({ tag = "v2", unit, inputs, says }) =>
    pool.use(async (app) => {
      app.version(tag, `${scripts}${unit?.(app) ?? ""}`);
      const run = await expectReverted(app, () => app.failing(inputs?.(app)), says);
      // Whatever a container prints: no line of the log is a command to GitHub's runner.
      for (const line of run.log.match(/^\s*::.*$/gm) ?? [])
        expect(line).toMatch(/^::(add-mask::|error title=quadlet-deploy)/);
      expect(run.summary).toContain("❌");
    }),
  );

  it("whose port is taken by another program, which is named", () =>
    pool.use(async (app) => {
      const taken = `--publish 8498:8080 ${tiny}:v1`;
      await app.host.ok(`podman run --detach --rm --name squatter ${taken}`);
      app.version("v2", "PublishPort=\nPublishPort=8498:8080\n");
      await expectReverted(app, () => app.failing(), [/8498.*in use|in use.*8498/]);
      await app.host.ok("podman kill squatter");
    }));

  it("and what it was before is said: not healthy, and so it is again", async () => {
    const app = ground.app("moody", { "health-path": "/cgi-bin/mood" });
    app.version("v1", scripts);
    await app.deployed();
    await mood("500 Oops");
    app.version("exits", scripts);
    const run = await expectReverted(app, () => app.failing());
    expect(await app.outcome()).toMatch(/^end\treverted\tunhealthy\tunhealthy/);
    for (const shown of [run.log, run.summary])
      expect(shown).toContain("which is not healthy (nor was it before the deploy)");
  });

  it("an answer counts by its beginning: a body may never end", () =>
    pool.use(async (app) => {
      await app.other(scripts);
      const run = await app.deployed({ "health-path": "/cgi-bin/endless" });
      expect(Number(run.outputs.duration)).toBeLessThan(30);
    }));
});

/** One after the other, for they look at the images of the whole host, or switch the registry off. */
describe("images", () => {
  const images = () =>
    ground.host.ok("podman images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort");

  it("that only a failed release brought go, and a tag that moved names again what it did", async () => {
    await ground.registry.retag("tiny", "v1", "moving");
    const app = ground.app("mover");
    app.version("moving");
    await app.deployed();
    const before = await images();
    await ground.registry.retag("tiny", "v2", "moving");
    app.version("moving", "Environment=PORT=8081\n");
    app.write(
      "mover-more.container",
      `[Container]\nImage=${tiny}:ignores-sigterm\nContainerName=mover-more\nExec=/usr/bin/serve\n`,
    );
    await expectReverted(app, () => app.failing());
    expect(await images()).toBe(before);
    expect(await app.serves()).toBe("v1");
  });

  it("where the old one runs in place of the one that was pulled: put back", () =>
    pool.use(async (app) => {
      await ground.registry.retag("tiny", "v2", "moving");
      app.version("moving");
      await expectReverted(
        app,
        () => app.deployWith("restart", () => app.host.ok(`podman tag ${tiny}:v1 ${tiny}:moving`)),
        [/prove: gate\d\.service: its container runs another image/],
      );
    }));

  it("that two apps need are not taken away from one by the revert of the other", async () => {
    const [left, right] = [ground.app("leftie"), ground.app("rightie")];
    for (const app of [left, right]) app.version("v1");
    await Promise.all([left.deployed(), right.deployed()]);
    await ground.host.exec(`podman rmi ${tiny}:ignores-sigterm`);
    for (const app of [left, right]) app.version("ignores-sigterm", "Exec=/usr/bin/serve\n");
    // Right brings the image and will fail; left finds it there and has not started it yet.
    await right.hold("flip");
    const failing = right.begin({ "health-path": "/nothing-there/", "health-timeout": "2s" });
    await right.reaches("flip");
    const run = await left.deployWith("flip", async () => {
      await right.letGo("flip");
      expect((await failing.ended).code).toBe(1);
      await ground.registry.stop();
    });
    await ground.registry.start();
    expect(run.code, told(run)).toBe(0);
  });

  it("from a registry that is down: red, and nothing changed", () =>
    pool.use(async (app) => {
      app.version("no-such-tag");
      await ground.registry.stop();
      try {
        await expectUntouched(app, () => app.deploy(), [
          `pull: ${tiny}:no-such-tag: the image could not be pulled; nothing was changed`,
          /refused/,
        ]);
      } finally {
        await ground.registry.start();
      }
    }));

  it("from a registry that does not let us in: red, and nothing changed", () =>
    pool.use(async (app) => {
      await using closed = await front("closed", (_, answer) => {
        answer.writeHead(401, { "www-authenticate": 'Basic realm="registry"' }).end();
      });
      app.version("v1", `Image=${closed.image}:v1\n`);
      await expectUntouched(app, () => app.deploy(), [
        `pull: ${closed.image}:v1: the image could not be pulled; nothing was changed`,
        /unauthorized|authentication required/,
      ]);
    }));

  it("from a registry slower than a service may take to start", () =>
    pool.use(async (app) => {
      await using slow = await front("slow", ({ url = "/", headers }, answer) => {
        const wait = url.includes("/blobs/") ? 1500 : 0;
        setTimeout(() => {
          request(`http://${ground.registry.address}${url}`, { headers }, (response) => {
            answer.writeHead(response.statusCode ?? 500, response.headers);
            response.pipe(answer);
          }).end();
        }, wait);
      });
      app.version("v1", `Image=${slow.image}:v2\n[Service]\nTimeoutStartSec=1\n`);
      await app.deployed();
      expect(await app.serves()).toBe("v2");
    }));
});

/** A registry of our own in front of the real one, which the host takes over plain HTTP. */
async function front(
  name: string,
  answer: (asked: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly image: string } & AsyncDisposable> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, BRIDGE.address, resolve));
  const address = `${BRIDGE.address}:${(server.address() as AddressInfo).port}`;
  await ground.host.ok(`cat > /etc/containers/registries.conf.d/${name}.conf`, {
    input: `[[registry]]\nlocation = "${address}"\ninsecure = true\n`,
  });
  return {
    image: `${address}/tiny`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
