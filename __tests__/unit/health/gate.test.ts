import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { describe, expect, test } from "vitest";
import { type Answer, passGate } from "../../../src/health/gate.js";
import type { HealthSettings } from "../../../src/settings/settings.js";

/** A server on a port of its own, until the end of the test. */
class Local implements AsyncDisposable {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async http(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    return Local.listen(createServer(answer));
  }

  /** Statuses in turn, the last for ever. */
  static async saying(...statuses: readonly number[]) {
    let asked = 0;
    return Local.http((_, response) => {
      response.writeHead(statuses[Math.min(asked++, statuses.length - 1)] ?? 500).end("body");
    });
  }

  static async tcp(answer: (socket: import("node:net").Socket) => void) {
    return Local.listen(createTcpServer(answer));
  }

  private static async listen(server: Server): Promise<Local> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Local(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if ("closeAllConnections" in this.server)
      (this.server as never as { closeAllConnections(): void }).closeAllConnections();
    this.server.close();
  }
}

async function pass(url: string, settings: Partial<HealthSettings> = {}) {
  const answers: Answer[] = [];
  const result = await passGate(
    url,
    {
      path: "/",
      from: "runner",
      timeout: 300,
      interval: 5,
      successes: 1,
      status: [{ from: 200, to: 200 }],
      ...settings,
    },
    (answer) => answers.push(answer),
  );
  return { ...result, told: answers.map(({ status, trouble }) => status || trouble) };
}

describe("the gate", () => {
  test("opens for a healthy answer", async () => {
    await using server = await Local.saying(200);
    expect(await pass(server.url)).toEqual({
      healthy: true,
      last: { status: 200, body: "body", location: "", trouble: "" },
      told: [200],
    });
  });

  test.each([
    [[503, 503, 200], 1, [503, 200]],
    [[200, 500, 200, 200, 500, 200, 200, 200], 3, [200, 500, 200, 500, 200]],
    [[200], 3, [200]],
  ])("statuses %j, %i in a row: what changes is told", async (statuses, successes, told) => {
    await using server = await Local.saying(...statuses);
    expect(await pass(server.url, { successes, timeout: 5000 })).toMatchObject({
      healthy: true,
      told,
    });
  });

  test.each([500, 404, 204, 301])("stays shut for %i", async (status) => {
    await using server = await Local.saying(status);
    expect(await pass(server.url, { timeout: 30 })).toMatchObject({
      healthy: false,
      last: { status },
    });
  });

  test.each([200, 204, 299])("opens for %i where that is asked for", async (status) => {
    await using server = await Local.saying(status);
    const ranges = [{ from: 200, to: 299 }];
    expect(await pass(server.url, { status: ranges })).toMatchObject({ healthy: true });
  });

  test("one that flaps stays shut", async () => {
    let asked = 0;
    await using server = await Local.http((_, response) => {
      response.writeHead(asked++ % 2 === 0 ? 200 : 500).end();
    });
    expect(await pass(server.url, { successes: 2, timeout: 100 })).toMatchObject({
      healthy: false,
    });
  });

  test("a redirect is not followed, and says where it leads", async () => {
    const asked: string[] = [];
    await using server = await Local.http((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(302, { location: "/login" }).end();
    });
    expect(await pass(server.url, { timeout: 0 })).toMatchObject({
      healthy: false,
      last: { status: 302, location: "/login" },
    });
    expect(asked).toEqual(["/health/"]);
  });

  test("a body that never ends is read for its beginning", async () => {
    let closed = false;
    await using server = await Local.http((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x".repeat(1000)), 1);
      response.on("close", () => {
        clearInterval(timer);
        closed = true;
      });
    });
    const { healthy, last } = await pass(server.url);
    expect(healthy).toBe(true);
    expect(last.body).toHaveLength(4096);
    await expect.poll(() => closed).toBe(true);
  });

  test("a body that is no text is no trouble", async () => {
    await using server = await Local.http((_, response) => {
      response.writeHead(200).end(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    });
    expect((await pass(server.url)).healthy).toBe(true);
  });

  test("nobody listens", async () => {
    let url = "";
    {
      await using server = await Local.saying(200);
      ({ url } = server);
    }
    const { healthy, last, told } = await pass(url, { timeout: 30 });
    expect(healthy).toBe(false);
    expect(last).toMatchObject({ status: 0, trouble: expect.stringMatching(/ECONNREFUSED/) });
    expect(told).toHaveLength(1);
  });

  test("one that starts late", async () => {
    let up = false;
    await using server = await Local.http((request, response) => {
      if (up) response.end("ok");
      else request.socket.destroy();
    });
    setTimeout(() => {
      up = true;
    }, 50);
    const { healthy, told } = await pass(server.url, { timeout: 5000 });
    expect(healthy).toBe(true);
    expect(told.at(-1)).toBe(200);
  });

  test("what answers is not HTTP", async () => {
    await using server = await Local.tcp((socket) => {
      socket.on("error", () => {});
      socket.end("SSH-2.0-OpenSSH_10\r\n");
    });
    const { healthy, last } = await pass(server.url, { timeout: 0 });
    expect(healthy).toBe(false);
    expect(last.status).toBe(0);
    expect(last.trouble).not.toBe("");
    expect(last.trouble).not.toBe("fetch failed");
  });

  test("a name that does not resolve", async () => {
    const { last } = await pass("http://no-such-host.invalid/", { timeout: 0 });
    expect(last.trouble).toMatch(/no-such-host\.invalid/);
  });
});

describe("the time", () => {
  test("is over after the timeout, and one question is always asked", async () => {
    await using server = await Local.saying(500);
    const began = performance.now();
    await pass(server.url, { timeout: 200, interval: 10 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(200);
    expect(performance.now() - began).toBeLessThan(2000);
    expect((await pass(server.url, { timeout: 0 })).told).toEqual([500]);
  });

  // A request takes up to ten seconds, whatever is left of the time.
  test("is over for a server that never answers", { timeout: 500 }, async () => {
    await using server = await Local.tcp((socket) => void socket.on("error", () => {}));
    expect((await pass(server.url, { timeout: 100 })).healthy).toBe(false);
  });

  // The pause is slept to its end.
  test("is over for a long pause", { timeout: 500 }, async () => {
    await using server = await Local.saying(500);
    expect((await pass(server.url, { timeout: 100, interval: 5000 })).healthy).toBe(false);
  });

  // fetch decodes what is sent to it, and waits for the rest of a body that is short.
  test("does not run out on a body that stalls after a healthy status", {
    timeout: 500,
  }, async () => {
    await using server = await Local.http((_, response) => {
      response.writeHead(200);
      response.write("ok");
    });
    expect((await pass(server.url, { timeout: 200 })).healthy).toBe(true);
  });
});
