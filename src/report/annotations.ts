import * as core from "@actions/core";
import type { DeployError } from "../errors.js";
import type { Finding, Severity } from "../quadlet/rules/finding.js";
import type { Redact } from "./redact.js";

/** GitHub shows ten errors of a step and cuts a message at 4096 characters. */
const limits = { errors: 10, warnings: 10, notices: 10, message: 4000 };

/** Errors as annotations, at the file and line of the repository where they are known. */
export function annotate(errors: readonly DeployError[], redact: Redact): void {
  for (const error of errors.slice(0, limits.errors)) {
    const { location, phase } = error.parts;
    core.error(redact(error.message).slice(0, limits.message), {
      title: `quadlet-deploy: ${phase}`,
      ...(location === undefined ? {} : { file: location.file }),
      ...(location?.line === undefined ? {} : { startLine: location.line }),
      ...(location?.column === undefined ? {} : { startColumn: location.column }),
    });
  }
}

/** What the check found, as warnings and notices at the lines of the repository's files. */
export function annotateFindings(findings: readonly Finding[], redact: Redact): void {
  const tell = (severity: Severity, limit: number, say: typeof core.warning) => {
    const shown = findings.filter((one) => one.severity === severity).slice(0, limit);
    for (const { rule, source, line, message, remedy } of shown) {
      say(redact(`${message}. ${remedy}`).slice(0, limits.message), {
        title: `quadlet-deploy: ${rule}`,
        file: source,
        ...(line === undefined ? {} : { startLine: line }),
      });
    }
  };
  tell("warning", limits.warnings, core.warning);
  tell("notice", limits.notices, core.notice);
}
