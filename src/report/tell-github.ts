import type { Command } from "../settings/options.js";
import type { Reporting } from "../settings/reporting.js";
import { GitHub } from "./github.js";
import type { Job } from "./job.js";
import { type Report, sentence, succeeded } from "./report.js";

/** What GitHub is told of a command, from its beginning to its end. */
export interface Teller {
  begin(): Promise<void>;
  /** @param page the report, for a comment */
  end(report: Report, page: string): Promise<void>;
  /** It ended before any host was asked. */
  fail(why: string): Promise<void>;
}

/** Tells nothing where there is no token, or no job. */
export function teller(
  reporting: Reporting,
  job: Job | undefined,
  what: { readonly command: Command; readonly app: string; readonly environment: string },
  warn: (text: string) => void,
): Teller {
  const { token, comment } = reporting;
  if (token === undefined || job === undefined) {
    if (comment === "true") warn("there is no comment without `github-token`");
    return { begin: nothing, end: nothing, fail: nothing };
  }
  const { command, app, environment } = what;
  const github = new GitHub(token, job, warn);
  const changes = command === "deploy" || command === "rollback";
  const deploys = reporting.deployment && changes && environment !== "" && job.sha !== "";
  const comments = command === "plan" && comment !== "false";
  if (comment === "true" && job.pullRequest === undefined) {
    warn("this run is for no pull request, so that there is nothing to comment on");
  }
  const { environmentUrl } = reporting;
  return {
    begin: async () => {
      if (deploys) await github.deploymentStarted(environment, `${command} of ${app}`);
    },
    end: async (report, page) => {
      await github.deploymentEnded({
        state: succeeded(report) ? "success" : "failure",
        description: sentence(report),
        ...(environmentUrl === undefined ? {} : { environmentUrl }),
      });
      if (comments) await github.comment(app, environment, page);
    },
    fail: (why) => github.deploymentEnded({ state: "error", description: why }),
  };
}

async function nothing(): Promise<void> {}
