import { connect, createServer, type Server, type Socket } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Milliseconds that bytes are held back, each way. */
export interface Delay {
  readonly up: number;
  readonly down: number;
}

/**
 * A stretch of network between a client and a host, to spoil at will: it can be slow, go
 * silent, or break. The kernels that the testbed has to do with have no netem.
 */
export class TcpProxy implements AsyncDisposable {
  private readonly links = new Set<Link>();
  private delay: Delay = { up: 0, down: 0 };
  private stalled = false;
  /** Bytes from the host to let through before the cut, over all connections. */
  private allowance = Number.POSITIVE_INFINITY;
  private accepting = true;

  private constructor(
    private readonly server: Server,
    /** Where clients connect to. */
    readonly address: Address,
    private readonly target: Address,
  ) {}

  /** Listens on a free port of the loopback interface. */
  static async open(target: Address, delay?: Delay): Promise<TcpProxy> {
    let accept: (socket: Socket) => void = () => {};
    // Half-open connections end in their own time, as they would without us.
    const server = createServer({ allowHalfOpen: true }, (socket) => accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port to listen on");
    const proxy = new TcpProxy(server, { host: "127.0.0.1", port: address.port }, target);
    accept = (socket) => proxy.accept(socket);
    if (delay) proxy.slow(delay);
    return proxy;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.links.size;
  }

  /** Holds back bytes from now on; those on their way keep their time. */
  slow(delay: Delay): void {
    this.delay = delay;
  }

  /** Resets every connection, as a router that forgot them does; new ones are welcome. */
  cut(): void {
    for (const link of this.links) link.reset();
  }

  /** Resets every connection once the host has sent so many bytes more. */
  cutAfter(bytes: number): void {
    this.allowance = bytes;
  }

  /** Passes nothing on and says nothing, as a pulled cable does; new connections hang too. */
  stall(): void {
    this.stalled = true;
    for (const link of this.links) link.pause();
  }

  /** Ends a stall: what was held back arrives. */
  resume(): void {
    this.stalled = false;
    for (const link of this.links) link.resume();
  }

  /** Resets new connections at once, until `welcome`. */
  refuse(): void {
    this.accepting = false;
  }

  welcome(): void {
    this.accepting = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  private accept(client: Socket): void {
    if (!this.accepting) {
      client.resetAndDestroy();
      return;
    }
    const link: Link = new Link(client, connect({ ...this.target, allowHalfOpen: true }), {
      delay: () => this.delay,
      spend: (bytes) => this.spend(bytes),
      closed: () => this.links.delete(link),
    });
    this.links.add(link);
    if (this.stalled) link.pause();
  }

  private spend(bytes: number): boolean {
    this.allowance -= bytes;
    if (this.allowance >= 0) return true;
    this.allowance = Number.POSITIVE_INFINITY;
    this.cut();
    return false;
  }
}

interface Rules {
  readonly delay: () => Delay;
  /** Takes bytes that the host sent from the allowance; false when they are not to pass. */
  readonly spend: (bytes: number) => boolean;
  readonly closed: () => void;
}

/** One connection through the proxy. */
class Link {
  private readonly ways: readonly Way[];

  constructor(
    private readonly client: Socket,
    private readonly host: Socket,
    rules: Rules,
  ) {
    for (const socket of [client, host]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.reset());
      socket.on("close", () => {
        if (client.destroyed && host.destroyed) rules.closed();
      });
    }
    this.ways = [
      new Way(client, host, () => rules.delay().up),
      new Way(host, client, () => rules.delay().down, rules.spend),
    ];
  }

  reset(): void {
    for (const socket of [this.client, this.host]) if (!socket.destroyed) socket.resetAndDestroy();
  }

  pause(): void {
    for (const way of this.ways) way.pause();
  }

  resume(): void {
    for (const way of this.ways) way.resume();
  }
}

/** One direction of a connection: what came in, in order, with the time to pass it on. */
class Way {
  private readonly waiting: { readonly due: number; readonly pass: () => void }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private paused = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly delay: () => number,
    spend: Rules["spend"] = () => true,
  ) {
    from.on("data", (bytes: Buffer) => {
      if (spend(bytes.length)) this.later(() => to.write(bytes));
    });
    from.on("end", () => this.later(() => to.end()));
    from.on("close", () => to.destroyed && clearTimeout(this.timer));
  }

  pause(): void {
    this.paused = true;
    this.from.pause();
  }

  resume(): void {
    this.paused = false;
    this.from.resume();
    this.drain();
  }

  private later(pass: () => void): void {
    this.waiting.push({ due: Date.now() + this.delay(), pass });
    this.drain();
  }

  private drain(): void {
    clearTimeout(this.timer);
    while (!this.paused && this.waiting[0] !== undefined) {
      const wait = this.waiting[0].due - Date.now();
      if (wait > 0) {
        this.timer = setTimeout(() => this.drain(), wait);
        return;
      }
      const next = this.waiting.shift();
      if (!this.to.destroyed) next?.pass();
    }
  }
}
