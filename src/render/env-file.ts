import { DeployError } from "../errors.js";

/**
 * The host's `.env` has two readers: podman's `--env-file`, which takes everything after
 * the first `=` as it stands, and systemd's `EnvironmentFile=`, which strips quotes and
 * outer white space and acts on backslashes (systemd.exec(5); podman's pkg/env/env.go).
 * So a value is written only when both read the same.
 */

export interface EnvEntry {
  readonly key: string;
  readonly value: string;
  /** Where it came from: an input or a template. */
  readonly source: string;
}

/** Why the two readers would differ on a value; `undefined` where they agree. */
export function disagreement(value: string): string | undefined {
  if (/[\n\r]/.test(value)) return "it has more than one line";
  if (/(?!\t)\p{Cc}/u.test(value)) {
    return "it has a control character, for which systemd drops the whole line";
  }
  if (value !== value.trim()) return "it starts or ends with white space, which systemd drops";
  if (/^["']/.test(value)) return "it starts with a quote, which podman keeps and systemd drops";
  if (value.includes("\\")) return "it has a backslash, which podman keeps and systemd acts on";
  return undefined;
}

/**
 * Reads a rendered env file, as podman does.
 *
 * @throws {DeployErrors} phase `render`, for lines that are no assignment
 */
export function parseEnvFile(file: string, text: string): readonly EnvEntry[] {
  return text.split("\n").flatMap((raw, index): EnvEntry[] => {
    const line = raw.trimStart();
    if (line === "" || line.startsWith("#")) return [];
    const [, key, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) {
      throw new DeployError({
        phase: "render",
        object: `${file}:${index + 1}`,
        location: { file, line: index + 1 },
        cause: "the line is not KEY=value",
        remedy: "An env file holds assignments, blank lines and lines that start with #.",
      });
    }
    return [{ key, value, source: file }];
  });
}

/**
 * Joins entries: of two with one key the later wins, in the place of the first.
 *
 * @throws {DeployError} phase `render`, naming the first key whose value the two readers would
 *   take differently; the value itself is never part of a message
 */
export function joinEnv(entries: readonly EnvEntry[]): readonly EnvEntry[] {
  const joined = new Map<string, EnvEntry>();
  for (const entry of entries) joined.set(entry.key, entry);
  for (const entry of joined.values()) {
    const why = disagreement(entry.value);
    if (why === undefined) continue;
    throw new DeployError({
      phase: "render",
      object: `${entry.source}: ${entry.key}`,
      cause: `podman and systemd would read its value differently: ${why}`,
      remedy: "Write it without, or give the container the value as a Podman secret.",
    });
  }
  return [...joined.values()];
}

export function envText(entries: readonly EnvEntry[]): string {
  return entries.map((entry) => `${entry.key}=${entry.value}\n`).join("");
}
