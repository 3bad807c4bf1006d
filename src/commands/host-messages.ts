import { DeployError } from "../errors.js";
import {
  type GeneratorMessage,
  generatorMessages,
  lineAbout,
} from "../quadlet/generator-messages.js";
import type { Release, ReleaseFile } from "../render/release.js";
import { sourceLine } from "../render/source-line.js";

/**
 * An error of the host's generator as one for each of its complaints, at the template's file and
 * line; any other error as it is.
 */
export function atSource(error: DeployError, { files }: Release): readonly DeployError[] {
  const { phase, details = [] } = error.parts;
  if (phase !== "validate") return [error];
  const located = generatorMessages(details).flatMap((message): DeployError[] => {
    const file = files.find(({ place, path }) => place === "quadlet" && path === message.unit);
    if (file === undefined) return [];
    const line = lineOf(message, file);
    return [
      new DeployError({
        ...error.parts,
        location: { file: file.source, ...(line === undefined ? {} : { line }) },
        cause: `the host's own Podman does not accept the unit (${message.text}); nothing was changed`,
        remedy: "It is at the line that is named.",
      }),
    ];
  });
  return located.length === 0 ? [error] : located;
}

function lineOf(message: GeneratorMessage, file: ReleaseFile): number | undefined {
  const { about } = message;
  const line = message.line ?? (about && lineAbout(about, file.content));
  if (line === undefined || file.template === undefined) return line;
  return sourceLine(file.template, file.content, line);
}
