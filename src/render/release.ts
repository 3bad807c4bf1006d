import { createHash } from "node:crypto";
import { basename } from "node:path";
import { DeployError, deployErrors, throwAll } from "../errors.js";
import { isCompanion } from "../quadlet/companions.js";
import { kindOf, plainKindOf } from "../quadlet/kinds.js";
import { servicesOf } from "../quadlet/services.js";
import type { Content } from "../settings/settings.js";
import { type EnvEntry, envText, joinEnv, parseEnvFile } from "./env-file.js";
import { render } from "./jinja/index.js";
import type { Layer, Place, Source, Sources } from "./sources.js";
import { templateVariables, type Variables } from "./variables.js";

export interface ReleaseFile {
  readonly place: Place;
  /** Below that place: `web.container`, `web.service.d/override.conf`. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  /** Hex digest of the content. */
  readonly sha256: string;
  readonly layer: Layer;
  /** The file of the repository that it was made from. */
  readonly source: string;
  /** That file's text, where it is a template. */
  readonly template?: string;
}

/** What gets deployed: rendered, immutable, and the same for every host. */
export interface Release {
  readonly app: string;
  readonly environment: string;
  /** Every file but `.env`, which each host completes with the keys that it keeps. */
  readonly files: readonly ReleaseFile[];
  readonly env: readonly EnvEntry[];
  /** Hex digest over all of it, `.env` included. */
  readonly sha256: string;
  /** Files of the repository's folders that are no part of it. */
  readonly ignored: readonly string[];
}

/**
 * Renders the chosen sources.
 *
 * @param ofHost variables that the inventory has for the host
 * @throws {DeployError | DeployErrors} phase `render`: every template that fails, with file and line
 */
export function renderRelease(sources: Sources, content: Content, ofHost: Variables = {}): Release {
  const variables = templateVariables(content, ofHost);
  const errors: DeployError[] = [];
  const rendered = sources.chosen.flatMap((source) => {
    try {
      return [{ source, text: renderSource(source, sources, variables) }];
    } catch (error) {
      const known = deployErrors(error);
      if (known.length === 0) throw error;
      errors.push(...known);
      return [];
    }
  });
  throwAll(errors);
  const units = rendered
    .filter(({ source }) => source.path !== ".env")
    .map(({ source, text }) => releaseFile(source, text));
  const { taken, left } = companionsAmong(sources.others, units);
  const companions = taken.flatMap((source) => {
    try {
      return [releaseFile(source, renderSource(source, sources, variables))];
    } catch (error) {
      const known = deployErrors(error);
      if (known.length === 0) throw error;
      errors.push(...known);
      return [];
    }
  });
  throwAll(errors);
  const files = [...units, ...companions];
  const env = releaseEnv(
    content,
    rendered.filter(({ source }) => source.path === ".env"),
  );
  return withFiles(
    {
      app: content.app,
      environment: content.environment,
      env,
      ignored: left.map(({ file }) => file),
    },
    files,
  );
}

/** Names at the top of a release that the host keeps what it knows of the release under. */
const kept = /^(systemd|manifest\.json|sums|images|health|pending)(\/|$)/;

/**
 * Of files that are no units, those that a unit uses.
 *
 * @throws {DeployError | DeployErrors} phase `sources`, for those that cannot be deployed
 */
function companionsAmong(
  others: readonly Source[],
  units: readonly ReleaseFile[],
): { readonly taken: readonly Source[]; readonly left: readonly Source[] } {
  const wanted = servicesOf(units).flatMap(({ companions }) => companions);
  const taken = others.filter(({ path }) => isCompanion(path, wanted));
  throwAll(
    taken.flatMap(({ file, path, text }): DeployError[] => {
      const refuse = (cause: string, remedy: string) => [
        new DeployError({
          phase: "sources",
          object: file,
          location: { file },
          cause: `a unit uses it, and ${cause}`,
          remedy,
        }),
      ];
      if (kept.test(path)) {
        return refuse("its name is one that a release keeps for itself", "Rename it.");
      }
      return /[\0\uFFFD]/.test(text)
        ? refuse(
            "it is not UTF-8 text, which is all that is deployed",
            "Put it into the image, or onto the host by other means.",
          )
        : [];
    }),
  );
  return { taken, left: others.filter((one) => !taken.includes(one)) };
}

/** A release of these files; what all of it comes to is digested anew. */
export function withFiles(
  base: Pick<Release, "app" | "environment" | "env" | "ignored">,
  files: readonly ReleaseFile[],
): Release {
  const sorted = [...files].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const summary = [
    ...sorted.map((file) => `${file.sha256} ${file.mode} ${key(file)}`),
    digest(envText(base.env)),
  ].join("\n");
  return {
    app: base.app,
    environment: base.environment,
    files: sorted,
    env: base.env,
    sha256: digest(summary),
    ignored: base.ignored,
  };
}

export function releaseFile(
  from: Pick<Source, "place" | "path" | "layer" | "file"> &
    Partial<Pick<Source, "template" | "text" | "executable">>,
  content: string,
): ReleaseFile {
  return {
    place: from.place,
    path: from.path,
    content,
    mode: from.executable && from.place === "quadlet" && !kindOf(from.path) ? 0o755 : 0o644,
    sha256: digest(content),
    layer: from.layer,
    source: from.file,
    ...(from.template && from.text !== undefined ? { template: from.text } : {}),
  };
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function key(file: ReleaseFile): string {
  return `${file.place}/${file.path}`;
}

/** @throws {DeployError | DeployErrors} phase `render` */
export function renderSource(
  source: Source,
  sources: Sources,
  variables: Readonly<Record<string, unknown>>,
): string {
  if (!source.template) return source.text;
  const text = render({ name: source.file, text: source.text }, variables, (name) => {
    const found = includedAs(name, sources);
    return found && { name: found.file, text: found.text };
  });
  const isUnit = kindOf(source.path) ?? plainKindOf(source.path);
  return isUnit && !text.endsWith("\n") ? `${text}\n` : text;
}

/** The file that a template includes by `name`. */
export function includedAs(name: string, sources: Sources): Source | undefined {
  return (
    sources.includable.get(name) ??
    sources.includable.get(basename(name)) ??
    [...sources.others, ...sources.chosen].find(({ path }) => path === name)
  );
}

/** The guide's names in `.env` for the inputs that say which image runs. */
const imageKeys = [
  ["GITEA_REGISTRY", "registry"],
  ["IMAGE_NAME", "imageName"],
  ["IMAGE_TAG", "imageTag"],
] as const;

function releaseEnv(
  content: Content,
  templates: readonly { source: Source; text: string }[],
): readonly EnvEntry[] {
  const fromTemplates = templates.flatMap(({ source, text }) => parseEnvFile(source.file, text));
  for (const entry of fromTemplates) {
    if (!/%h(\/|$)/.test(entry.value)) continue;
    throw new DeployError({
      phase: "render",
      object: `${entry.source}: ${entry.key}`,
      cause: "nothing expands %h in an env file, and it is the default of a directory here",
      remedy: "Set `app-directory` and `quadlet-dir` to absolute paths.",
    });
  }
  return joinEnv([
    ...fromTemplates,
    ...imageKeys.flatMap(([key, input]): EnvEntry[] => {
      const value = content[input];
      return value === undefined ? [] : [{ key, value, source: "inputs" }];
    }),
    ...content.env.map((line) => ({ ...line, source: "env" })),
  ]);
}
