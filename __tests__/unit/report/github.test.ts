import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commentBody, markerOf } from "../../../src/report/comment.js";
import { type Job, jobOf } from "../../../src/report/job.js";
import { type Teller, teller } from "../../../src/report/tell-github.js";
import type { Command } from "../../../src/settings/options.js";
import { type Reporting, readReporting } from "../../../src/settings/reporting.js";
import { GitHubServer } from "../../support/github-server.js";
import { error, hostReport, report } from "./support.js";

const run = "https://github.com/senex/shop/actions/runs/42";
const open: Reporting = { token: "t0ken", comment: "auto", deployment: true };

let server: GitHubServer;
let warnings: string[];

beforeEach(async () => {
  server = await GitHubServer.start();
  warnings = [];
});
afterEach(() => server[Symbol.asyncDispose]());

function tell(
  command: Command,
  reporting: Partial<Reporting> = {},
  more: Partial<Job> = {},
): Teller {
  const job: Job = {
    owner: "senex",
    repository: "shop",
    sha: "abc",
    runId: "42",
    runUrl: run,
    apiUrl: server.url,
    pullRequest: { number: 7, fork: false },
    ...more,
  };
  const what = { command, app: "shop", environment: "staging" };
  return teller({ ...open, ...reporting }, job, what, (text) => warnings.push(text));
}

const failed = report([hostReport({ errors: [error()] })]);
const states = () => [...server.statuses.values()].flat().map(({ state }) => state);

describe("a deployment", () => {
  test("from its beginning to its success", async () => {
    const github = tell("deploy", { environmentUrl: "https://shop.example" });
    await github.begin();
    expect(states()).toEqual(["in_progress"]);
    await github.end(report(), "page");
    expect(server.asked.find(({ method }) => method === "POST")?.body).toEqual({
      ref: "abc",
      environment: "staging",
      description: "deploy of shop",
      auto_merge: false,
      required_contexts: [],
      production_environment: false,
    });
    expect([...server.statuses.values()][0]?.[0]).toMatchObject({
      state: "success",
      log_url: run,
      environment_url: "https://shop.example",
      description: "Deployed shop to staging: web runs R2.",
    });
    expect(warnings).toEqual([]);
  });

  test("that fails, on a host or before any", async () => {
    const first = tell("rollback");
    await first.begin();
    await first.end(failed, "page");
    const second = tell("deploy");
    await second.begin();
    await second.fail(`render: ${"x".repeat(300)}`);
    expect(states()).toEqual(["failure", "in_progress", "error", "in_progress"]);
  });

  test("is left to GitHub where the job has an environment of its own", async () => {
    server.addDeployment("staging", "abc", `${run}/job/9`);
    const github = tell("deploy");
    await github.begin();
    await github.end(report(), "page");
    expect(server.changes).toEqual([]);
  });

  test.each([
    ["of another run", () => server.addDeployment("staging", "abc", `${run}1/job/9`)],
    ["of another environment", () => server.addDeployment("production", "abc", `${run}/job/9`)],
    ["of another commit", () => server.addDeployment("staging", "def", `${run}/job/9`)],
  ])("%s is none of it", async (_, add) => {
    add();
    await tell("deploy").begin();
    expect(server.changes).toHaveLength(2);
  });

  test.each<[string, Command, Partial<Reporting>, Partial<Job>]>([
    ["a plan", "plan", { comment: "false" }, {}],
    ["one that is switched off", "deploy", { deployment: false }, {}],
    ["a run without a commit", "deploy", {}, { sha: "" }],
  ])("there is none for %s", async (_, command, reporting, job) => {
    const github = tell(command, reporting, job);
    await github.begin();
    await github.end(report(), "page");
    expect(server.asked).toEqual([]);
  });
});

describe("a comment", () => {
  const marker = markerOf("shop", "staging");
  const planned = report([], { command: "plan" });

  test("is made, and then kept up to date, and left alone where nothing changed", async () => {
    await tell("plan").end(planned, "one");
    await tell("plan").end(planned, "two");
    await tell("plan").end(planned, "two");
    expect(server.comments.map(({ body }) => body)).toEqual([`${marker}\ntwo`]);
    expect(server.changes).toEqual([
      "POST /repos/senex/shop/issues/7/comments",
      `PATCH /repos/senex/shop/issues/comments/${server.comments[0]?.id}`,
    ]);
  });

  test("is found on a later page, the oldest of several", async () => {
    for (let number = 0; number < 130; number++) server.addComment(`talk ${number}`, "ann", "User");
    const first = server.addComment(`${marker}\nold`);
    server.addComment(`${marker}\nraced`);
    await tell("plan").end(planned, "new");
    expect(first.body).toBe(`${marker}\nnew`);
    expect(server.comments).toHaveLength(132);
  });

  test("of somebody who wrote the marker is not ours", async () => {
    const theirs = server.addComment(`${marker}\nmine`, "ann", "User");
    await tell("plan").end(planned, "new");
    expect(theirs.body).toBe(`${marker}\nmine`);
    expect(server.comments).toHaveLength(2);
  });

  test("of the user whose token it is", async () => {
    server.user = "ann";
    const bots = server.addComment(`${marker}\nbot`);
    const hers = server.addComment(`${marker}\nhers`, "ann", "User");
    await tell("plan").end(planned, "new");
    expect([bots.body, hers.body]).toEqual([`${marker}\nbot`, `${marker}\nnew`]);
  });

  test("under a pull request from a fork cannot be: said, and nothing asked", async () => {
    await tell("plan", {}, { pullRequest: { number: 7, fork: true } }).end(planned, "page");
    expect(server.asked).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^a pull request from a fork/)]);
  });

  test.each<[string, Command, Partial<Reporting>]>([
    ["a deploy", "deploy", { deployment: false }],
    ["a plan that is to have none", "plan", { comment: "false" }],
  ])("there is none for %s", async (_, command, reporting) => {
    await tell(command, reporting).end(planned, "page");
    expect(server.asked).toEqual([]);
  });

  test("that was asked for and cannot be is a warning", () => {
    const what = { command: "plan", app: "shop", environment: "" } as const;
    const warn = (text: string) => warnings.push(text);
    teller({ comment: "true", deployment: true }, undefined, what, warn);
    const { pullRequest: _, ...job } = jobOf({ GITHUB_REPOSITORY: "senex/shop" }) as Job;
    teller({ ...open, comment: "true" }, job, what, warn);
    expect(warnings).toEqual([
      expect.stringContaining("github-token"),
      expect.stringContaining("no pull request"),
    ]);
  });
});

