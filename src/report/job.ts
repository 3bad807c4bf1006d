import { readFileSync } from "node:fs";

/** The workflow's job that this is, as GitHub says in its environment. */
export interface Job {
  readonly owner: string;
  readonly repository: string;
  readonly sha: string;
  readonly runId: string;
  /** Where the run can be seen. */
  readonly runUrl: string;
  readonly apiUrl: string;
  readonly pullRequest?: {
    readonly number: number;
    /** Whether its branch is in another repository, so that the token may only read. */
    readonly fork: boolean;
  };
}

/** `undefined` outside of GitHub. */
export function jobOf(environment: NodeJS.ProcessEnv): Job | undefined {
  const [owner, repository] = (environment.GITHUB_REPOSITORY ?? "").split("/");
  if (!owner || !repository) return undefined;
  const { GITHUB_SERVER_URL: server, GITHUB_RUN_ID: runId = "" } = environment;
  const pullRequest = pullRequestOf(environment.GITHUB_EVENT_PATH);
  return {
    owner,
    repository,
    sha: environment.GITHUB_SHA ?? "",
    runId,
    runUrl: server && runId ? `${server}/${owner}/${repository}/actions/runs/${runId}` : "",
    apiUrl: environment.GITHUB_API_URL ?? "https://api.github.com",
    ...(pullRequest ? { pullRequest } : {}),
  };
}

/** The parts of the event's payload that are read here; webhooks "pull_request". */
interface Payload {
  readonly pull_request?: {
    readonly number?: number;
    readonly head?: { readonly repo?: { readonly full_name?: string } | null };
    readonly base?: { readonly repo?: { readonly full_name?: string } };
  };
}

function pullRequestOf(path: string | undefined): Job["pullRequest"] {
  if (!path) return undefined;
  let payload: Payload;
  try {
    payload = JSON.parse(readFileSync(path, "utf8")) as Payload;
  } catch {
    return undefined;
  }
  const { number, head, base } = payload.pull_request ?? {};
  if (number === undefined) return undefined;
  return { number, fork: head?.repo?.full_name !== base?.repo?.full_name };
}
