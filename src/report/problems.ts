import type { DeployError } from "../errors.js";
import type { Redact } from "./redact.js";

/**
 * Errors as lines for a log: the message, then the evidence behind a bar, so that no line of
 * a host's output can be taken for a workflow command.
 */
export function problemLines(errors: readonly DeployError[], redact: Redact): readonly string[] {
  return errors.flatMap((error) => [
    `error: ${redact(error.message)}`,
    ...(error.parts.details ?? []).map((line) => `  | ${redact(line)}`),
  ]);
}
