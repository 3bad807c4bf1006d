import { getOctokit } from "@actions/github";
import pRetry, { AbortError } from "p-retry";
import { commentBody, markerOf } from "./comment.js";
import type { Job } from "./job.js";

/** ms: what one report to GitHub may take, retries included; after one that failed none is tried. */
const patience = 10_000;

/** GitHub cuts a status's description off there. */
const descriptionLength = 140;

export type DeploymentState = "in_progress" | "success" | "failure" | "error";

/** What is told to GitHub of one deployment. */
export interface DeploymentStatus {
  readonly state: DeploymentState;
  readonly description: string;
  readonly environmentUrl?: string;
}

/**
 * Tells GitHub of deployments and plans. Its API being down, slow or closed to the token is a
 * warning, once, and never a reason for a deploy to fail.
 */
export class GitHub {
  private readonly octokit;
  private deployment: number | undefined;
  private gaveUp = false;

  constructor(
    token: string,
    private readonly job: Job,
    private readonly warn: (text: string) => void,
  ) {
    this.octokit = getOctokit(token, { baseUrl: job.apiUrl, log: silent });
  }

  /**
   * Creates a deployment, unless the job has an `environment:` of its own, for which GitHub does
   * so; nothing tells a job that, but a status that leads to a job of this run does.
   */
  async deploymentStarted(environment: string, description: string): Promise<void> {
    await this.attempt("deployments: write", async (request) => {
      const { sha } = this.job;
      if (await this.hasOwnDeployment(environment, request)) return;
      const { data } = await this.octokit.rest.repos.createDeployment({
        ...this.repository,
        ref: sha,
        environment,
        description: description.slice(0, descriptionLength),
        auto_merge: false,
        // The workflow decides what must have passed before a deploy.
        required_contexts: [],
        production_environment: environment === "production",
        request,
      });
      if (!("id" in data)) return;
      this.deployment = data.id;
      await this.setStatus({ state: "in_progress", description }, request);
    });
  }

  /** Says how the deployment went that was begun, if one was. */
  async deploymentEnded(status: DeploymentStatus): Promise<void> {
    if (this.deployment === undefined) return;
    await this.attempt("deployments: write", (request) => this.setStatus(status, request));
  }

  /** Puts a page under the pull request: one comment for each app and environment, kept up to date. */
  async comment(app: string, environment: string, page: string): Promise<void> {
    const { pullRequest, runUrl } = this.job;
    if (pullRequest === undefined) return;
    if (pullRequest.fork) {
      this.warn(
        "a pull request from a fork has a token that may only read: the plan is in the run's summary, not in a comment",
      );
      return;
    }
    const marker = markerOf(app, environment);
    const body = commentBody(marker, page, runUrl);
    await this.attempt("pull-requests: write", async (request) => {
      const ours = await this.findComment(pullRequest.number, marker, request);
      if (ours === undefined) {
        await this.octokit.rest.issues.createComment({
          ...this.repository,
          issue_number: pullRequest.number,
          body,
          request,
        });
      } else if (ours.body !== body) {
        await this.octokit.rest.issues.updateComment({
          ...this.repository,
          comment_id: ours.id,
          body,
          request,
        });
      }
    });
  }

  private get repository() {
    return { owner: this.job.owner, repo: this.job.repository };
  }

  private async hasOwnDeployment(environment: string, request: Request): Promise<boolean> {
    const { sha, runId } = this.job;
    const { data: deployments } = await this.octokit.rest.repos.listDeployments({
      ...this.repository,
      sha,
      environment,
      per_page: 20,
      request,
    });
    for (const { id } of deployments) {
      const { data: statuses } = await this.octokit.rest.repos.listDeploymentStatuses({
        ...this.repository,
        deployment_id: id,
        per_page: 100,
        request,
      });
      const urls = statuses.flatMap((one) => [one.log_url ?? "", one.target_url ?? ""]);
      // GitHub's own lead to the job, ours to the run.
      if (urls.some((url) => url.includes(`/actions/runs/${runId}/job/`))) return true;
    }
    return false;
  }

  private async setStatus(status: DeploymentStatus, request: Request): Promise<void> {
    if (this.deployment === undefined) return;
    await this.octokit.rest.repos.createDeploymentStatus({
      ...this.repository,
      deployment_id: this.deployment,
      state: status.state,
      description: status.description.slice(0, descriptionLength),
      log_url: this.job.runUrl,
      ...(status.environmentUrl === undefined ? {} : { environment_url: status.environmentUrl }),
      request,
    });
  }

  /** The oldest comment that begins with the marker and is of whom the token belongs to. */
  private async findComment(
    number: number,
    marker: string,
    request: Request,
  ): Promise<{ id: number; body: string } | undefined> {
    const login = await this.loginOfToken(request);
    const pages = this.octokit.paginate.iterator(this.octokit.rest.issues.listComments, {
      ...this.repository,
      issue_number: number,
      per_page: 100,
      request,
    });
    for await (const { data } of pages) {
      for (const { id, body = "", user } of data) {
        const ours = login === undefined ? user?.type === "Bot" : user?.login === login;
        if (ours && body.startsWith(marker)) return { id, body };
      }
    }
    return undefined;
  }

  /** The token of an app, a workflow's own among them, has no user: its comments are a bot's. */
  private async loginOfToken(request: Request): Promise<string | undefined> {
    try {
      const { data } = await this.octokit.rest.users.getAuthenticated({ request });
      return data.login;
    } catch (error) {
      if (statusOf(error) === 403) return undefined;
      throw error;
    }
  }

  private async attempt(
    permission: string,
    work: (request: Request) => Promise<void>,
  ): Promise<void> {
    if (this.gaveUp) return;
    const signal = AbortSignal.timeout(patience);
    try {
      await pRetry(
        async () => {
          try {
            await work({ signal });
          } catch (error) {
            throw mayPass(error) ? error : new AbortError(error as Error);
          }
        },
        { retries: 2, minTimeout: 500, signal },
      );
    } catch (error) {
      this.gaveUp = true;
      this.warn(explain(error, permission, signal.aborted));
    }
  }
}

interface Request {
  readonly signal: AbortSignal;
}

const quiet = () => {};
const silent = { debug: quiet, info: quiet, warn: quiet, error: quiet };

function statusOf(error: unknown): number {
  return Number((error as { status?: unknown }).status) || 0;
}

/** Whether the same request may succeed a moment later: GitHub is down, or cannot be reached. */
function mayPass(error: unknown): boolean {
  const status = statusOf(error);
  return status === 0 || status >= 500;
}

function explain(error: unknown, permission: string, late: boolean): string {
  const status = statusOf(error);
  const { message } = error as Error;
  const headers = (error as { response?: { headers?: Record<string, unknown> } }).response?.headers;
  if (late)
    return `GitHub's API did not answer within ${patience / 1000} s; nothing more is told to it`;
  if (status === 429 || (status === 403 && headers?.["x-ratelimit-remaining"] === "0")) {
    return "GitHub's API takes no more requests of this token for now; nothing more is told to it";
  }
  if (status === 401) return "GitHub does not know this token; check `github-token`";
  if (status === 403 || status === 404) {
    return `GitHub does not let this token do that (${message}); give the job \`permissions: ${permission}\``;
  }
  return `GitHub's API could not be told (${status ? `HTTP ${status}: ` : ""}${message})`;
}
