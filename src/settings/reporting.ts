import { Reader } from "./reader.js";
import type { RawOptions } from "./settings.js";

/** What is told to GitHub, beyond the job's own log and summary. */
export interface Reporting {
  readonly token?: string;
  /** Whether a plan becomes a comment of the pull request; `auto` where there is one. */
  readonly comment: "auto" | "true" | "false";
  readonly deployment: boolean;
  readonly environmentUrl?: string;
}

/** @throws {DeployError | DeployErrors} phase `settings` */
export function readReporting(raw: RawOptions): Reporting {
  const reader = new Reader(raw);
  const token = reader.text("github-token");
  const given = reader.optional("environment-url");
  const health = reader.text("health-url");
  if (given !== undefined && !/^https?:\/\/\S+$/.test(given)) {
    reader.refuse("environment-url", `"${given}" is not a URL`);
  }
  const url = given ?? (health.startsWith("https://") ? health : undefined);
  const reporting: Reporting = {
    // Outside of a workflow the default is not expanded.
    ...(token === "" || token.startsWith("${{") ? {} : { token }),
    comment: reader.text("comment") as Reporting["comment"],
    deployment: reader.boolean("github-deployment"),
    ...(url === undefined ? {} : { environmentUrl: url }),
  };
  reader.throwErrors();
  return reporting;
}
