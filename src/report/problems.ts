import type { DeployError } from "../errors.js";
import { inertLines } from "./inert.js";
import type { Redact } from "./redact.js";

/** Errors as lines for a log: the message, then the evidence behind a bar. */
export function problemLines(errors: readonly DeployError[], redact: Redact): readonly string[] {
  return errors.flatMap((error) => {
    const [first = "", ...rest] = inertLines(redact(error.message));
    const details = (error.parts.details ?? []).flatMap((line) => inertLines(redact(line)));
    return [`error: ${first}`, ...[...rest, ...details].map((line) => `  | ${line}`)];
  });
}
