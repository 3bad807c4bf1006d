import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bed, type Host, type Registry } from "../../../testbed/bed.js";
import { BRIDGE } from "../../../testbed/network.js";
import { type Inputs, tinyUnit } from "../support.js";
import { App, expectReverted, expectSays, expectUntouched } from "./support.js";

/** Images that do not come, services that do not stay, and answers that are none. */

const port = 8401;

let bed: Bed;
let host: Host;
let registry: Registry;
let image: string;
let app: App;

/**
 * What the service answers at `/cgi-bin/NAME`. The scripts lie on the host, so that every
 * version of the service has them.
 */
const answers = {
  mood: "cat /www/cgi-bin/mood.txt",
  flaps: `n=$(cat /tmp/n 2>/dev/null || echo 0); echo $((n + 1)) >/tmp/n
[ $((n % 2)) = 0 ] && printf 'HTTP/1.0 200 OK\\r\\n\\r\\n' || printf 'HTTP/1.0 500 Oops\\r\\n\\r\\n'`,
  redirects: "printf 'HTTP/1.0 302 Found\\r\\nLocation: https://login.example/\\r\\n\\r\\n'",
  hangs: "sleep 60",
  endless: "printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'; exec yes",
};

function unit(tag: string, more = ""): string {
  const made = tinyUnit("gate", port, `${image}:${tag}`);
  return `${made}[Container]\nVolume=/srv/answers:/www/cgi-bin\n${more}`;
}

/** The service's command, without the words that systemd would take for its own. */
function shell(script: string): string {
  return `Exec=/bin/sh -c "${script}"\n`;
}

async function mood(status: string): Promise<void> {
  await host.ok("cat > /srv/answers/mood.txt", { input: `HTTP/1.0 ${status}\r\n\r\n${status}\n` });
}

beforeAll(async () => {
  bed = await Bed.open();
  registry = await bed.registry();
  image = `${registry.address}/tiny`;
  host = await bed.boot();
  await host.ok("mkdir -p /srv/answers");
  for (const [name, script] of Object.entries(answers))
    await host.ok(`cat > /srv/answers/${name} && chmod +x /srv/answers/${name}`, {
      input: `#!/bin/sh\n${script}\n`,
    });
  await mood("200 OK");
  app = new App(bed, host, "gate", { "health-path": "/cgi-bin/mood", "health-timeout": "2s" });
  app.write("gate.container", unit("v1"));
  await app.deployed();
});

afterAll(async () => {
  app[Symbol.dispose]();
  await bed[Symbol.asyncDispose]();
});

interface Bad {
  readonly name: string;
  readonly tag?: string;
  /** Lines after the unit's. */
  readonly unit?: string;
  readonly inputs?: Inputs;
  readonly says: readonly (string | RegExp)[];
}

const bad: readonly Bad[] = [
  {
    name: "that ends at once",
    tag: "exits",
    says: [/(restart|settle|health|stable): gate\.service: /, "tiny: simulated failure"],
  },
  {
    name: "that is healthy at first, and crashes again and again",
    unit: shell("/usr/bin/serve & sleep 1; exit 3"),
    inputs: { "stable-for": "3s" },
    says: [/stable: gate\.service: /, "journal of gate.service:"],
  },
  {
    name: "that prints workflow commands while it dies",
    unit: shell("echo ::error::gotcha; echo ::stop-commands::x; exit 1"),
    says: ["::error::gotcha"],
  },
  {
    name: "with Notify=healthy that does not become so in time",
    unit: "Notify=healthy\nHealthCmd=false\nHealthInterval=1s\n[Service]\nTimeoutStartSec=2\nRestart=no\n",
    says: [/(restart|settle): gate\.service: /, /timeout|timed out/],
  },
  {
    name: "whose answers flap",
    inputs: { "health-path": "/cgi-bin/flaps" },
    says: ["health: gate.service: the application did not become healthy in time"],
  },
  {
    name: "that redirects: not followed, and it is said where to",
    inputs: { "health-path": "/cgi-bin/redirects" },
    says: ["answer: HTTP 302", "https://login.example/"],
  },
  {
    name: "that does not answer in time",
    inputs: { "health-path": "/cgi-bin/hangs" },
    says: [/timed out|no answer within/],
  },
  {
    name: "that answers over TLS with a certificate of its own",
    inputs: { "health-url": "https://127.0.0.1:8443/" },
    says: [/self-signed certificate/],
  },
  {
    name: "whose port is not published",
    inputs: { "health-url": "http://127.0.0.1:8499/" },
    says: [/port 8499/, /refused|Failed to connect|Could ?n.t connect/],
  },
  {
    name: "that the runner cannot reach, for its port is open to the host alone",
    unit: "PublishPort=\nPublishPort=127.0.0.1:8401:8080\n",
    inputs: { "health-from": "runner", "health-url": "http://10.77.0.2:8401/health/" },
    says: ["asked by the runner", "ECONNREFUSED"],
  },
];

