import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TcpProxy } from "../../../testbed/proxy.js";

let server: Server;
let proxy: TcpProxy;
const clients: Socket[] = [];

/** Answers each piece of text with the same text; "big" with 100 000 bytes. */
beforeEach(async () => {
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (text) =>
      socket.write(text.toString() === "big" ? Buffer.alloc(100_000, "x") : text),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  proxy = await TcpProxy.open({ host: "127.0.0.1", port });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy[Symbol.asyncDispose]();
  server.close();
});

async function client(): Promise<Socket> {
  const socket = connect(proxy.address);
  clients.push(socket);
  await once(socket, "connect");
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = await once(socket, "data");
  return String(answer);
}

/** The code of the error that ends a connection. */
async function ending(socket: Socket): Promise<string | undefined> {
  const [error] = await once(socket, "error");
  return (error as NodeJS.ErrnoException).code;
}

test("bytes pass both ways", async () => {
  expect(await echo(await client(), "hello")).toBe("hello");
});

test("a delay holds back each direction", async () => {
  const socket = await client();
  await echo(socket, "hello");
  proxy.slow({ up: 40, down: 60 });
  const started = performance.now();
  await echo(socket, "slow");
  expect(performance.now() - started).toBeGreaterThan(95);
});

test("a shorter delay does not overtake what is on its way", async () => {
  const socket = await client();
  await echo(socket, "hello");
  proxy.slow({ up: 100, down: 0 });
  socket.write("one ");
  await new Promise((resolve) => setTimeout(resolve, 30));
  proxy.slow({ up: 0, down: 0 });
  socket.write("two");
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes;
  });
  await expect.poll(() => text).toBe("one two");
});

test("a cut resets what is open and welcomes what is new", async () => {
  const socket = await client();
  await echo(socket, "hello");
  const ended = ending(socket);
  proxy.cut();
  expect(await ended).toBe("ECONNRESET");
  expect(await echo(await client(), "again")).toBe("again");
});

test("a cut can wait for a number of bytes from the host", async () => {
  const socket = await client();
  proxy.cutAfter(50_000);
  let received = 0;
  socket.on("data", (bytes) => {
    received += bytes.length;
  });
  const ended = ending(socket);
  socket.write("big");
  expect(await ended).toBe("ECONNRESET");
  expect(received).toBeLessThan(100_000);
});

test("a stall passes nothing until it ends", async () => {
  const socket = await client();
  await echo(socket, "hello");
  proxy.stall();
  const answer = echo(socket, "held");
  const first = await Promise.race([
    answer,
    new Promise((resolve) => setTimeout(resolve, 100, "silence")),
  ]);
  expect(first).toBe("silence");
  proxy.resume();
  expect(await answer).toBe("held");
});

test("refused connections are reset", async () => {
  proxy.refuse();
  const socket = connect(proxy.address);
  clients.push(socket);
  expect(await ending(socket)).toBe("ECONNRESET");
  proxy.welcome();
  expect(await echo(await client(), "hello")).toBe("hello");
});