describe("an API that does not do as it should is a warning, once, and fails nothing", () => {
  test.each<[string, number, string, Record<string, string>, string, number]>([
    ["down", 502, "Bad Gateway", {}, "could not be told (HTTP 502", 3],
    ["no permission", 403, "Resource not accessible by integration", {}, "deployments: write", 1],
    ["hidden", 404, "Not Found", {}, "deployments: write", 1],
    ["no such token", 401, "Bad credentials", {}, "check `github-token`", 1],
    ["rate limit", 403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }, "no more", 1],
    ["secondary limit", 429, "slow down", {}, "no more requests", 1],
  ])("%s", async (_, status, message, headers, said, times) => {
    server.instead = () => ({ status, message, headers });
    const github = tell("deploy");
    await github.begin();
    await github.end(report(), "page");
    expect(warnings).toEqual([expect.stringContaining(said)]);
    expect(server.asked).toHaveLength(times);
  });

  test("that is down for a moment is asked again", async () => {
    let times = 0;
    server.instead = () => (times++ === 0 ? { status: 503, message: "Unavailable" } : undefined);
    await tell("deploy").begin();
    expect([warnings, states()]).toEqual([[], ["in_progress"]]);
  });

  test("nobody listens", async () => {
    await tell("deploy", {}, { apiUrl: "http://127.0.0.1:1" }).begin();
    expect(warnings).toEqual([expect.stringContaining("could not be told")]);
  });

  test("silence ends after ten seconds, and nothing more is asked", {
    timeout: 20_000,
  }, async () => {
    server.instead = () => "silence";
    const github = tell("deploy");
    const began = performance.now();
    await github.begin();
    await github.end(report(), "page");
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(warnings).toEqual([expect.stringContaining("did not answer within 10 s")]);
  });
});

describe("what does not fit into a comment", () => {
  test("is cut at a line, with what is open closed, and said", () => {
    const page = `<details><summary>x</summary>\n\n\`\`\`diff\n${"+ a line of a file\n".repeat(5000)}\`\`\`\n\n</details>\n`;
    const body = commentBody("<!-- m -->", page, run);
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toMatch(
      /\+ a line of a file\n```\n\n<\/details>\n\n\*This is too long for a comment; the rest is in the summary of \[the run\]\(\S+\)\.\*\n$/,
    );
  });

  test("a marker ends no comment early", () => {
    expect(markerOf("a--b", "--> x")).toBe("<!-- quadlet-deploy: a-b/-> x -->");
  });
});

describe("the job", () => {
  const event = (payload: unknown) => {
    const folder = mkdtempSync(join(tmpdir(), "quadlet-deploy-event-"));
    const path = join(folder, "event.json");
    writeFileSync(path, typeof payload === "string" ? payload : JSON.stringify(payload));
    const job = jobOf({ GITHUB_REPOSITORY: "senex/shop", GITHUB_EVENT_PATH: path });
    rmSync(folder, { recursive: true });
    return job?.pullRequest;
  };
  const repo = (name: string) => ({ repo: { full_name: name } });

  test.each([
    ["a branch", { number: 7, head: repo("senex/shop"), base: repo("senex/shop") }, false],
    ["a fork", { number: 7, head: repo("ann/shop"), base: repo("senex/shop") }, true],
    ["a fork that is gone", { number: 7, head: { repo: null }, base: repo("senex/shop") }, true],
  ])("of a pull request from %s", (_, pull, fork) => {
    expect(event({ pull_request: pull })).toEqual({ number: 7, fork });
  });

  test("of a push, or with an event that cannot be read", () => {
    expect([event({ ref: "main" }), event("{")]).toEqual([undefined, undefined]);
  });

  test("is none outside of GitHub", () => {
    expect(jobOf({})).toBeUndefined();
  });
});

describe("options", () => {
  test.each([
    [{}, { comment: "auto", deployment: true }],
    [{ "github-token": "t" }, { token: "t" }],
    [{ "health-url": "https://a/health/" }, { environmentUrl: "https://a/health/" }],
    [{ "health-url": "http://a/" }, {}],
    [
      { "environment-url": "https://b", "health-url": "https://a" },
      { environmentUrl: "https://b" },
    ],
  ])("%j", (raw, expected) => {
    expect(readReporting(raw)).toEqual({ comment: "auto", deployment: true, ...expected });
  });

  test("a URL that is none is refused", () => {
    expect(() => readReporting({ "environment-url": "b" })).toThrow(/environment-url/);
  });
});
