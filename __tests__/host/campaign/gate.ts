import { once } from "node:events";
import { createServer, type Server } from "node:http";

/**
 * The public address of the application, as a load balancer in front of the host would be:
 * `http://10.77.0.1:PORT`. The host's own requests pass; the runner gets 503 until it is opened,
 * so that a test decides when the runner confirms a deploy.
 */
export class Gate implements AsyncDisposable {
  private passes = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(listen: { host: string; port: number }, target: string): Promise<Gate> {
    const server = createServer();
    const gate = new Gate(server, `http://${listen.host}:${listen.port}/health/`);
    server.on("request", async (request, response) => {
      const fromRunner = request.socket.remoteAddress === listen.host;
      const answer =
        fromRunner && !gate.passes
          ? undefined
          : await fetch(`http://${target}:${listen.port}${request.url}`).catch(() => undefined);
      response.writeHead(answer?.status ?? 503, { connection: "close" });
      response.end(await answer?.text().catch(() => ""));
    });
    server.listen(listen.port, listen.host);
    await once(server, "listening");
    return gate;
  }

  open(): void {
    this.passes = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}