describe("a new version is put back", () => {
  beforeAll(async () => {
    await host.ok(
      "cd /srv && openssl req -x509 -newkey ed25519 -nodes -subj /CN=127.0.0.1 -keyout tls.key -out tls.crt 2>/dev/null && systemd-run --quiet --unit=tls openssl s_server -accept 8443 -key /srv/tls.key -cert /srv/tls.crt -www",
    );
  });

  it.each(bad)("$name", async ({ tag = "v2", unit: more, inputs, says }) => {
    app.write("gate.container", unit(tag, more));
    const run = await expectReverted(app, () => app.deploy(inputs), says);
    // Whatever a container prints: no line of the log is a command to GitHub's runner.
    const commands = run.log.match(/^\s*::.*$/gm) ?? [];
    for (const line of commands) expect(line).toMatch(/^::(add-mask::|error title=quadlet-deploy)/);
    expect(run.summary).toContain("❌");
  });

  it("whose port is taken by another program, which is named", async () => {
    await host.ok(`podman run --detach --rm --name squatter --publish 8402:8080 ${image}:v1`);
    app.write("gate.container", unit("v2").replace(`PublishPort=${port}`, "PublishPort=8402"));
    await expectReverted(app, () => app.deploy(), [/8402.*in use|in use.*8402/]);
    await host.ok("podman kill squatter");
  });

  it("where the old image answers in its place", async () => {
    await registry.retag("tiny", "v2", "moving");
    app.write("gate.container", unit("moving"));
    await expectReverted(
      app,
      () => app.deployWith("restart", () => host.ok(`podman tag ${image}:v1 ${image}:moving`)),
      [/prove: gate\.service: /],
    );
  });

  it("and what it was before is said: not healthy, and so it is again", async () => {
    await mood("500 Oops");
    app.write("gate.container", unit("exits"));
    const run = await expectReverted(app, () => app.deploy());
    expect(await app.outcome()).toMatch(/^end\treverted\tunhealthy\tunhealthy/);
    for (const shown of [run.log, run.summary]) {
      expect(shown).toMatch(/not healthy|unhealthy/);
      expect(shown).toMatch(/before/);
    }
    await mood("200 OK");
  });
});

describe("an answer counts by its status", () => {
  it("and by its beginning: a body may never end", async () => {
    app.write("gate.container", unit("v2"));
    const run = await app.deployed({ "health-path": "/cgi-bin/endless", "health-timeout": "20s" });
    expect(Number(run.outputs.duration)).toBeLessThan(15);
  });
});

describe("images come before anything changes", () => {
  it("from a registry that is down: red, and nothing changed", async () => {
    app.write("gate.container", unit("ignores-sigterm"));
    await registry.stop();
    try {
      await expectUntouched(app, () => app.deploy(), [
        `pull: ${image}:ignores-sigterm: the image could not be pulled; nothing was changed`,
        /refused/,
      ]);
    } finally {
      await registry.start();
    }
  });

  it("from a registry that does not let us in: red, and nothing changed", async () => {
    await using closed = await front((_, answer) => {
      answer.writeHead(401, { "www-authenticate": 'Basic realm="registry"' }).end();
    });
    app.write("gate.container", unit("v1").replace(registry.address, closed.address));
    await expectUntouched(app, () => app.deploy(), [
      `pull: ${closed.address}/tiny:v1: the image could not be pulled; nothing was changed`,
      /unauthorized|authentication required/,
    ]);
  });

  it("from a registry slower than a service may take to start", async () => {
    await using slow = await front(({ url: path = "/", headers }, answer) => {
      const wait = path.includes("/blobs/") ? 1500 : 0;
      setTimeout(() => {
        request(`http://${registry.address}${path}`, { headers }, (response) => {
          answer.writeHead(response.statusCode ?? 500, response.headers);
          response.pipe(answer);
        }).end();
      }, wait);
    });
    app.write(
      "gate.container",
      `${unit("ignores-sigterm", "Exec=/usr/bin/serve\n")}[Service]\nTimeoutStartSec=1\n`.replace(
        registry.address,
        slow.address,
      ),
    );
    const run = await app.deployed();
    expectSays(run, [slow.address]);
  });
});

/** A registry of our own in front of the real one, which the host takes over plain HTTP. */
async function front(
  answer: (asked: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly address: string } & AsyncDisposable> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, BRIDGE.address, resolve));
  const address = `${BRIDGE.address}:${(server.address() as AddressInfo).port}`;
  await host.ok("cat > /etc/containers/registries.conf.d/20-front.conf", {
    input: `[[registry]]\nlocation = "${address}"\ninsecure = true\n`,
  });
  return {
    address,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
