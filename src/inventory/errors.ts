import { DeployError, type Location } from "../errors.js";

/** An error of the user's inventory. */
export function refused(
  cause: string,
  more: { object?: string; remedy?: string; location?: Location; error?: unknown } = {},
): DeployError {
  const at = more.location;
  const place = at && (at.line === undefined ? at.file : `${at.file}:${at.line}`);
  const object = more.object ?? place;
  return new DeployError({
    phase: "settings",
    cause,
    ...more,
    ...(object === undefined ? {} : { object }),
  });
}

export function reason(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
