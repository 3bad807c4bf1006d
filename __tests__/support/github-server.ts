import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { components } from "@octokit/openapi-types";

type Schemas = components["schemas"];
type Deployment = Schemas["deployment"];
type Status = Schemas["deployment-status"];
type Comment = Schemas["issue-comment"];

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** What a test may have the server do in place of its answer. */
export type Instead = (
  asked: Asked,
) => { status: number; message: string; headers?: Record<string, string> } | "silence" | undefined;

/**
 * Answers as GitHub's REST API does, over HTTP, for the few requests that are made here. Its
 * bodies have the types of GitHub's published schema, and lists come in pages with `Link`.
 */
export class GitHubServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly deployments: Deployment[] = [];
  readonly statuses = new Map<number, Status[]>();
  readonly comments: Comment[] = [];
  /** The user of the token; an app's token has none. */
  user: string | undefined;
  instead: Instead = () => undefined;
  private ids = 1000;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<GitHubServer> {
    const server = createServer();
    const github = new GitHubServer(server);
    server.on("request", (request, response) => void github.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return github;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Requests that change something, as `POST /path`. */
  get changes(): readonly string[] {
    return this.asked
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path}`);
  }

  addComment(body: string, login = "github-actions[bot]", type = "Bot"): Comment {
    const id = this.ids++;
    const at = new Date(id * 1000).toISOString();
    const url = `${this.url}/repos/senex/shop/issues/comments/${id}`;
    const comment: Comment = {
      id,
      node_id: `IC_${id}`,
      url,
      html_url: url,
      issue_url: `${this.url}/repos/senex/shop/issues/7`,
      body,
      user: simpleUser(login, type),
      created_at: at,
      updated_at: at,
      author_association: "NONE",
    };
    this.comments.push(comment);
    return comment;
  }

  addDeployment(environment: string, sha: string, logUrl?: string): Deployment {
    const id = this.ids++;
    const at = new Date(id * 1000).toISOString();
    const url = `${this.url}/repos/senex/shop/deployments/${id}`;
    const deployment: Deployment = {
      id,
      node_id: `DE_${id}`,
      url,
      sha,
      ref: sha,
      task: "deploy",
      payload: {},
      environment,
      original_environment: environment,
      description: null,
      creator: simpleUser("github-actions[bot]", "Bot"),
      created_at: at,
      updated_at: at,
      statuses_url: `${url}/statuses`,
      repository_url: `${this.url}/repos/senex/shop`,
    };
    this.deployments.push(deployment);
    this.statuses.set(id, []);
    if (logUrl !== undefined) this.addStatus(id, { state: "in_progress", log_url: logUrl });
    return deployment;
  }

  private addStatus(deployment: number, given: Record<string, unknown>): Status {
    const id = this.ids++;
    const at = new Date(id * 1000).toISOString();
    const url = `${this.url}/repos/senex/shop/deployments/${deployment}`;
    const status: Status = {
      id,
      node_id: `DES_${id}`,
      url: `${url}/statuses/${id}`,
      state: given.state as Status["state"],
      creator: simpleUser("github-actions[bot]", "Bot"),
      description: String(given.description ?? ""),
      environment_url: String(given.environment_url ?? ""),
      log_url: String(given.log_url ?? ""),
      target_url: String(given.log_url ?? ""),
      created_at: at,
      updated_at: at,
      deployment_url: url,
      repository_url: `${this.url}/repos/senex/shop`,
    };
    this.statuses.get(deployment)?.unshift(status);
    return status;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", this.url);
    const asked: Asked = {
      method: request.method ?? "GET",
      path: url.pathname,
      body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
    this.asked.push(asked);
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response
        .writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers })
        .end(JSON.stringify(body));
    const refuse = (status: number, message: string, headers = {}) =>
      send(status, { message, documentation_url: "https://docs.github.com/rest" }, headers);
    const instead = this.instead(asked);
    if (instead === "silence") return;
    if (instead) return void refuse(instead.status, instead.message, instead.headers);
    if (!/^token \S+$/.test(request.headers.authorization ?? "")) {
      return void refuse(401, "Requires authentication");
    }
    this.route(asked, url, send, refuse);
  }

  private route(
    { method, path, body }: Asked,
    url: URL,
    send: (status: number, body: unknown, headers?: Record<string, string>) => unknown,
    refuse: (status: number, message: string) => unknown,
  ): void {
    const page = <T>(all: readonly T[]) => {
      const size = Number(url.searchParams.get("per_page") ?? 30);
      const number = Number(url.searchParams.get("page") ?? 1);
      const next = new URL(url);
      next.searchParams.set("page", String(number + 1));
      const more = all.length > number * size;
      send(
        200,
        all.slice((number - 1) * size, number * size),
        more ? { link: `<${next.href}>; rel="next"` } : {},
      );
    };
    const [, rest = ""] = /^\/repos\/senex\/shop(\/.*)$/.exec(path) ?? [];
    const statuses = /^\/deployments\/(\d+)\/statuses$/.exec(rest)?.[1];
    const comment = /^\/issues\/comments\/(\d+)$/.exec(rest)?.[1];
    if (method === "GET" && path === "/user") {
      if (this.user === undefined) refuse(403, "Resource not accessible by integration");
      else send(200, simpleUser(this.user, "User"));
    } else if (rest === "/deployments" && method === "GET") {
      const wanted = (one: Deployment) =>
        ["sha", "environment"].every(
          (name) =>
            !url.searchParams.has(name) ||
            url.searchParams.get(name) === one[name as "sha" | "environment"],
        );
      page(this.deployments.filter(wanted));
    } else if (rest === "/deployments" && method === "POST") {
      send(201, this.addDeployment(String(body.environment), String(body.ref)));
    } else if (statuses !== undefined && method === "GET") {
      page(this.statuses.get(Number(statuses)) ?? []);
    } else if (statuses !== undefined && method === "POST") {
      if (String(body.description ?? "").length > 140) refuse(422, "Validation Failed");
      else send(201, this.addStatus(Number(statuses), body));
    } else if (rest === "/issues/7/comments" && method === "GET") {
      page(this.comments);
    } else if (rest === "/issues/7/comments" && method === "POST") {
      if (String(body.body).length > 65_536) refuse(422, "Validation Failed");
      else send(201, this.addComment(String(body.body)));
    } else if (comment !== undefined && method === "PATCH") {
      const found = this.comments.find(({ id }) => id === Number(comment));
      if (found === undefined) return void refuse(404, "Not Found");
      found.body = String(body.body);
      send(200, found);
    } else {
      refuse(404, "Not Found");
    }
  }
}

function simpleUser(login: string, type: string): Schemas["simple-user"] {
  const url = `https://api.github.com/users/${login}`;
  return {
    login,
    id: 41898282,
    node_id: "MDM6Qm90NDE4OTgyODI=",
    avatar_url: "https://avatars.githubusercontent.com/in/15368?v=4",
    gravatar_id: "",
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}
